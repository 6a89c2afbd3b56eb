"""The daemon goes away while jobs run, and comes back: nothing is lost, doubled or left over."""

import contextlib
import socket
import socketserver
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from botocore.exceptions import ClientError

from harness.daemon import POLL_SECONDS, Daemon
from harness.jobs import COMPLETED, DOWNLOADING, STARTING, STOPPED, TRAINING, UPLOADING, Jobs, history, unique_name

StartDaemon = Callable[..., Daemon]

pytestmark = pytest.mark.engine  # by daemons of their own

LINES = 20_000
# Prints in bursts for some ten seconds; ends by itself.
CHATTY = f"""
i=0
while [ $i -lt {LINES} ]; do
  j=0; while [ $j -lt 200 ]; do echo line $i; i=$((i+1)); j=$((j+1)); done
  sleep 0.1
done
echo m > /opt/ml/model/m
"""


def leave(daemon: Daemon, how: str) -> None:
    if how == "SIGTERM":
        daemon.stop()
    else:
        daemon.kill()


HOW = pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])


@HOW
@pytest.mark.as_root
def test_a_running_container_is_adopted(start_daemon: StartDaemon, how: str) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    name = jobs.create(CHATTY)
    jobs.wait_for_log(name, "line 400")
    before = jobs.describe(name)
    container = daemon.engine.training_container(daemon.id, name)["Id"]
    leave(daemon, how)
    assert daemon.engine.training_container(daemon.id, name)["State"]["Running"]
    daemon.start()
    now = jobs.describe(name)
    assert now["SecondaryStatus"] == "Training"
    assert daemon.engine.training_container(daemon.id, name)["Id"] == container
    job = jobs.wait(name)
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, UPLOADING, COMPLETED]
    for member in ("CreationTime", "TrainingStartTime", "TrainingJobArn", "RoleArn"):
        assert job[member] == before[member]
    assert jobs.log(name) == [f"line {i}" for i in range(LINES)]
    assert jobs.model(name) == {"m": b"m\n"}


@HOW
def test_no_line_is_lost_while_the_daemon_is_dead_for_ten_seconds(start_daemon: StartDaemon, how: str) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    script = "i=0; while [ $i -lt 30000 ]; do echo $i; i=$((i+1)); [ $((i % 250)) != 0 ] || sleep 0.1; done"
    name = jobs.create(script)
    jobs.wait_for_log(name, "249")
    leave(daemon, how)
    time.sleep(10)  # as long as it is to be dead
    daemon.start()
    assert jobs.wait(name)["TrainingJobStatus"] == "Completed"
    assert jobs.log(name) == [str(i) for i in range(30000)]


@HOW
def test_a_container_that_ended_meanwhile_is_collected(start_daemon: StartDaemon, how: str) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    script = "echo begun; sleep 2; echo done; echo m > /opt/ml/model/m; printf broken > /opt/ml/output/failure; exit 5"
    name = jobs.create(script)
    jobs.wait_for_log(name, "begun")
    leave(daemon, how)
    deadline = time.monotonic() + 30
    while daemon.engine.training_container(daemon.id, name)["State"]["Running"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    finished = daemon.engine.training_container(daemon.id, name)["State"]["FinishedAt"]
    time.sleep(2)  # the daemon's return is not the container's end
    daemon.start()
    job = jobs.wait(name)
    assert job["FailureReason"] == "AlgorithmError: broken, exit code: 5"
    ended = job["SecondaryStatusTransitions"][2]["EndTime"].timestamp()
    assert time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ended)) == finished.split(".")[0], "the Engine's time"
    assert jobs.log(name) == ["begun", "done"]
    assert jobs.model(name) == {"m": b"m\n"}


