"""The log of a job: every line, once, in order, whatever the rate and whatever its bytes."""

import hashlib
import subprocess
from collections.abc import Callable

import pytest

from harness.daemon import BINARY, Daemon
from harness.jobs import Jobs


def test_stdout_and_stderr_in_the_order_they_were_written(jobs: Jobs) -> None:
    job = jobs.run("for i in 1 2 3; do echo out $i; sleep 0.1; echo err $i >&2; sleep 0.1; done")
    expected = [f"{stream} {number}" for number in (1, 2, 3) for stream in ("out", "err")]
    assert jobs.log(job["TrainingJobName"]) == expected


def test_the_last_line_needs_no_newline(jobs: Jobs) -> None:
    job = jobs.run("echo first; printf last")
    assert jobs.log(job["TrainingJobName"]) == ["first", "last"]


def test_both_streams_may_end_without_a_newline(jobs: Jobs) -> None:
    job = jobs.run("printf out; sleep 0.1; printf err >&2")
    assert sorted(jobs.log(job["TrainingJobName"])) == ["err", "out"]


def test_empty_lines_count(jobs: Jobs) -> None:
    job = jobs.run("echo; echo; echo x; echo")
    assert jobs.log(job["TrainingJobName"]) == ["", "", "x", ""]


def test_a_long_line_is_one_line(jobs: Jobs) -> None:
    script = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo after"
    assert jobs.log(jobs.run(script)["TrainingJobName"]) == ["x" * 300_000, "after"]


def test_long_lines_of_both_streams_are_not_mixed(jobs: Jobs) -> None:
    script = """
long() { head -c 100000 /dev/zero | tr '\\0' $1; echo; }
for i in 1 2 3 4 5; do long o & long e >&2 & wait; done
"""
    lines = jobs.log(jobs.run(script)["TrainingJobName"])
    assert sorted(lines) == ["e" * 100_000] * 5 + ["o" * 100_000] * 5


def test_bytes_that_are_no_text_do_not_hurt(jobs: Jobs) -> None:
    job = jobs.run(r"printf 'a\377\376b\nünïcode\n\033[31mred\n'")
    lines = jobs.log(job["TrainingJobName"])
    assert len(lines) == 3
    assert lines[0].startswith("a") and lines[0].endswith("b")
    assert lines[1] == "ünïcode"


def test_progress_bars_with_carriage_returns(jobs: Jobs) -> None:
    done = jobs.daemon.run_program(
        "logs", jobs.run(r"printf '10%%\r50%%\r100%%\ndone\n'")["TrainingJobName"], "--url", jobs.daemon.url
    )
    assert done.stdout.endswith(b"100%\ndone\n")


def test_a_log_is_there_while_the_job_runs(jobs: Jobs) -> None:
    name = jobs.create("echo begun; trap 'exit 0' TERM; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "begun")
    assert jobs.describe(name)["SecondaryStatus"] == "Training"
    jobs.stop(name)
    jobs.wait(name)


def test_everything_is_readable_once_the_job_has_ended(jobs: Jobs) -> None:
    """Clients stop reading at the first terminal status."""
    for _ in range(3):
        job = jobs.run("seq 20000")
        assert jobs.log(job["TrainingJobName"]) == [str(number) for number in range(1, 20001)]


@pytest.mark.engine
def test_the_logs_command_finds_the_daemon_by_its_data_directory(start_daemon: Callable[..., Daemon]) -> None:
    daemon = start_daemon()
    name = Jobs(daemon).run("echo hello")["TrainingJobName"]
    done = daemon.run_program("logs", name, "--data-dir", str(daemon.data_directory))
    assert done.stdout == b"hello\n"


def test_the_logs_command_and_an_unknown_job(daemon: Daemon) -> None:
    done = daemon.run_program("logs", "no-such-job", "--url", daemon.url, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"no training job" in done.stderr


def test_the_engines_own_rotation_loses_nothing(jobs: Jobs) -> None:
    """60 MB at once: more than the 3 times 10 MB that Engines are often told to keep."""
    script = """awk 'BEGIN { for (i = 1; i <= 1000000; i++) printf "a line of some fifty characters, number %012d\\n", i }'"""
    name = jobs.run(script)["TrainingJobName"]
    lines = jobs.log(name)
    assert len(lines) == 1_000_000
    assert lines[0].endswith(" 000000000001") and lines[-1].endswith(" 000001000000")
    assert lines == sorted(lines)


@pytest.mark.slow
def test_a_gigabyte_of_log(jobs: Jobs) -> None:
    """Compared by hash: every byte is there, in order."""
    line = "0123456789" * 9 + " 12345678"
    script = f"yes '{line}' | head -n 10737418"
    name = jobs.create(script)
    job = jobs.wait(name, seconds=550)
    assert job["TrainingJobStatus"] == "Completed"
    expected = hashlib.sha256()
    block = (line + "\n").encode() * 1000
    for _ in range(10737):
        expected.update(block)
    expected.update((line + "\n").encode() * 418)
    found = hashlib.sha256()
    with subprocess.Popen([str(BINARY), "logs", name, "--url", jobs.daemon.url], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read(1 << 20):
            found.update(chunk)
    assert process.returncode == 0
    assert found.hexdigest() == expected.hexdigest()
