"""Images that have the training toolkit: entry points of every kind, and the environment of a script."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import boto3
import joblib
import pytest
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost

from harness import package_index
from harness.jobs import Jobs, read_archive
from harness.sdk import ALIASES, METRIC, SOURCES, stored, surroundings

KINDS = {SKLearn: "1.4-2", XGBoost: "3.0-5"}
# The variables that the toolkit's documentation names, and those it sets besides.
DOCUMENTED = [
    *("SM_MODEL_DIR", "SM_CHANNELS", "SM_CHANNEL_TRAIN", "SM_HPS", "SM_HP_ROUNDS", "SM_HP_SOME-NAME"),
    *("SM_CURRENT_HOST", "SM_HOSTS", "SM_NUM_GPUS", "SM_NUM_CPUS", "SM_LOG_LEVEL", "SM_NETWORK_INTERFACE_NAME"),
    *("SM_USER_ARGS", "SM_INPUT_DIR", "SM_INPUT_CONFIG_DIR", "SM_RESOURCE_CONFIG", "SM_INPUT_DATA_CONFIG"),
    *("SM_TRAINING_ENV", "SM_OUTPUT_DATA_DIR", "SM_OUTPUT_DIR", "SM_OUTPUT_INTERMEDIATE_DIR", "SM_MODULE_NAME"),
    *("SM_MODULE_DIR", "SM_USER_ENTRY_POINT", "SM_FRAMEWORK_PARAMS", "SM_FRAMEWORK_MODULE", "SM_NUM_NEURONS"),
    *("SM_CURRENT_INSTANCE_TYPE", "SM_CURRENT_INSTANCE_GROUP", "SM_CURRENT_INSTANCE_GROUP_HOSTS"),
    *("SM_INSTANCE_GROUPS", "SM_INSTANCE_GROUPS_DICT", "SM_DISTRIBUTION_INSTANCE_GROUPS", "SM_IS_HETERO"),
]


def found(estimator: Any) -> Any:
    """What the script told of its surroundings, from the job's output.tar.gz."""
    archive = read_archive(stored(estimator.model_data.replace("model.tar.gz", "output.tar.gz")))
    return json.loads(next(member.content for name, member in archive.items() if name.endswith("found.json")))


@pytest.mark.parametrize("framework", KINDS)
@pytest.mark.parametrize("entry", ["script", "package", "shell"])
def test_entry_points(
    make_estimator: Callable[..., Any], session: Any, channels: dict[str, str], framework: Any, entry: str
) -> None:
    settings = {
        "script": {"entry_point": "learn.py", "source_dir": str(SOURCES / "script")},
        "package": {"entry_point": "train.py", "source_dir": str(SOURCES / "package")},
        "shell": {"entry_point": "train.sh", "source_dir": str(SOURCES / "shell")},
    }[entry]
    if entry != "script":
        settings["dependencies"] = [str(SOURCES / "script" / "learn.py")]
    estimator = make_estimator(
        framework,
        framework_version=KINDS[framework],
        hyperparameters={"rounds": 2, "note": "a b"},
        metric_definitions=[METRIC],
        **settings,
    )
    with redirect_stdout(io.StringIO()) as out:
        estimator.fit(channels)
    assert "note: a b\n" in out.getvalue()
    assert "round=2; train:slope=3.000;" in out.getvalue()
    if entry == "package":
        assert "package line 1.0" in out.getvalue()
    if entry == "shell":
        assert "shell command: --note a b --rounds 2" in out.getvalue()
    assert found(estimator)["arguments"] == ["--note", "a b", "--rounds", "2"]

    assert settings["entry_point"] in read_archive(stored(estimator.uploaded_code.s3_prefix))
    model = joblib.load(io.BytesIO(read_archive(stored(estimator.model_data))["model.joblib"].content))
    assert model.predict([[100.0]])[0] == pytest.approx(301)
    assert list(estimator.training_job_analytics.dataframe()["value"]) == pytest.approx([3.0])
    attached = framework.attach(estimator.latest_training_job.name, sagemaker_session=session)
    assert attached.entry_point == settings["entry_point"]
    assert attached.model_data == estimator.model_data


@pytest.mark.parametrize("image", ["trainyard/sklearn", "trainyard/xgboost"])
def test_environment_of_a_script(session: Any, channels: dict[str, str], image: str) -> None:
    hyperparameters = {"rounds": 2, "note": "x", "some-name": 7}
    # An estimator of no framework, which names the image itself.
    estimator = Estimator(
        image,
        entry_point="learn.py",
        source_dir=str(SOURCES / "script"),
        instance_count=1,
        instance_type="ml.m5.large",
        hyperparameters=hyperparameters,
        sagemaker_session=session,
    )
    estimator.fit(channels, logs=False)
    environment = found(estimator)["environment"]
    assert sorted(set(DOCUMENTED) - set(environment)) == []

    assert environment["SM_CHANNELS"] == '["train"]'
    assert environment["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert environment["SM_MODEL_DIR"] == "/opt/ml/model"
    assert environment["SM_OUTPUT_DATA_DIR"] == "/opt/ml/output/data"
    assert environment["SM_HP_SOME-NAME"] == "7"
    assert json.loads(environment["SM_HPS"]) == hyperparameters
    assert environment["SM_USER_ENTRY_POINT"] == "learn.py"
    assert (environment["SM_CURRENT_HOST"], environment["SM_HOSTS"]) == ("algo-1", '["algo-1"]')
    assert environment["SM_CURRENT_INSTANCE_TYPE"] == "ml.m5.large"
    training = json.loads(environment["SM_TRAINING_ENV"])
    assert training["job_name"] == estimator.latest_training_job.name
    assert training["resource_config"] == json.loads(environment["SM_RESOURCE_CONFIG"])


def test_requirements_are_downloaded_once(
    start_daemon: Callable[..., Any],
    serve_files: Callable[..., Any],
    host_address: str,
    make_estimator: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    server = serve_files(package_index.files("tiny"))
    options = [f"--image-alias={name}={image}" for name, image in ALIASES.items()]
    for name, value in package_index.settings(host_address, server.server_port).items():
        options.append(f"--job-env={name}={value}")
    daemon = start_daemon("--pip-cache", *options)
    for name, value in surroundings(daemon, tmp_path).items():
        monkeypatch.setenv(name, value)
    source = tmp_path / "source"
    source.mkdir()
    (source / "requirements.txt").write_text("tiny\n")
    (source / "train.py").write_text("import tiny\nprint('found', tiny.__name__)\n")
    # A session that reads its surroundings again.
    settings = {"sagemaker_session": sagemaker.Session(boto3.Session())}
    try:
        for _ in range(2):
            with redirect_stdout(io.StringIO()) as out:
                make_estimator(entry_point="train.py", source_dir=str(source), **settings).fit()
            assert "found tiny\n" in out.getvalue()
        assert server.asked.count(package_index.wheel_path("tiny")) == 1
    finally:
        Jobs(daemon).stop_all()
        daemon.engine.request("DELETE", f"/volumes/trainyard-{daemon.id}-pip-cache")
