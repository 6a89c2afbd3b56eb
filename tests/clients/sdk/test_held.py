"""What the SDKs' own programs ask about a job is held, so they learn of its end at once; what SDK v3 asks
inside of `create` is not."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.sdk import run_python, sdk_version, surroundings

StartDaemon = Callable[..., Daemon]

pytestmark = pytest.mark.engine

# Longer than either SDK waits between two questions, and than its first nap.
JOB_SECONDS = 16

PROGRAMS = {
    2: """
import json, sys
from sagemaker.estimator import Estimator

job = Estimator("trainyard/busybox", "arn:aws:iam::123456789012:role/any", 1, "ml.m5.large",
                container_entry_point=["sh", "-c", "sleep {seconds}"])
job.fit(wait=False)
begun = job.latest_training_job.name
job.latest_training_job.wait(logs="None")
print("RESULT", json.dumps([begun, "unknown"]))
""",
    3: """
import json, sys
from sagemaker.core.training.configs import Compute, SourceCode
from sagemaker.train import ModelTrainer

trainer = ModelTrainer(training_image="trainyard/sample", compute=Compute(instance_type="ml.m5.large"),
                       source_code=SourceCode(command="sleep {seconds}"))
trainer.train(wait=False, logs=False)
job = trainer._latest_training_job
begun = job.training_job_status
job.wait()
print("RESULT", json.dumps([job.training_job_name, begun]))
""",
}


def questions(daemon: Daemon) -> int:
    return (daemon.directory / "stderr").read_text().count(" POST / sagemaker DescribeTrainingJob 200 ")


def asked(daemon: Daemon, directory: Path) -> tuple[int, str]:
    """How often the SDK asked until it knew the end of its job, and how the job stood when it had made it."""
    program = PROGRAMS[sdk_version()].replace("{seconds}", str(JOB_SECONDS))
    out = run_python("-c", program, directory=directory, environment=surroundings(daemon, directory))
    (result,) = re.findall(r"^RESULT (.*)$", out, re.MULTILINE)
    name, begun = json.loads(result)
    count = questions(daemon)
    assert daemon.sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"
    return count, begun


def test_one_question_is_enough(start_daemon: StartDaemon, tmp_path: Path) -> None:
    held = start_daemon("--hold-describe", "50", "--pull", "never")
    count, begun = asked(held, tmp_path)
    # SDK v3 asks for the first time inside of `create`: had that been held, the job would have been over.
    assert begun != "Completed"
    assert count <= sdk_version(), held.stderr


def test_without_holding_they_ask_again_and_again(start_daemon: StartDaemon, tmp_path: Path) -> None:
    count, _ = asked(start_daemon("--hold-describe", "off", "--pull", "never"), tmp_path)
    assert count > 3
