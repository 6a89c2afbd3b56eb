"""ModelTrainer.train of the SDK v3 and what its users do next: wait, read logs, find the job again, stop."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import joblib
import pytest
from sagemaker.core.resources import TrainingJob
from sagemaker.core.shapes import MetricDefinition
from sagemaker.core.utils.exceptions import FailedStatusError

from harness.jobs import read_archive
from harness.sdk import METRIC, SOURCES, XGBOOST, logged, stored

MakeTrainer = Callable[..., Any]
# Every variable that the SDK's program in the container sets.
SET_BY_THE_SDK = [
    *("SM_MODEL_DIR", "SM_INPUT_DIR", "SM_INPUT_DATA_DIR", "SM_INPUT_CONFIG_DIR", "SM_OUTPUT_DIR"),
    *("SM_OUTPUT_FAILURE", "SM_OUTPUT_DATA_DIR", "SM_LOG_LEVEL", "SM_MASTER_ADDR", "SM_MASTER_PORT"),
    *("SM_SOURCE_DIR", "SM_ENTRY_SCRIPT", "SM_CHANNEL_TRAIN", "SM_CHANNEL_CODE", "SM_CHANNEL_SM_DRIVERS"),
    *("SM_CHANNELS", "SM_HP_ROUNDS", "SM_HP_SOME_NAME", "SM_HPS", "SM_CURRENT_HOST", "SM_CURRENT_INSTANCE_TYPE"),
    *("SM_HOSTS", "SM_NETWORK_INTERFACE_NAME", "SM_HOST_COUNT", "SM_CURRENT_HOST_RANK", "SM_NUM_CPUS"),
    *("SM_NUM_GPUS", "SM_NUM_NEURONS", "SM_RESOURCE_CONFIG", "SM_INPUT_DATA_CONFIG", "SM_TRAINING_ENV"),
]


def archive_of(job: TrainingJob, name: str) -> dict[str, bytes]:
    uri = job.model_artifacts.s3_model_artifacts.replace("model.tar.gz", f"{name}.tar.gz")
    members = read_archive(stored(uri))
    return {path: member.content for path, member in members.items() if member.info.isreg()}


def test_train_waits_and_shows_status_and_log(trained: Any) -> None:
    assert trained.job.training_job_status == "Completed"
    positions = [trained.logged.index(line) for line in ("note: a line", *rounds(3))]
    assert positions == sorted(positions)
    assert any("Final Resource Status" in line and "Completed" in line for line in trained.logged)


def rounds(count: int) -> list[str]:
    return [f"round={number}; train:slope=3.000;" for number in range(1, count + 1)]


def test_the_model_predicts(trained: Any) -> None:
    model = joblib.load(io.BytesIO(archive_of(trained.job, "model")["model.joblib"]))
    assert model.predict([[100.0]])[0] == pytest.approx(301)


def test_the_source_is_in_s3(trained: Any) -> None:
    (code,) = [channel for channel in trained.job.input_data_config if channel.channel_name == "code"]
    bucket, _, prefix = code.data_source.s3_data_source.s3_uri.removeprefix("s3://").partition("/")
    keys = [item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    assert [key.removeprefix(prefix) for key in keys] == ["/learn.py"]


def test_the_job_is_found_again(trained: Any) -> None:
    job = TrainingJob.get(trained.job.training_job_name)
    assert job.model_artifacts.s3_model_artifacts == trained.job.model_artifacts.s3_model_artifacts
    assert job.hyper_parameters == {"rounds": "3", "note": "a line"}
    names = [found.training_job_name for found in TrainingJob.get_all(name_contains="trained")]
    assert trained.job.training_job_name in names
    with logged() as lines:
        job.wait(logs=True)
    assert set(rounds(3)) <= set(lines)


def test_without_logs(make_trainer: MakeTrainer, channels: Any) -> None:
    trainer = make_trainer(base_job_name="quiet")
    with logged() as lines:
        trainer.train(channels, logs=False)
    assert trainer._latest_training_job.training_job_status == "Completed"
    assert not set(rounds(1)) & set(lines)


def test_started_and_stopped(make_trainer: MakeTrainer, channels: Any) -> None:
    trainer = make_trainer(hyperparameters={"wait": 600}, base_job_name="stopped")
    trainer.train(channels, wait=False)
    job = trainer._latest_training_job
    assert job.training_job_status == "InProgress"
    job.stop()
    job.wait()
    assert job.training_job_status == "Stopped"


def test_a_script_that_fails(make_trainer: MakeTrainer, channels: Any) -> None:
    source = {"source_dir": str(SOURCES / "failing"), "entry_script": "train.py"}
    with logged() as lines, pytest.raises(FailedStatusError) as raised:
        make_trainer(source, base_job_name="failing").train(channels)
    # What the SDK's program in the container tells; the script's own words are in the log.
    assert "returned non-zero exit status 1" in str(raised.value)
    assert "ValueError: there is nothing to learn here" in lines


def test_a_shell_command(make_trainer: MakeTrainer, channels: Any) -> None:
    command = {"entry_script": None, "command": "python3 learn.py", "args": ["--rounds", 2, "--note", "a b"]}
    with logged() as lines:
        make_trainer(command, base_job_name="command").train(channels)
    assert {"note: a b", *rounds(2)} <= set(lines)


def test_an_entry_script_of_the_shell(make_trainer: MakeTrainer, channels: Any, tmp_path: Path) -> None:
    shutil.copytree(SOURCES / "script", tmp_path, dirs_exist_ok=True)
    (tmp_path / "train.sh").write_text('set -e\necho "by $(basename $0)"\nexec python3 learn.py --rounds 2\n')
    source = {"source_dir": str(tmp_path), "entry_script": "train.sh"}
    with logged() as lines:
        make_trainer(source, base_job_name="shell").train(channels)
    assert {"by train.sh", *rounds(2)} <= set(lines)


def test_metrics(make_trainer: MakeTrainer, channels: Any) -> None:
    definition = MetricDefinition(name=METRIC["Name"], regex=METRIC["Regex"])
    trainer = make_trainer(hyperparameters={"rounds": 2}, base_job_name="measured")
    trainer.with_metric_definitions([definition]).train(channels, logs=False)
    (metric,) = trainer._latest_training_job.final_metric_data_list
    assert (metric.metric_name, metric.value) == ("train:slope", pytest.approx(3.0))


def test_trees_are_boosted_in_the_image_for_it(make_trainer: MakeTrainer, channels: Any) -> None:
    source = {"source_dir": str(SOURCES / "boosting"), "entry_script": "train.py"}
    trainer = make_trainer(source, training_image=XGBOOST, base_job_name="boosted")
    with logged() as lines:
        trainer.train(channels)
    (error,) = [float(line[12:-1]) for line in lines if line.startswith("train:error=")]
    assert error < 1  # of values from 1 to 58
    assert list(archive_of(trainer._latest_training_job, "model")) == ["model.json"]


@pytest.mark.parametrize("image", ["trainyard/sample", "trainyard/xgboost"])
def test_environment_of_a_script(make_trainer: MakeTrainer, channels: Any, image: str) -> None:
    """Also in an image that has nothing of SageMaker's."""
    hyperparameters = {"rounds": 2, "note": "x", "some-name": 7}
    name = f"env-{image.rpartition('/')[2]}"
    trainer = make_trainer(training_image=image, hyperparameters=hyperparameters, base_job_name=name)
    trainer.train(channels, logs=False)
    job = trainer._latest_training_job
    found = json.loads(archive_of(job, "output")["found.json"])
    environment = found["environment"]
    assert sorted(set(SET_BY_THE_SDK) - set(environment)) == []

    assert environment["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert json.loads(environment["SM_CHANNELS"]) == ["train", "code", "sm_drivers"]
    assert json.loads(environment["SM_HPS"]) == hyperparameters
    assert (environment["SM_CURRENT_HOST"], environment["SM_HOSTS"]) == ("algo-1", '["algo-1"]')
    assert environment["SM_CURRENT_INSTANCE_TYPE"] == "local"
    assert environment["SM_NETWORK_INTERFACE_NAME"] == "eth0"
    assert json.loads(environment["SM_TRAINING_ENV"])["job_name"] == job.training_job_name
    assert found["directory"] == "/opt/ml/input/data/code"
