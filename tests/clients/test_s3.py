"""The embedded S3, by boto3 and the AWS CLI as they come."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import Daemon


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_buckets(s3: Any, daemon: Daemon) -> None:
    name = daemon.make_bucket()
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=name)
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert code_of(s3.delete_bucket, Bucket=name) == "BucketNotEmpty"
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert code_of(s3.head_bucket, Bucket=name) == "404"
    assert code_of(s3.list_objects_v2, Bucket=name) == "NoSuchBucket"


def test_objects(s3: Any, bucket: str) -> None:
    body = os.urandom(100_000)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ContentType="text/csv", Metadata={"Who": "me"})
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/csv", {"who": "me"}, put["ETag"])
    assert got["ChecksumCRC32"] == put["ChecksumCRC32"]
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(body)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_object(Bucket=bucket, Key="k")
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_kept(s3: Any, bucket: str, algorithm: str) -> None:
    if algorithm in ("CRC32C", "CRC64NVME"):
        pytest.importorskip("awscrt", reason="boto3 computes it by awscrt only")
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"hello"
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"] != ""


def test_a_wrong_checksum_is_refused(s3: Any, bucket: str) -> None:
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"hello", ChecksumCRC32="AAAAAA==") == "BadDigest"
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"


def test_ranges_and_conditions(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]

    def part(range_: str) -> bytes:
        return bytes(s3.get_object(Bucket=bucket, Key="k", Range=range_)["Body"].read())

    assert (part("bytes=2-4"), part("bytes=-3"), part("bytes=8-99")) == (b"234", b"789", b"89")
    assert code_of(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-") == "InvalidRange"
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"0123456789"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag) == "304"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfMatch='"x"') == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*") == "PreconditionFailed"


KEYS = ["a", "a/b", "a//b", "../up", "./x", "/lead", "end/", "sp ace", "+plus", "%41", "ünï/☃", "a&b<c>\"'", "~", "q?x=1#f"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_never_paths(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert [item["Key"] for item in s3.list_objects(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == key.encode()
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "copy"}]})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_listings(s3: Any, bucket: str) -> None:
    keys = sorted(f"{top}/{number}" for top in ("a", "b", "b c") for number in range(7)) + ["z"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for operation in ("list_objects", "list_objects_v2"):
        paginator = s3.get_paginator(operation)
        pages = paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
        assert [item["Key"] for page in pages for item in page["Contents"]] == keys
        page = next(iter(paginator.paginate(Bucket=bucket, Delimiter="/")))
        assert [prefix["Prefix"] for prefix in page["CommonPrefixes"]] == ["a/", "b c/", "b/"]
        assert [item["Key"] for item in page["Contents"]] == ["z"]
    after = s3.list_objects_v2(Bucket=bucket, Prefix="b/", StartAfter="b/4")
    assert [item["Key"] for item in after["Contents"]] == ["b/5", "b/6"]


def test_multipart(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", Metadata={"a": "b"})["UploadId"]
    parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"end"]
    etags = [
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(parts, 1)
    ]
    assert len(s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]) == 3
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    listed = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]}
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=listed)
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    again = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=listed)
    assert (again["ETag"], again["Location"]) == (done["ETag"], done["Location"])
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(parts)
    assert got["Metadata"] == {"a": "b"}


def test_an_aborted_upload_leaves_nothing(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert code_of(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload) == "NoSuchUpload"
    s3.delete_bucket(Bucket=bucket)


def test_the_aws_cli_copies_and_synchronises(aws: AwsCli, bucket: str, tmp_path: Path) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    (source / "sub").mkdir(parents=True)
    (source / "small").write_text("small")
    (source / "sub" / "big").write_bytes(os.urandom(20 << 20))
    aws("s3", "sync", str(source), f"s3://{bucket}/tree")
    aws("s3", "cp", f"s3://{bucket}/tree/small", f"s3://{bucket}/copy")
    aws("s3", "sync", f"s3://{bucket}/tree", str(back))
    assert (back / "small").read_text() == "small"
    assert (back / "sub" / "big").read_bytes() == (source / "sub" / "big").read_bytes()
    assert aws("s3", "sync", str(source), f"s3://{bucket}/tree") == "", "nothing is newer"
    aws("s3", "rb", "--force", f"s3://{bucket}")
    assert "NoSuchBucket" in aws.error("s3", "ls", f"s3://{bucket}")
