"""A daemon of one's own, from its start to what is left of it."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import trainyard
from trainyard.daemon import find_binary


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the daemons of a test put their temporary directories."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return directory


def test_a_daemon_lives_as_long_as_its_block(temporary: Path) -> None:
    with trainyard.Daemon("--log-level", "debug") as daemon:
        assert daemon.health()["status"] == "ok"
        daemon.client("s3").create_bucket(Bucket="data")
        assert daemon.resource("s3").Bucket("data").creation_date
        place = daemon.data_directory
        assert place.is_dir() and "everything lies in " + str(place) in daemon.stderr
        assert "127.0.0.1" in daemon.url and not daemon.url.endswith(":4747")
        assert daemon.stderr
        process = daemon.process
    assert process is not None and process.returncode == 0
    assert not place.parent.exists()
    with pytest.raises(trainyard.DaemonError, match="no Trainyard answers"):
        daemon.health()


def test_a_daemon_can_be_started_again(temporary: Path) -> None:
    daemon = trainyard.Daemon()
    daemon.start()
    daemon.client("s3").create_bucket(Bucket="data")
    daemon.kill()
    assert not daemon.running
    daemon.start()
    assert daemon.client("s3").list_buckets()["Buckets"] == []
    daemon.stop()
    daemon.stop()


def test_a_data_directory_is_kept(tmp_path: Path) -> None:
    for expected in ([], ["data"]):
        with trainyard.Daemon(data_dir=tmp_path / "data") as daemon:
            s3 = daemon.client("s3")
            assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == expected
            if not expected:
                s3.create_bucket(Bucket="data")


def test_its_region_and_account_are_told(temporary: Path) -> None:
    with trainyard.Daemon("--account-id", "000000000042", region="eu-west-1") as daemon:
        assert (daemon.region, daemon.account_id) == ("eu-west-1", "000000000042")
        assert daemon.default_bucket == "sagemaker-eu-west-1-000000000042"
        assert trainyard.Endpoint(daemon.url).region == "eu-west-1"
        environment = daemon.environment
        assert environment["AWS_ENDPOINT_URL"] == daemon.url
        settings = Path(environment["SAGEMAKER_USER_CONFIG_OVERRIDE"]).read_text()
        assert '"TelemetryOptOut": true' in settings and daemon.default_bucket in settings


def test_a_daemon_that_does_not_come_up_says_why() -> None:
    with pytest.raises(trainyard.DaemonError, match="--no-such-option"):
        trainyard.Daemon("--no-such-option").start()


def test_a_daemon_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    script = tmp_path / "trainyard"
    script.write_text("#!/bin/sh\necho still thinking >&2\nexec sleep 100\n")
    script.chmod(0o755)
    daemon = trainyard.Daemon(binary=str(script), start_timeout=0.3)
    with pytest.raises(trainyard.DaemonError, match="not ready.*\nstill thinking"):
        daemon.start()
    assert not daemon.running


def test_a_binary_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(trainyard.DaemonError, match="/no/such/program"):
        trainyard.Daemon(binary="/no/such/program").start()
    monkeypatch.setenv("TRAINYARD_BINARY", "/named/by/variable")
    assert find_binary() == "/named/by/variable"
    monkeypatch.delenv("TRAINYARD_BINARY")
    program = tmp_path / "trainyard"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == str(program)


def test_settings_of_its_user_are_not_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINYARD_DATA_DIR", str(tmp_path / "precious"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "trainyard").mkdir()
    (tmp_path / "trainyard" / "config.toml").write_text('account-id = "000000000001"\n')
    with trainyard.Daemon() as daemon:
        assert daemon.account_id == "123456789012"
    assert not (tmp_path / "precious").exists()


def test_its_keys_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with trainyard.Daemon() as other:
        monkeypatch.setenv("TRAINYARD_URL", other.url)
        monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", "s3://elsewhere/config.yaml")
        with trainyard.Daemon("--auth", "required") as daemon:
            assert daemon.client("s3").list_buckets()["Buckets"] is not None


def test_another_program_of_its_user_finds_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with trainyard.Daemon("--auth", "required") as daemon:
        monkeypatch.setenv("TRAINYARD_DATA_DIR", str(daemon.data_directory))
        found = trainyard.Endpoint()
        assert found.url == daemon.url
        assert found.client("s3").list_buckets()["Buckets"] is not None
        found.reset()


def test_a_daemon_ends_with_the_process_that_started_it(temporary: Path) -> None:
    program = (
        "import os, trainyard; daemon = trainyard.Daemon(); daemon.start(); "
        "print(daemon.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_reset_forgets_everything(temporary: Path) -> None:
    with trainyard.Daemon() as daemon:
        s3 = daemon.client("s3")
        s3.create_bucket(Bucket="data")
        s3.put_object(Bucket="data", Key="key", Body=b"x")
        s3.create_multipart_upload(Bucket="data", Key="big")
        cloudwatch, iam = daemon.client("cloudwatch"), daemon.client("iam")
        cloudwatch.put_metric_data(Namespace="mine", MetricData=[{"MetricName": "loss", "Value": 1.0}])
        roles = iam.list_roles()["Roles"]
        iam.create_role(RoleName="mine", AssumeRolePolicyDocument="{}")
        logs = daemon.client("logs")
        logs.create_log_group(logGroupName="mine")
        daemon.reset()
        assert logs.describe_log_groups(logGroupNamePrefix="mine")["logGroups"] == []
        assert cloudwatch.list_metrics(Namespace="mine")["Metrics"] == []
        assert iam.list_roles()["Roles"] == roles
        assert s3.list_buckets()["Buckets"] == []
        s3.create_bucket(Bucket="data")
        assert "Contents" not in s3.list_objects_v2(Bucket="data")
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="data")


def test_what_an_environment_names_outlives_the_endpoint(temporary: Path) -> None:
    with trainyard.Daemon() as daemon:
        environment = trainyard.Endpoint(daemon.url).environment
        gc.collect()
        assert daemon.default_bucket in Path(environment["SAGEMAKER_USER_CONFIG_OVERRIDE"]).read_text()


def test_waiters_ask_each_second(temporary: Path) -> None:
    with trainyard.Daemon() as daemon:
        waiters = [daemon.client("sagemaker").get_waiter("training_job_completed_or_stopped")]
        program = (
            "import boto3; waiter = boto3.client('sagemaker').get_waiter('training_job_completed_or_stopped');"
            "print(waiter.config.delay)"
        )
        environment = {**os.environ, **daemon.environment}
        said = subprocess.run([sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.PIPE)
        assert [waiter.config.delay for waiter in waiters] == [1]
        assert said.stdout.split() == [b"1"]


def test_no_proxy_stands_between(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "example.org")
    with trainyard.Daemon() as daemon:
        assert daemon.environment["no_proxy"] == "example.org,127.0.0.1"
        assert "127.0.0.1" in daemon.environment["NO_PROXY"].split(",")


def test_environment_reaches_another_process(temporary: Path) -> None:
    program = "import boto3; boto3.client('s3').create_bucket(Bucket='from-outside')"
    with trainyard.Daemon() as daemon:
        environment = {**os.environ, **daemon.environment}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        assert daemon.client("s3").list_buckets()["Buckets"][0]["Name"] == "from-outside"