def test_a_stop_that_was_begun_is_carried_through(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--stop-grace", "60")
    jobs = Jobs(daemon)
    name = jobs.create("trap 'sleep 3; echo m > /opt/ml/model/m; exit 0' TERM; echo started; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "started")
    jobs.stop(name)
    jobs.wait(name, "Stopping")
    daemon.kill()
    daemon.start()
    job = jobs.wait(name)
    assert history(job)[-2:] == [UPLOADING, STOPPED]
    assert jobs.model(name) == {"m": b"m\n"}


def test_the_time_limit_counts_while_the_daemon_is_away(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    script = "trap 'exit 0' TERM; echo started; while true; do sleep 0.1; done"
    name = jobs.create(script, StoppingCondition={"MaxRuntimeInSeconds": 3})
    jobs.wait_for_log(name, "started")
    daemon.stop()
    time.sleep(3)  # the limit passes
    daemon.start()
    assert jobs.wait(name)["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_queued_jobs_run_after_a_restart(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--max-instances", "1")
    jobs = Jobs(daemon)
    names = [jobs.create(f"sleep 1; echo {index}") for index in range(3)]
    daemon.kill()
    daemon.start()
    for index, name in enumerate(names):
        assert jobs.wait(name)["TrainingJobStatus"] == "Completed"
        assert jobs.log(name) == [str(index)]


def test_finished_jobs_are_as_they_were(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    tags = [{"Key": "a", "Value": "b"}]
    names = [jobs.create(script, Tags=tags) for script in ("echo one; echo m > /opt/ml/model/m", "echo two; exit 4")]
    for name in names:
        jobs.wait(name)

    def everything() -> list[object]:
        seen: list[object] = []
        for name in names:
            job = jobs.describe(name)
            job.pop("ResponseMetadata")
            tagged = daemon.sm.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
            seen += [job, tagged, jobs.log(name), jobs.keys(name)]
        return seen + [daemon.sm.list_training_jobs()["TrainingJobSummaries"]]

    before = everything()
    daemon.restart()
    assert everything() == before
    daemon.kill()
    daemon.start()
    assert everything() == before


def test_sigterm_answers_within_ten_seconds_with_a_job_running(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    name = jobs.create("trap 'exit 0' TERM; echo started; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "started")
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 10
    daemon.start()
    jobs.stop(name)
    jobs.wait(name)


def test_one_daemon_a_data_directory(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    done = daemon.run_program(
        "serve", "--listen", "127.0.0.1:0", "--data-dir", str(daemon.data_directory), check=False
    )
    assert done.returncode != 0
    assert str(daemon.data_directory).encode() in done.stderr
    assert daemon.running


def test_an_address_that_is_taken_does_a_running_container_no_harm(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    name = jobs.create("trap 'exit 0' TERM; echo started; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "started")
    daemon.stop()
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        for _ in range(3):
            done = daemon.run_program(
                "serve", "--listen", address, "--data-dir", str(daemon.data_directory), check=False
            )
            assert done.returncode == 1, done.stderr.decode()
            assert b"stop the other program or choose another port" in done.stderr
    assert daemon.engine.training_container(daemon.id, name)["State"]["Running"]
    daemon.start()
    jobs.stop(name)
    assert jobs.wait(name)["SecondaryStatus"] == "Stopped"


def test_daemons_run_side_by_side(start_daemon: StartDaemon) -> None:
    """Both cut their networks from the same range; neither touches what is the other's."""
    first, second = Jobs(start_daemon()), Jobs(start_daemon())
    name = unique_name("same")
    for jobs in (first, second):
        jobs.create("sleep 1; hostname", TrainingJobName=name)
    for jobs in (first, second):
        assert jobs.wait(name)["TrainingJobStatus"] == "Completed"
        assert jobs.log(name) == ["algo-1"]
    running = first.create("trap 'exit 0' TERM; echo started; while true; do sleep 0.1; done")
    first.wait_for_log(running, "started")
    second.daemon.restart()
    second.daemon.stop()
    assert first.describe(running)["SecondaryStatus"] == "Training"
    first.stop(running)
    first.wait(running)


def test_ready_line_and_ready_file(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    assert daemon.url.startswith("http://127.0.0.1:")
    assert daemon.stdout == f"trainyard ready on {daemon.url}\n"
    assert (daemon.directory / "ready").read_text() == daemon.url + "\n"


def test_ready_without_an_engine(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--docker-host", "unix:///nonexistent/docker.sock", "--engine-wait", "1")
    jobs = Jobs(daemon)
    job = jobs.run(expect="Failed")
    assert "Docker Engine" in job["FailureReason"]
    assert jobs.put("still", "works")


def test_an_engine_that_hangs_does_not_keep_the_daemon(start_daemon: StartDaemon) -> None:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as engine:
        engine.bind(f"{directory}/engine.sock")
        engine.listen()  # takes connections and never answers
        daemon = start_daemon("--docker-host", f"unix://{directory}/engine.sock")
        jobs = Jobs(daemon)
        jobs.wait(jobs.create("true"), "Downloading")
        began = time.monotonic()
        daemon.stop()
        assert time.monotonic() - began < 10


def wait_until_refused(jobs: Jobs) -> None:
    """Until a reset is under way."""
    deadline = time.monotonic() + 30
    while True:
        try:
            jobs.daemon.s3.list_buckets()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceUnavailable"
            return
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def test_a_reset_that_waits_does_not_keep_the_daemon(start_daemon: StartDaemon) -> None:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as engine:
        engine.bind(f"{directory}/engine.sock")
        engine.listen()  # takes connections and never answers
        daemon = start_daemon("--docker-host", f"unix://{directory}/engine.sock")
        jobs = Jobs(daemon)
        jobs.wait(jobs.create("true"), "Downloading")

        def reset() -> None:
            request = urllib.request.Request(f"{daemon.url}/_trainyard/reset", b"", {"X-Trainyard": "1"})
            with contextlib.suppress(OSError):
                urllib.request.urlopen(request, timeout=60)

        thread = threading.Thread(target=reset)
        thread.start()
        wait_until_refused(jobs)
        began = time.monotonic()
        daemon.stop()
        assert time.monotonic() - began < 10
        thread.join()


class Refusal(BaseHTTPRequestHandler):
    """What an Engine says that can do nothing."""

    protocol_version = "HTTP/1.1"

    def refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        text = b'{"message": "the disk is on fire"}'
        self.send_response(500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = refuse

    def log_message(self, format: str, *args: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


@pytest.fixture
def refusing_engine() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:  # a socket's name is short
        path = f"{directory}/engine"
        with socketserver.ThreadingUnixStreamServer(path, Refusal) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"unix://{path}"
            server.shutdown()
            thread.join()


def reset_error(daemon: Daemon) -> tuple[int, str]:
    request = urllib.request.Request(f"{daemon.url}/_trainyard/reset", b"", {"X-Trainyard": "1"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    with refused.value as answer:
        return answer.code, answer.read().decode()


def test_a_reset_empties_everything_when_the_engine_refuses(start_daemon: StartDaemon, refusing_engine: str) -> None:
    daemon = start_daemon("--docker-host", refusing_engine)
    jobs = Jobs(daemon)
    jobs.run(expect="Failed")
    daemon.s3.create_bucket(Bucket="here-before")
    code, text = reset_error(daemon)
    assert code == 500
    assert "every job is forgotten" in text
    assert "the disk is on fire" in text
    assert daemon.s3.list_buckets()["Buckets"] == []
    assert daemon.sm.list_training_jobs()["TrainingJobSummaries"] == []
