"""Jobs in the Engine: waiting for them, their logs, and what is left of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

import trainyard
from conftest import BUSYBOX, ROLE

Left = Callable[[str], list[str]]


def create(daemon: trainyard.Daemon, name: str, script: str) -> None:
    daemon.client("s3").create_bucket(Bucket="results")
    daemon.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": BUSYBOX,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["sh", "-c", script],
        },
        OutputDataConfig={"S3OutputPath": "s3://results"},
        ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )


def data_directory_id(daemon: trainyard.Daemon) -> str:
    return (daemon.data_directory / "id").read_text().strip()


@pytest.fixture
def waiting(trainyard: Any) -> Iterator[Any]:
    yield trainyard


def await_log(daemon: trainyard.Daemon, job: str, line: str) -> None:
    pause = threading.Event()
    for _ in range(600):
        if line in daemon.logs(job):
            return
        pause.wait(0.05)
    raise AssertionError(f"{job} does not print {line!r}: {daemon.describe(job)}")


def test_a_job_is_waited_for(waiting: trainyard.Daemon) -> None:
    create(waiting, "good", "echo one; echo two; echo x >/opt/ml/model/m")
    job = waiting.wait_for_job("good")
    assert job["TrainingJobStatus"] == "Completed"
    assert waiting.logs("good") == ["one", "two"]


def test_a_job_that_fails_shows_its_reason_and_its_log(waiting: trainyard.Daemon) -> None:
    create(waiting, "bad", "echo thinking; exit 3")
    with pytest.raises(trainyard.JobFailed, match="exit code: 3\n(.*\n)*    thinking") as failed:
        waiting.wait_for_job("bad")
    assert failed.value.description["TrainingJobStatus"] == "Failed"
    assert waiting.wait_for_job("bad", expect=None)["TrainingJobStatus"] == "Failed"
    with pytest.raises(trainyard.DaemonError, match="404"):
        waiting.logs("unknown")


def test_waiting_ends_in_time(waiting: trainyard.Daemon) -> None:
    create(waiting, "long", "sleep 1000")
    with pytest.raises(TimeoutError, match="long has not ended"):
        waiting.wait_for_job("long", timeout=0.1)


def test_reset_stops_jobs_at_once_and_leaves_nothing(left_in_engine: Left) -> None:
    with trainyard.Daemon("--max-instances", "2") as daemon:
        for name in ("first", "second", "waiting"):
            create(daemon, name, "trap '' TERM; echo up; while :; do sleep 1; done")
        await_log(daemon, "first", "up")
        identity = data_directory_id(daemon)
        assert left_in_engine(identity)
        daemon.reset()
        sagemaker = daemon.client("sagemaker")
        assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
        kept = left_in_engine(identity)
        assert len(kept) <= 2  # networks, idle, for the next jobs
        create(daemon, "first", "echo again")
        daemon.wait_for_job("first")
        assert daemon.logs("first") == ["again"]


def test_an_ephemeral_daemon_takes_its_jobs_with_it(left_in_engine: Left) -> None:
    daemon = trainyard.Daemon()
    daemon.start()
    create(daemon, "stubborn", "trap '' TERM; echo up; while :; do sleep 1; done")
    await_log(daemon, "stubborn", "up")
    identity = data_directory_id(daemon)
    daemon.stop()
    assert left_in_engine(identity) == []
