"""What becomes of requests and addresses before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import trainyard
from trainyard.boto import DaemonBotoSession, accept_file_uris, goes_to_aws

URL = "http://127.0.0.1:9"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("TRAINYARD_URL", "TRAINYARD_DATA_DIR", "AWS_ENDPOINT_URL", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_daemon_is_found_where_it_was_announced(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trainyard.find_url() == "http://127.0.0.1:4747"
    default = clean / ".local" / "share" / "trainyard"
    default.mkdir(parents=True)
    (default / "address").write_text("http://127.0.0.1:1\n")
    assert trainyard.find_url() == "http://127.0.0.1:1"
    monkeypatch.setenv("TRAINYARD_DATA_DIR", str(clean))
    assert trainyard.find_url() == "http://127.0.0.1:4747"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:2/")
    assert trainyard.find_url() == "http://localhost:2"
    monkeypatch.setenv("TRAINYARD_URL", "http://localhost:3")
    assert trainyard.find_url() == "http://localhost:3"
    assert trainyard.Endpoint("http://localhost:4/").url == "http://localhost:4"


def test_exported_keys_are_used_for_the_daemon_they_were_exported_for(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    assert trainyard.Endpoint(URL).access_key == "trainyard"
    monkeypatch.setenv("AWS_ENDPOINT_URL", URL)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    endpoint = trainyard.Endpoint(URL)
    assert (endpoint.access_key, endpoint.secret_key, endpoint.region) == ("AKIAREAL", "real", "eu-west-1")
    assert trainyard.Endpoint("http://127.0.0.1:10").access_key == "trainyard"


def test_keys_of_the_daemon_in_the_data_directory_are_used_for_it_alone(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINYARD_DATA_DIR", str(clean))
    (clean / "address").write_text(URL + "\n")
    assert trainyard.Endpoint(URL).access_key == "trainyard"
    (clean / "keys").write_text('{"access_key_id": "AKIAOWN", "secret_access_key": "own"}\n')
    assert (trainyard.Endpoint().access_key, trainyard.Endpoint().secret_key) == ("AKIAOWN", "own")
    assert trainyard.Endpoint("http://127.0.0.1:10").access_key == "trainyard"
    assert trainyard.Endpoint(URL, access_key="given", secret_key="s").access_key == "given"


def test_no_daemon_is_an_error_that_says_what_to_do(clean: Path) -> None:
    with pytest.raises(trainyard.DaemonError, match="trainyard serve"):
        trainyard.Endpoint(URL).health()


def test_every_client_talks_to_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "one-that-is-not-there")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://elsewhere:1")
    session = DaemonBotoSession(URL, "eu-west-1", "key", "secret")
    assert session.region_name == "eu-west-1"
    for service in ("s3", "sagemaker", "sts", "logs", "cloudwatch"):
        assert session.client(service).meta.endpoint_url == URL
    assert session.resource("s3").meta.client.meta.endpoint_url == URL
    sts = session.client("sts", endpoint_url="https://sts.eu-west-1.amazonaws.com")
    assert sts.meta.endpoint_url == URL
    assert session.client("s3", endpoint_url="http://minio:9000").meta.endpoint_url == "http://minio:9000"
    credentials = session.get_credentials()
    assert (credentials.access_key, credentials.token) == ("key", None)


@pytest.mark.parametrize(
    "url", ["https://sts.amazonaws.com", "https://s3.cn-north-1.amazonaws.com.cn", "https://s3.us-east-1.api.aws"]
)
def test_addresses_of_aws_are_known(url: str) -> None:
    assert goes_to_aws(url)


@pytest.mark.parametrize("url", ["http://localhost:1", "https://amazonaws.com.example.org", "http://myamazonaws.com"])
def test_other_addresses_are_left_alone(url: str) -> None:
    assert not goes_to_aws(url)


def channel(source: dict[str, Any]) -> dict[str, Any]:
    return {"ChannelName": "train", "DataSource": source}


def test_file_uris_become_sources_that_the_daemon_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    request = {
        "TrainingJobName": "job",
        "InputDataConfig": [
            channel({"FileDataSource": {"FileUri": "file:///data/a", "FileDataDistributionType": "FullyReplicated"}}),
            channel({"S3DataSource": {"S3Uri": "file://data/b/", "S3DataType": "S3Prefix"}}),
            channel({"S3DataSource": {"S3Uri": "s3://bucket/c", "S3DataType": "ManifestFile"}}),
        ],
        "OutputDataConfig": {"S3OutputPath": "file://./out", "KmsKeyId": "k"},
        "CheckpointConfig": {"S3Uri": "s3://bucket/points"},
        "DebugHookConfig": {"S3OutputPath": "file://./out"},
        "ProfilerConfig": {"S3OutputPath": "s3://bucket/profile"},
    }
    sent = accept_file_uris(request)
    sources = [entry["DataSource"]["S3DataSource"] for entry in sent["InputDataConfig"]]
    assert sources == [
        {"S3DataType": "S3Prefix", "S3Uri": "file:///data/a", "S3DataDistributionType": "FullyReplicated"},
        {"S3DataType": "S3Prefix", "S3Uri": f"file://{tmp_path}/data/b/"},
        {"S3DataType": "ManifestFile", "S3Uri": "s3://bucket/c"},
    ]
    assert sent["OutputDataConfig"] == {"S3OutputPath": f"file://{tmp_path}/out", "KmsKeyId": "k"}
    assert sent["CheckpointConfig"] == request["CheckpointConfig"]
    assert "DebugHookConfig" not in sent
    assert sent["ProfilerConfig"] == request["ProfilerConfig"]
    assert request["OutputDataConfig"] == {"S3OutputPath": "file://./out", "KmsKeyId": "k"}  # not changed itself
