"""The embedded S3 with much in it: large objects, many keys, and how the clients copy them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli

MIB = 1 << 20


def write_pattern(path: Path, mebibytes: int) -> str:
    """A file no two mebibytes of which are equal; returns its SHA-256."""
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for number in range(mebibytes):
            piece = number.to_bytes(8, "big") * (MIB // 8)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [8 * MIB, 4 << 30], ids=["in parts", "in one"])
def test_a_gigabyte_goes_in_and_comes_out(s3: Any, bucket: str, tmp_path: Path, threshold: int) -> None:
    expected = write_pattern(tmp_path / "in", 1024)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=threshold, multipart_chunksize=64 * MIB)
    s3.upload_file(str(tmp_path / "in"), bucket, "large", Config=config)
    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == 1024 * MIB
    s3.download_file(bucket, "large", str(tmp_path / "out"), Config=config)
    assert digest_of(tmp_path / "out") == expected
    s3.delete_object(Bucket=bucket, Key="large")


def test_five_thousand_keys_are_listed_and_deleted(s3: Any, bucket: str) -> None:
    keys = [f"part={number % 7}/key-{number:05}" for number in range(5000)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode()), keys))
    for operation in ("list_objects", "list_objects_v2"):
        pages = list(s3.get_paginator(operation).paginate(Bucket=bucket))
        assert len(pages) == 5
        assert [item["Key"] for page in pages for item in page["Contents"]] == sorted(keys)
    prefixes = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [item["Prefix"] for item in prefixes["CommonPrefixes"]] == [f"part={number}/" for number in range(7)]
    for start in range(0, len(keys), 1000):
        objects = [{"Key": key} for key in keys[start : start + 1000]]
        deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
        assert len(deleted["Deleted"]) == 1000
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_clients_copy_large_objects_part_by_part(s3: Any, aws: AwsCli, bucket: str, tmp_path: Path) -> None:
    expected = write_pattern(tmp_path / "in", 20)
    s3.upload_file(str(tmp_path / "in"), bucket, "source", ExtraArgs={"Metadata": {"who": "me"}})
    s3.copy({"Bucket": bucket, "Key": "source"}, bucket, "by boto3")
    aws("s3", "cp", f"s3://{bucket}/source", f"s3://{bucket}/by-cli")
    for key in ("by boto3", "by-cli"):
        s3.download_file(bucket, key, str(tmp_path / "out"))
        assert digest_of(tmp_path / "out") == expected
    aws("s3", "rm", "--recursive", f"s3://{bucket}/")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_every_way_to_ask_for_what_is_not_served_is_told_so(s3: Any, bucket: str) -> None:
    for operation in ("get_bucket_analytics_configuration", "get_bucket_inventory_configuration"):
        with pytest.raises(ClientError) as caught:
            getattr(s3, operation)(Bucket=bucket, Id="any")
        assert caught.value.response["Error"]["Code"] == "NotImplemented"


def test_a_presigned_url_is_served(s3: Any, bucket: str) -> None:
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a b"})
    assert urlopen(Request(put, data=b"by url", method="PUT")).status == 200
    get = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b", "ResponseContentType": "x/y"})
    with urlopen(get) as response:
        assert response.read() == b"by url"
        assert response.headers["Content-Type"] == "x/y"
