"""--auth required: who has no key of this daemon's gets nothing."""

import stat
import urllib.error
import urllib.request
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest
import requests

from conftest import StartDaemon
from harness.daemon import REGION, Daemon


@pytest.fixture
def guarded(start_daemon: StartDaemon) -> Daemon:
    return start_daemon("--auth", "required")


def client(daemon: Daemon, service: str, key: dict[str, str] | None = None, **config: Any) -> Any:
    key = key or daemon.keys
    return boto3.client(
        service,
        endpoint_url=daemon.url,
        region_name=config.pop("region", REGION),
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
        config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
    )


def code_of(error: pytest.ExceptionInfo[botocore.exceptions.ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_only_its_user_can_read_the_keys(guarded: Daemon) -> None:
    assert stat.S_IMODE((guarded.data_directory / "keys").stat().st_mode) == 0o600
    before = guarded.keys
    guarded.restart()
    assert guarded.keys == before


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_boto3_s3_with_the_right_key(guarded: Daemon, version: str) -> None:
    s3 = client(guarded, "s3", signature_version=version)
    s3.create_bucket(Bucket="signed")
    for key in ("plain", "with space+plus", "ünïcode/%41//x", "dir/../y"):
        s3.put_object(Bucket="signed", Key=key, Body=b"bytes", Metadata={"name": "a  b"})
        assert s3.get_object(Bucket="signed", Key=key)["Body"].read() == b"bytes"
    assert len(s3.list_objects_v2(Bucket="signed", Prefix="", MaxKeys=10)["Contents"]) == 4
    s3.delete_objects(Bucket="signed", Delete={"Objects": [{"Key": "plain"}]})
    for method, data in (("put_object", b"more"), ("get_object", None)):
        url = s3.generate_presigned_url(method, Params={"Bucket": "signed", "Key": "a b"}, ExpiresIn=60)
        # The second version signs the Content-Type, and urllib would name one of its own.
        request = urllib.request.Request(
            url, data=data, method="PUT" if data else "GET", headers={"Content-Type": ""}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.read() == (b"" if data else b"more")


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_urls_that_are_presigned_with_a_temporary_key(guarded: Daemon, version: str) -> None:
    issued = client(guarded, "sts").get_session_token()["Credentials"]
    s3 = boto3.client(
        "s3",
        endpoint_url=guarded.url,
        region_name=REGION,
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
        config=botocore.config.Config(signature_version=version),
    )
    s3.create_bucket(Bucket="bucket")
    params = {"Bucket": "bucket", "Key": "key", "Metadata": {"name": "a b"}}
    put = s3.generate_presigned_url("put_object", Params=params)
    # What the SDK left to be sent beside the URL.
    fields = {} if "x-amz-meta-name=" in put else {"x-amz-meta-name": "a b"}
    assert requests.put(put, data=b"bytes", headers=fields, timeout=30).status_code == 200
    assert s3.head_object(Bucket="bucket", Key="key")["Metadata"] == {"name": "a b"}
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    assert requests.get(url, timeout=30).content == b"bytes"
    assert requests.get(url + "&x-amz-meta-other=1", timeout=30).status_code == 403


def test_a_large_body_in_parts(guarded: Daemon, tmp_path: Any) -> None:
    s3 = client(guarded, "s3")
    s3.create_bucket(Bucket="parts")
    (tmp_path / "file").write_bytes(bytes(range(256)) * 80_000)
    s3.upload_file(str(tmp_path / "file"), "parts", "file")
    s3.download_file("parts", "file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()


@pytest.mark.parametrize("payload_signing", [True, False])
def test_bodies_signed_whole_or_not_at_all(guarded: Daemon, payload_signing: bool) -> None:
    s3 = client(guarded, "s3", s3={"payload_signing_enabled": payload_signing})
    s3.create_bucket(Bucket="payload")
    s3.put_object(Bucket="payload", Key="key", Body=b"x" * 100_000, ChecksumAlgorithm="SHA256")
    assert s3.get_object(Bucket="payload", Key="key")["ContentLength"] == 100_000


def test_sagemaker_with_the_right_key(guarded: Daemon) -> None:
    assert client(guarded, "sagemaker").list_training_jobs()["TrainingJobSummaries"] == []


def test_s3_refusals(guarded: Daemon) -> None:
    right = guarded.keys
    client(guarded, "s3").create_bucket(Bucket="bucket")
    wrong = {**right, "secret_access_key": "x"}
    for key, code in ((wrong, "SignatureDoesNotMatch"), ({**wrong, "access_key_id": "AKIAX"}, "InvalidAccessKeyId")):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            client(guarded, "s3", key).list_objects_v2(Bucket="bucket")
        assert code_of(error) == code
        assert error.value.response["Error"]["AWSAccessKeyId"] == key["access_key_id"]
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    unsigned = client(guarded, "s3", signature_version=botocore.UNSIGNED)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        unsigned.list_objects_v2(Bucket="bucket")
    assert code_of(error) == "AccessDenied"


def test_sagemaker_refusals(guarded: Daemon) -> None:
    right = guarded.keys
    wrong = {**right, "secret_access_key": "x"}
    cases: list[tuple[Any, str]] = [
        (client(guarded, "sagemaker", wrong), "InvalidSignatureException"),
        (client(guarded, "sagemaker", {**wrong, "access_key_id": "AKIAX"}), "UnrecognizedClientException"),
        (client(guarded, "sagemaker", region="eu-west-1"), "InvalidSignatureException"),
        (client(guarded, "sagemaker", signature_version=botocore.UNSIGNED), "MissingAuthenticationTokenException"),
    ]
    for made, code in cases:
        with pytest.raises(botocore.exceptions.ClientError) as error:
            made.list_training_jobs()
        assert code_of(error) == code


def test_its_own_routes_want_its_token(guarded: Daemon) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(guarded.url + "/_trainyard/health")
    assert error.value.code == 403
    # The commands of its user find it: the job is unknown, but the question is answered.
    done = guarded.run_program("logs", "no-job", "--data-dir", str(guarded.data_directory), check=False)
    assert b"no-job" in done.stderr
    assert done.returncode == 1
