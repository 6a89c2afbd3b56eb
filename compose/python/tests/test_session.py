"""Programs of the SageMaker SDK v2 in local mode, with no other change than their session."""

from __future__ import annotations

import io
import logging
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sagemaker.local", reason="the SageMaker SDK v2 is not installed")

import sagemaker
from sagemaker.debugger import DebuggerHookConfig
from sagemaker.estimator import Estimator
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.inputs import TrainingInput
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost

import trainyard
from conftest import BUSYBOX, ROLE, run_in_job

COPY = "find /opt/ml/input/data/*/ -type f | sort | xargs cat >/opt/ml/model/m; echo read"
ECR = "683313688378.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def daemon(files: Path) -> Iterator[trainyard.Daemon]:
    options = ["--file-root", str(files), "--stop-grace", "5", "--pull", "never"]
    for image in ("sagemaker-scikit-learn:1.2-1-cpu-py3", "sagemaker-xgboost:1.7-1"):
        options += ["--image-alias", f"{ECR}/{image}={BUSYBOX}"]
    with trainyard.Daemon(*options) as running:
        yield running


@pytest.fixture
def session(daemon: trainyard.Daemon) -> Iterator[Any]:
    yield daemon.session()
    daemon.reset()


@pytest.fixture(autouse=True)
def no_internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever would leave this machine fails the test that tries, also where the SDK swallows the error."""
    left: list[str] = []

    def refuse_others(kind: str, host: Any) -> None:
        if str(host) not in ("127.0.0.1", "::1", "localhost"):
            left.append(f"{kind} {host}")
            raise OSError(f"{left[-1]}: nothing leaves this machine here")

    def guarded(connect: Any) -> Any:
        def connect_to(self: Any, address: Any) -> Any:
            if self.family != socket.AF_UNIX:
                refuse_others("connecting to", address[0])
            return connect(self, address)

        return connect_to

    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse_others("looking up", host)
        return look_up(host, *arguments, **options)

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    # For a client that the SDK makes and does not use.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield
    assert left == []


def estimator(session: Any, script: str, **options: Any) -> Any:
    return Estimator(
        image_uri=BUSYBOX,
        role=ROLE,
        instance_count=1,
        instance_type="local",
        container_entry_point=["sh", "-c", script],
        sagemaker_session=session,
        **options,
    )


def model(session: Any, uri: str) -> dict[str, bytes]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = session.s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isreg()}  # type: ignore[union-attr]


def test_a_job_of_local_mode_runs_in_the_daemon(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    data = session.upload_string_as_file_body("a,b", session.default_bucket(), "data/train.csv")
    job = estimator(session, COPY)
    job.fit({"train": data})
    name = job.latest_training_job.name
    assert session.trainyard.describe(name)["ResourceConfig"]["InstanceType"] == "local"
    assert model(session, job.model_data) == {"m": b"a,b"}
    shown = capsys.readouterr().out
    assert "read" in shown and "Training seconds:" in shown and "Training job completed" in shown


def test_log_lines_come_while_the_job_runs(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    job = estimator(session, "echo first; while [ ! -e /tmp/go ]; do sleep 0.1; done")
    job.fit(wait=False)
    name = job.latest_training_job.name
    shown = ""
    deadline = time.monotonic() + 60
    while "first" not in shown:
        assert time.monotonic() < deadline
        session.logs_for_job(name, wait=False)
        shown += capsys.readouterr().out
    assert session.trainyard.describe(name)["TrainingJobStatus"] == "InProgress"
    job.latest_training_job.stop()
    assert session.wait_for_job(name)["TrainingJobStatus"] == "Stopped"


class Screen(io.StringIO):
    """Takes what is printed, and tells when `line` is there."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line = line
        self.shows_it = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.line in self.getvalue():
            self.shows_it.set()
        return written


