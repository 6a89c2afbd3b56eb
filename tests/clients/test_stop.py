"""StopTrainingJob in every state, and the time limit."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import Daemon
from harness.jobs import (
    DOWNLOADING,
    MAX_RUNTIME,
    STARTING,
    STOPPED,
    STOPPING,
    TRAINING,
    UPLOADING,
    Jobs,
    history,
    s3_channel,
)

OBEDIENT = """
trap 'echo got TERM; echo saved > /opt/ml/model/saved; exit 0' TERM
echo started
while true; do sleep 0.1; done
"""
STUBBORN = """
trap 'echo ignored' TERM
echo early > /opt/ml/model/early
echo started
while true; do sleep 0.1; done
"""


@pytest.mark.as_root
def test_stop_while_training_keeps_the_artifacts(jobs: Jobs) -> None:
    name = jobs.create(OBEDIENT)
    jobs.wait_for_log(name, "started")
    jobs.stop(name)
    jobs.stop(name)  # again is no error while it is stopping
    job = jobs.wait(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, STOPPING, UPLOADING, STOPPED]
    assert "FailureReason" not in job
    assert jobs.model(name) == {"saved": b"saved\n"}
    assert jobs.log(name) == ["started", "got TERM"]


def test_stopping_shows_while_the_container_ends(jobs: Jobs) -> None:
    name = jobs.create("trap 'sleep 1; exit 0' TERM; echo started; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "started")
    jobs.stop(name)
    job = jobs.describe(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopping", "Stopping")
    assert jobs.wait(name)["TrainingJobStatus"] == "Stopped"


@pytest.mark.engine
def test_a_container_that_does_not_obey_is_killed(start_daemon: Callable[..., Daemon]) -> None:
    jobs = Jobs(start_daemon("--stop-grace", "2"))
    name = jobs.create(STUBBORN)
    jobs.wait_for_log(name, "started")
    jobs.stop(name)
    job = jobs.wait(name)
    assert job["TrainingJobStatus"] == "Stopped"
    stopping = job["SecondaryStatusTransitions"][3]
    assert stopping["Status"] == "Stopping"
    assert (stopping["EndTime"] - stopping["StartTime"]).total_seconds() >= 2
    assert jobs.model(name) == {"early": b"early\n"}
    assert "ignored" in jobs.log(name)


def test_the_stop_signal_is_sigterm_whatever_the_image_says(jobs: Jobs, daemon: Daemon) -> None:
    image = daemon.engine.build_image("trainyard/test-stopsignal", "FROM trainyard/busybox\nSTOPSIGNAL SIGINT\n")
    name = jobs.create("trap 'echo INT; exit 0' INT; " + OBEDIENT, image=image)
    jobs.wait_for_log(name, "started")
    assert daemon.engine.training_container(daemon.id, name)["Config"]["StopSignal"] == "SIGTERM"
    jobs.stop(name)
    jobs.wait(name)
    assert jobs.log(name) == ["started", "got TERM"]


def test_exit_code_of_a_stopped_container_does_not_matter(jobs: Jobs) -> None:
    name = jobs.create("trap 'exit 9' TERM; echo started; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "started")
    jobs.stop(name)
    assert jobs.wait(name)["TrainingJobStatus"] == "Stopped"


@pytest.mark.engine
def test_stop_while_queued(start_daemon: Callable[..., Daemon]) -> None:
    jobs = Jobs(start_daemon("--max-instances", "1"))
    running = jobs.create(OBEDIENT)
    jobs.wait(running, "Training")
    queued = jobs.create("echo never")
    assert jobs.describe(queued)["SecondaryStatus"] == "Starting"
    jobs.stop(queued)
    job = jobs.wait(queued)
    assert job["TrainingJobStatus"] == "Stopped"
    assert [status for status, _ in history(job)] == ["Starting", "Stopping", "Stopped"]
    assert "TrainingStartTime" not in job
    assert jobs.log(queued) == []
    jobs.stop(running)
    jobs.wait(running)


def test_stop_at_any_moment_before_training(jobs: Jobs) -> None:
    """However far it has come, it ends Stopped, and the container has run or has not."""
    for key in range(300):
        jobs.put(f"data/{key}", "x" * 100)
    channel = s3_channel("train", f"s3://{jobs.bucket}/data/")
    for _ in range(5):
        name = jobs.create(OBEDIENT, InputDataConfig=[channel])
        jobs.wait(name, "Starting", "Downloading", "Training")
        jobs.stop(name)
        job = jobs.wait(name)
        assert job["TrainingJobStatus"] == "Stopped"
        statuses = [status for status, _ in history(job)]
        assert statuses in (
            ["Starting", "Stopping", "Stopped"],
            ["Starting", "Downloading", "Stopping", "Stopped"],
            ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"],
        )


def test_stop_while_uploading_keeps_the_model(jobs: Jobs) -> None:
    name = jobs.create("dd if=/dev/urandom of=/opt/ml/model/m bs=1M count=600 2>/dev/null")
    jobs.wait(name, "Uploading")
    jobs.stop(name)
    assert jobs.wait(name)["TrainingJobStatus"] == "Stopped"
    assert len(jobs.model(name)["m"]) == 600 << 20


def test_stop_of_a_job_that_has_ended(jobs: Jobs, aws: AwsCli) -> None:
    name = jobs.run()["TrainingJobName"]
    with pytest.raises(ClientError) as caught:
        jobs.stop(name)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    message = "The request was rejected because the training job is in status Completed."
    assert caught.value.response["Error"]["Message"] == message
    assert message in aws.error("sagemaker", "stop-training-job", "--training-job-name", name)


def test_stop_of_an_unknown_job(jobs: Jobs) -> None:
    with pytest.raises(ClientError) as caught:
        jobs.stop("no-such-job")
    assert caught.value.response["Error"]["Message"] == "Requested resource not found."


def test_the_time_limit_stops_a_job(jobs: Jobs) -> None:
    job = jobs.run(OBEDIENT, expect="Stopped", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, STOPPING, UPLOADING, MAX_RUNTIME]
    assert jobs.model(job["TrainingJobName"]) == {"saved": b"saved\n"}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 1}


def test_the_aws_cli_stops_a_job(jobs: Jobs, aws: AwsCli) -> None:
    name = jobs.create(OBEDIENT)
    jobs.wait_for_log(name, "started")
    assert aws("sagemaker", "stop-training-job", "--training-job-name", name) == ""
    assert jobs.wait(name)["TrainingJobStatus"] == "Stopped"
