"""Where holding is off, the SDKs ask about a job again and again: what v2/test_fit_is_held.py and
v3/test_train_is_held.py count says something."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.questions import taken
from harness.sdk import run_python, sdk_version, surroundings

# In a process of its own, since the SDK v3 keeps one client for all.
PROGRAMS = {
    2: """
from sagemaker.estimator import Estimator

estimator = Estimator("trainyard/busybox", "arn:aws:iam::123456789012:role/any", 1, "ml.m5.large",
                      container_entry_point=["sleep", "6"])
estimator.fit(logs=False)
""",
    3: """
from sagemaker.core.training.configs import Compute, SourceCode
from sagemaker.train import ModelTrainer

trainer = ModelTrainer(training_image="trainyard/sample", compute=Compute(instance_type="ml.m5.large"),
                       source_code=SourceCode(command="sleep 6"))
trainer.train(logs=False)
""",
}
# Without naps between; the first of SDK v3 is that of `create`.
ENOUGH = {2: 1, 3: 2}


@pytest.mark.engine
def test_without_holding_they_ask_again(start_daemon: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start_daemon("--hold-describe", "off", "--pull", "never")
    run_python("-c", PROGRAMS[sdk_version()], directory=tmp_path, environment=surroundings(daemon, tmp_path))
    assert taken(daemon) > ENOUGH[sdk_version()]
