"""SIGKILL at every point of a job's life: the same end, the same artifacts, nothing left over.

The daemon kills itself at the point that TRAINYARD_KILL_AT names: before or after an event of a job
is written to the journal.
"""

import signal
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from harness.daemon import Daemon
from harness.jobs import COMPLETED, DOWNLOADING, STARTING, STOPPED, STOPPING, TRAINING, UPLOADING, Jobs, history, s3_channel

StartDaemon = Callable[..., Daemon]

pytestmark = pytest.mark.engine  # by daemons of their own

# Points that a job which succeeds passes, and those that only a stopped one does.
EVENTS = ["accepted", "preparation_started", "training_started", "container_ended", "artifacts_stored", "finished"]
POINTS = [f"{when}:{event}" for event in EVENTS for when in ("before", "after")]
STOP_POINTS = ["before:stop_requested", "after:stop_requested"]
KILLED = -signal.SIGKILL

SCRIPT = """
for i in $(seq 200); do echo line $i; done
cat /opt/ml/input/data/train/a > /opt/ml/model/m
echo t > /opt/ml/output/data/t
"""


def create_until_killed(jobs: Jobs, **members: Any) -> tuple[str, bool]:
    """Creates a job; says whether the call was answered before the daemon was gone."""
    request = jobs.request(SCRIPT, **members)
    try:
        jobs.daemon.sm.create_training_job(**request)
        return str(request["TrainingJobName"]), True
    except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
        return str(request["TrainingJobName"]), False


@pytest.mark.as_root
@pytest.mark.parametrize("point", POINTS)
def test_killed_once(start_daemon: StartDaemon, point: str) -> None:
    daemon = start_daemon(environment={"TRAINYARD_KILL_AT": point})
    jobs = Jobs(daemon)
    data = jobs.put("data/a", "content")
    channel = s3_channel("train", data)
    name, answered = create_until_killed(jobs, InputDataConfig=[channel])
    assert daemon.await_exit(60) == KILLED
    daemon.environment.clear()
    daemon.start()
    if not answered and not known(jobs, name):
        assert point == "before:accepted", "only a job that is not in the journal may be unknown"
        request = jobs.request(SCRIPT, TrainingJobName=name, InputDataConfig=[channel])
        daemon.sm.create_training_job(**request)
    job = jobs.wait(name)
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, UPLOADING, COMPLETED]
    assert jobs.log(name) == [f"line {number}" for number in range(1, 201)]
    assert jobs.keys(name) == ["output/model.tar.gz", "output/output.tar.gz"]
    assert jobs.model(name) == {"m": b"content"}
    daemon.check_idle()


def known(jobs: Jobs, name: str) -> bool:
    return bool(jobs.daemon.sm.list_training_jobs(NameContains=name)["TrainingJobSummaries"])


@pytest.mark.parametrize("point", STOP_POINTS)
def test_killed_while_stopping(start_daemon: StartDaemon, point: str) -> None:
    daemon = start_daemon(environment={"TRAINYARD_KILL_AT": point})
    jobs = Jobs(daemon)
    name = jobs.create("trap 'echo m > /opt/ml/model/m; exit 0' TERM; echo started; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "started")
    with pytest.raises((botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)):
        jobs.stop(name)
    assert daemon.await_exit(60) == KILLED
    daemon.environment.clear()
    daemon.start()
    if point.startswith("before"):
        jobs.stop(name)
    job = jobs.wait(name)
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, STOPPING, UPLOADING, STOPPED]
    assert jobs.model(name) == {"m": b"m\n"}
    daemon.check_idle()


def test_killed_again_and_again(start_daemon: StartDaemon) -> None:
    """The daemon dies after each event; one job still comes to its end."""
    daemon = start_daemon(environment={"TRAINYARD_KILL_AT": "after:accepted"})
    jobs = Jobs(daemon)
    channel = s3_channel("train", jobs.put("data/a", "content"))
    name, _ = create_until_killed(jobs, InputDataConfig=[channel])
    for event in EVENTS[1:]:
        assert daemon.await_exit(60) == KILLED
        daemon.environment["TRAINYARD_KILL_AT"] = f"after:{event}"
        daemon.launch()
    assert daemon.await_exit(60) == KILLED
    daemon.environment.clear()
    daemon.start()
    assert history(jobs.describe(name)) == [STARTING, DOWNLOADING, TRAINING, UPLOADING, COMPLETED]
    assert jobs.log(name) == [f"line {number}" for number in range(1, 201)]
    assert jobs.model(name) == {"m": b"content"}
    daemon.check_idle()


def test_an_object_that_was_answered_survives(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    bucket = daemon.make_bucket()
    for number in range(50):
        daemon.s3.put_object(Bucket=bucket, Key=f"k{number}", Body=f"{number}".encode() * 1000)
    daemon.kill()
    daemon.start()
    for number in range(50):
        body = daemon.s3.get_object(Bucket=bucket, Key=f"k{number}")["Body"].read()
        assert body == f"{number}".encode() * 1000
