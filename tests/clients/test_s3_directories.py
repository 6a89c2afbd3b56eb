"""Local directories as buckets, through every client, and as channel and output of jobs."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import CREDENTIALS, Daemon
from harness.jobs import Jobs, s3_channel

StartDaemon = Callable[..., Daemon]


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "served"
    directory.mkdir()
    return directory


@pytest.fixture
def served(start_daemon: StartDaemon, root: Path) -> Daemon:
    return start_daemon("--bucket", f"data={root}")


def test_objects_are_files(served: Daemon, root: Path) -> None:
    s3 = served.s3
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["data"]
    put = s3.put_object(Bucket="data", Key="a/b.csv", Body=b"1,2", ContentType="text/csv", Metadata={"who": "me"})
    assert (root / "a" / "b.csv").read_bytes() == b"1,2"
    got = s3.get_object(Bucket="data", Key="a/b.csv")
    assert (got["Body"].read(), got["ETag"], got["ContentType"]) == (b"1,2", put["ETag"], "text/csv")
    assert got["Metadata"] == {"who": "me"}
    (root / "other").write_text("from outside")
    assert s3.get_object(Bucket="data", Key="other", Range="bytes=5-")["Body"].read() == b"outside"
    listed = s3.list_objects_v2(Bucket="data", Delimiter="/")
    assert [item["Key"] for item in listed["Contents"]] == ["other"]
    assert [prefix["Prefix"] for prefix in listed["CommonPrefixes"]] == ["a/"]
    s3.put_object_tagging(Bucket="data", Key="other", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket="data", Key="other")["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_object(Bucket="data", Key="a/b.csv")
    assert not (root / "a" / "b.csv").exists()
    served.restart()
    assert served.s3.get_object_tagging(Bucket="data", Key="other")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_what_cannot_be_a_file_is_refused_and_nothing_leads_out(served: Daemon, root: Path, tmp_path: Path) -> None:
    s3 = served.s3
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    (root / "file").write_text("x")
    for key in ("../secret", "a/../../secret", "/etc/x", "a//b", "dir/", "file/below", "x" * 300):
        assert code_of(s3.put_object, Bucket="data", Key=key, Body=b"x") == "InvalidArgument"
        assert code_of(s3.get_object, Bucket="data", Key=key) == "NoSuchKey"
    assert code_of(s3.get_object, Bucket="data", Key="link") == "AccessDenied"
    assert code_of(s3.get_object, Bucket="data", Key="up/secret") == "AccessDenied"
    assert code_of(s3.put_object, Bucket="data", Key="up/new", Body=b"x") == "AccessDenied"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="data")["Contents"]] == ["file"]
    assert (tmp_path / "secret").read_text() == "secret"
    status = {"Status": "Enabled"}
    assert code_of(s3.put_bucket_versioning, Bucket="data", VersioningConfiguration=status) == "NotImplemented"
    assert code_of(s3.delete_bucket, Bucket="data") == "NotImplemented"
    gone = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "up/secret"}, {"Key": "file"}]})
    assert [(error["Key"], error["Code"]) for error in gone["Errors"]] == [("up/secret", "AccessDenied")]
    assert [deleted["Key"] for deleted in gone["Deleted"]] == ["file"]
    assert (tmp_path / "secret").exists() and not (root / "file").exists()


def test_large_files_and_copies(served: Daemon, root: Path, tmp_path: Path) -> None:
    s3 = served.s3
    body = os.urandom(20 << 20)
    (tmp_path / "big").write_bytes(body)
    s3.upload_file(str(tmp_path / "big"), "data", "deep/down/big")
    assert (root / "deep" / "down" / "big").read_bytes() == body
    assert s3.head_object(Bucket="data", Key="deep/down/big")["ETag"].endswith('-3"')
    bucket = served.make_bucket()
    s3.copy({"Bucket": "data", "Key": "deep/down/big"}, bucket, "copy")
    s3.copy({"Bucket": bucket, "Key": "copy"}, "data", "back")
    assert (root / "back").read_bytes() == body
    s3.download_file("data", "back", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == body
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="data")


def test_the_aws_cli_synchronises(served: Daemon, root: Path, tmp_path: Path) -> None:
    aws = AwsCli(served.url, tmp_path)
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "file").write_text("content")
    aws("s3", "sync", str(source), "s3://data/tree")
    assert (root / "tree" / "sub" / "file").read_text() == "content"
    assert aws("s3", "sync", str(source), "s3://data/tree") == "", "nothing is newer"
    aws("s3", "rm", "--recursive", "s3://data/tree")
    assert not (root / "tree" / "sub" / "file").exists()


def test_a_taken_name_is_told_at_the_start(start_daemon: StartDaemon, root: Path) -> None:
    daemon = start_daemon()
    bucket = daemon.make_bucket()
    daemon.stop()
    daemon.launch("--bucket", f"{bucket}={root}")
    assert daemon.await_exit() == 1
    assert bucket in daemon.stderr
    daemon.process = None


def test_jobs_read_and_write_it(start_daemon: StartDaemon, root: Path, engine: Any) -> None:
    daemon = start_daemon("--bucket", f"data={root}")
    (root / "in").mkdir()
    (root / "in" / "x.csv").write_text("1,2")
    (root / "in" / "x.csv").chmod(0o600)
    jobs = Jobs(daemon)
    output = {"S3OutputPath": "s3://data/out"}
    script = "cp /opt/ml/input/data/train/x.csv /opt/ml/model/ && echo changed > /opt/ml/input/data/train/x.csv"
    channel = s3_channel("train", "s3://data/in/")
    job = jobs.run(script, OutputDataConfig=output, InputDataConfig=[channel])
    assert (root / "out" / job["TrainingJobName"] / "output" / "model.tar.gz").stat().st_size > 0
    assert (root / "in" / "x.csv").read_text() == "1,2"


OLD_CLIENT = """
import boto3, hashlib, io, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")
bucket = sys.argv[2]
put = s3.put_object(Bucket=bucket, Key="old", Body=b"content", ContentMD5="mgNkuembtIDdJeHwKEyFVQ==")
assert put["ETag"] == '"9a0364b9e99bb480dd25e1f0284c8555"', put
s3.upload_fileobj(io.BytesIO(b"x" * (9 << 20)), bucket, "large")
assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == 9 << 20
assert s3.get_object(Bucket=bucket, Key="old")["Body"].read() == b"content"
s3.put_object(Bucket=bucket, Key="sum", Body=b"content", ChecksumAlgorithm="SHA256")
assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 3
gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ("old", "large", "sum")]})
assert len(gone["Deleted"]) == 3, gone
"""


@pytest.mark.parametrize("kind", ["embedded", "directory"])
def test_the_boto3_of_debian(served: Daemon, kind: str) -> None:
    """Of 2022: it knows no endpoint variable, and sends other checksums."""
    bucket = "data" if kind == "directory" else served.make_bucket()
    python = "/usr/bin/python3"
    environment = {"PATH": os.environ["PATH"], **CREDENTIALS}
    if subprocess.run([python, "-c", "import boto3"], check=False, capture_output=True).returncode != 0:
        pytest.skip("Debian's boto3 is not installed")
    command = [python, "-c", OLD_CLIENT, served.url, bucket]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["embedded", "directory"])
def test_the_aws_cli_of_debian(served: Daemon, kind: str, tmp_path: Path) -> None:
    bucket = "data" if kind == "directory" else served.make_bucket()
    program = Path("/usr/bin/aws")
    if not program.exists():
        pytest.skip("Debian's AWS CLI is not installed")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **CREDENTIALS}

    def aws(*arguments: str) -> str:
        command = [str(program), "--endpoint-url", served.url, "s3", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "big").write_bytes(os.urandom(9 << 20))
    aws("cp", str(tmp_path / "big"), f"s3://{bucket}/a/big")
    aws("cp", f"s3://{bucket}/a/big", f"s3://{bucket}/b/copy")
    aws("cp", f"s3://{bucket}/b/copy", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "big").read_bytes()
    assert "PRE a/" in aws("ls", f"s3://{bucket}/")
    aws("rm", "--recursive", f"s3://{bucket}/")
    assert aws("ls", f"s3://{bucket}/").strip() == ""