def test_fit_shows_log_lines_while_the_job_runs(session: Any) -> None:
    job = estimator(session, "echo not-yet; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo now", max_run=120)
    screen = Screen("not-yet")
    with redirect_stdout(screen), ThreadPoolExecutor(1) as pool:
        fitting = pool.submit(job.fit, wait=True)
        assert screen.shows_it.wait(60)
        # Only now the script can go on.
        run_in_job(job.latest_training_job.name, "touch", "/tmp/go")
        fitting.result()
    assert "now\n" in screen.getvalue() and "Training job completed" in screen.getvalue()


def test_its_questions_are_not_held(session: Any) -> None:
    job = estimator(session, "sleep 3")
    job.fit(wait=False)
    name = job.latest_training_job.name
    # The SDK's own session would be told of the end of so short a job.
    assert session.sagemaker_client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    assert session.wait_for_job(name)["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize("logs", [True, False, "All", "None", "Training", "Rules"])
def test_logs_are_shown_as_asked(session: Any, logs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    estimator(session, "echo from-the-script").fit(logs=logs)
    shown = capsys.readouterr().out
    assert ("from-the-script" in shown) == (logs in (True, "All", "Training"))


def test_a_failure_is_the_exception_of_the_sdk(session: Any) -> None:
    job = estimator(session, "echo no convergence >/opt/ml/output/failure; exit 1")
    for logs in ("All", False):
        with pytest.raises(UnexpectedStatusException, match="no convergence"):
            job.fit(logs=logs)


def test_the_analytics_of_a_job_are_those_of_the_daemon(session: Any) -> None:
    pytest.importorskip("pandas")
    job = estimator(
        session,
        "echo loss=0.5; echo accuracy=0.75; echo nothing=1",
        metric_definitions=[
            {"Name": "train:loss", "Regex": "loss=([0-9.]+)"},
            {"Name": "train:accuracy", "Regex": "accuracy=([0-9.]+)"},
        ],
    )
    job.fit(logs=False)
    # Of all the metrics that the description names, without a word about where to ask.
    frame = job.training_job_analytics.dataframe()
    assert dict(zip(frame["metric_name"], frame["value"])) == {"train:loss": 0.5, "train:accuracy": 0.75}


def test_file_inputs_need_no_upload(session: Any, files: Path) -> None:
    for name in ("a", "b"):
        (files / name).mkdir(exist_ok=True)
        (files / name / "data.csv").write_text(name)
    for inputs, expected in (
        (f"file://{files}/a", b"a"),
        ({"train": f"file://{files}/a", "test": f"file://{files}/b"}, b"ba"),
        (TrainingInput(f"file://{files}/b", content_type="text/csv"), b"b"),
        ({"train": TrainingInput(f"file://{files}/a"), "test": f"file://{files}/b"}, b"ba"),
    ):
        job = estimator(session, COPY)
        job.fit(inputs, logs=False)
        assert model(session, job.model_data) == {"m": expected}


def test_a_file_output_path_receives_the_model(session: Any, files: Path) -> None:
    job = estimator(session, "echo x >/opt/ml/model/m", output_path=f"file://{files}/out")
    job.fit(logs=False)
    name = job.latest_training_job.name
    assert (files / "out" / name / "output" / "model.tar.gz").is_file()
    assert job.model_data == f"file://{files}/out/{name}/output/model.tar.gz"


@pytest.mark.parametrize("framework", [SKLearn, XGBoost])
def test_framework_estimators_send_their_script(session: Any, framework: Any, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('training')\n")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "__init__.py").write_text("")
    version = {SKLearn: "1.2-1", XGBoost: "1.7-1"}[framework]
    job = framework(
        entry_point="train.py",
        source_dir=str(tmp_path),
        dependencies=[str(tmp_path / "library")],
        role=ROLE,
        instance_type="local",
        framework_version=version,
        hyperparameters={"alpha": 0.5},
        container_entry_point=["sh", "-c", "cat /opt/ml/input/config/hyperparameters.json"],
        sagemaker_session=session,
        **({} if framework is SKLearn else {"instance_count": 1}),
    )
    # As programs for local mode often say; the script is sent through S3 all the same.
    session.config = {"local": {"local_code": True}}
    job.fit(logs=False)
    source = job.hyperparameters()["sagemaker_submit_directory"].strip('"')
    assert source.startswith(f"s3://{session.default_bucket()}/")
    assert set(model(session, source)) >= {"train.py", "library/__init__.py"}
    assert session.config == {"local": {"local_code": False}}


def test_a_job_can_be_attached_to_and_stopped(session: Any, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    job = SKLearn(
        entry_point="train.py",
        source_dir=str(tmp_path),
        role=ROLE,
        instance_type="local",
        framework_version="1.2-1",
        container_entry_point=["sh", "-c", "exec sleep 1000"],
        sagemaker_session=session,
    )
    job.fit(wait=False)
    name = job.latest_training_job.name
    job.latest_training_job.stop()
    attached = SKLearn.attach(name, sagemaker_session=session)
    assert attached.latest_training_job.describe()["TrainingJobStatus"] == "Stopped"
    assert attached.instance_type == "local"


def test_checkpoints_are_the_daemons_to_judge(session: Any) -> None:
    job = estimator(session, "true", checkpoint_s3_uri="s3://points/p")
    arguments = sagemaker.estimator._TrainingJob._get_train_args
    job._prepare_for_training()
    assert arguments(job, None, None)["checkpoint_s3_uri"] == "s3://points/p"


def test_local_mode_itself_stays_as_it_was(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    job = estimator(sagemaker.LocalSession(), "true", checkpoint_s3_uri="s3://points/p", output_path="s3://b/p")
    job._prepare_for_training()
    with pytest.raises(ValueError, match="not supported in local mode"):
        sagemaker.estimator._TrainingJob._get_train_args(job, None, None)


def test_the_daemon_says_who_we_are(session: Any) -> None:
    assert session.account_id() == session.trainyard.account_id
    assert sagemaker.get_execution_role(session) == session.trainyard.role_arn
    assert session.default_bucket() == f"sagemaker-us-east-1-{session.account_id()}"
    assert session.s3_client.head_bucket(Bucket=session.default_bucket())


def test_a_session_takes_what_the_sdks_sessions_take(daemon: trainyard.Daemon) -> None:
    import boto3

    session = trainyard.Session(
        boto3.Session(region_name="eu-west-1", aws_access_key_id="AKIAREAL", aws_secret_access_key="s"),
        url=daemon.url,
        default_bucket="mine",
        default_bucket_prefix="below",
        sagemaker_config={"SchemaVersion": "1.0"},
        disable_local_code=True,
    )
    assert session.boto_region_name == "eu-west-1"
    assert session.boto_session.get_credentials().access_key == "trainyard"
    assert session.default_bucket() == "mine"
    assert session.default_bucket_prefix == "below"
    daemon.reset()


def test_telemetry_stays_off_whatever_the_configuration_says(
    session: Any, caplog: pytest.LogCaptureFixture
) -> None:
    config = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": False}}}}
    own = trainyard.Session(url=session.trainyard.url, sagemaker_config=config)
    with caplog.at_level(logging.DEBUG):
        estimator(own, "true").fit(logs=False)
    assert not any("Sending telemetry" in record.getMessage() for record in caplog.records)
    assert config["SageMaker"]["PythonSDK"]["Modules"]["TelemetryOptOut"] is False  # type: ignore[index]


def test_debugger_settings_are_no_hindrance(session: Any, files: Path) -> None:
    hook = DebuggerHookConfig(s3_output_path="s3://elsewhere/debug")
    estimator(session, "true", output_path=f"file://{files}/o", debugger_hook_config=hook).fit(logs=False)


def test_no_daemon_is_told_at_once() -> None:
    with pytest.raises(trainyard.DaemonError, match="no Trainyard answers at http://127.0.0.1:9"):
        trainyard.Session(url="http://127.0.0.1:9")
