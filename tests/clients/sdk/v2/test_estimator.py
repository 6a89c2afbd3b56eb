"""Estimator.fit of the SDK v2 and what its users do next: wait, read logs and metrics, attach, stop."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import joblib
import pytest
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.sklearn import SKLearn

from harness.daemon import Daemon
from harness.jobs import read_archive
from harness.sdk import SKLEARN, SOURCES, stored

MakeEstimator = Callable[..., Any]


def test_fit_waits_and_shows_status_and_log(trained: Any) -> None:
    assert trained.estimator.latest_training_job.describe()["TrainingJobStatus"] == "Completed"
    assert "Training - Training image download completed" in trained.printed
    assert "Completed - Training job completed" in trained.printed
    assert "note: it's a line\n" in trained.printed
    positions = [trained.printed.index(f"round={number}; train:slope=3.000;") for number in (1, 2, 3)]
    assert positions == sorted(positions)
    assert "Billable seconds: " in trained.printed


def test_source_and_model_are_in_s3(trained: Any) -> None:
    source = read_archive(stored(trained.estimator.uploaded_code.s3_prefix))
    assert list(source) == ["learn.py"]
    assert trained.estimator.uploaded_code.s3_prefix.endswith("/source/sourcedir.tar.gz")

    assert trained.estimator.model_data.endswith(f"/{trained.name}/output/model.tar.gz")
    model = joblib.load(io.BytesIO(read_archive(stored(trained.estimator.model_data))["model.joblib"].content))
    assert model.predict([[100.0]])[0] == pytest.approx(301)


def test_without_logs(make_estimator: MakeEstimator, channels: dict[str, str]) -> None:
    estimator = make_estimator()
    with redirect_stdout(io.StringIO()) as out:
        estimator.fit(channels, logs=False)
    assert estimator.latest_training_job.describe()["TrainingJobStatus"] == "Completed"
    assert "round=1" not in out.getvalue()


def test_started_and_stopped(endpoint: Daemon, make_estimator: MakeEstimator, channels: dict[str, str]) -> None:
    estimator = make_estimator(hyperparameters={"wait": 600})
    estimator.fit(channels, wait=False)
    assert estimator.latest_training_job.describe()["TrainingJobStatus"] == "InProgress"
    estimator.latest_training_job.stop()
    estimator.latest_training_job.wait(logs="None")
    assert estimator.latest_training_job.describe()["TrainingJobStatus"] == "Stopped"


def test_attach(trained: Any, session: Any) -> None:
    with redirect_stdout(io.StringIO()) as out:
        attached = SKLearn.attach(trained.name, sagemaker_session=session)
    assert attached.model_data == trained.estimator.model_data
    assert attached.image_uri == SKLEARN
    assert attached.entry_point == "learn.py"
    assert {name: json.loads(value) for name, value in attached.hyperparameters().items()}["rounds"] == 3
    assert "Training job completed" in out.getvalue()
    with redirect_stdout(io.StringIO()) as out:
        attached.logs()
    assert "round=3; train:slope=3.000;" in out.getvalue()


def test_analytics(trained: Any) -> None:
    frame = trained.estimator.training_job_analytics.dataframe()
    assert set(frame["metric_name"]) == {"train:slope"}
    assert list(frame["value"]) == pytest.approx([3.0])


def test_a_script_that_fails(make_estimator: MakeEstimator, channels: dict[str, str]) -> None:
    estimator = make_estimator(entry_point="train.py", source_dir=str(SOURCES / "failing"))
    with redirect_stdout(io.StringIO()) as out, pytest.raises(UnexpectedStatusException) as raised:
        estimator.fit(channels)
    # What the toolkit tells; the script's own words are in the log.
    assert "AlgorithmError: ExecuteUserScriptError" in str(raised.value)
    assert "ExitCode 1" in str(raised.value)
    assert "ValueError: there is nothing to learn here" in out.getvalue()
    assert raised.value.actual_status == "Failed"
