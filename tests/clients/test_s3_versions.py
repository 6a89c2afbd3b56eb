"""Versions, tags, attributes and access lists, by boto3 and the AWS CLI as they come."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import ACCOUNT, CREDENTIALS, Daemon


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def test_versions(s3: Any, versioned: str) -> None:
    assert s3.get_bucket_versioning(Bucket=versioned)["Status"] == "Enabled"
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"1", b"2", b"3")]
    assert [s3.get_object(Bucket=versioned, Key="k", VersionId=id_)["Body"].read() for id_ in ids] == [b"1", b"2", b"3"]
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    assert code_of(s3.get_object, Bucket=versioned, Key="k") == "NoSuchKey"
    assert code_of(s3.head_object, Bucket=versioned, Key="k", VersionId=marker["VersionId"]) == "405"
    listed = s3.list_object_versions(Bucket=versioned)
    assert [version["VersionId"] for version in listed["Versions"]] == ids[::-1]
    assert [entry["IsLatest"] for entry in listed["DeleteMarkers"]] == [True]
    s3.copy_object(Bucket=versioned, Key="k", CopySource={"Bucket": versioned, "Key": "k", "VersionId": ids[0]})
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"
    assert code_of(s3.delete_bucket, Bucket=versioned) == "BucketNotEmpty"


def test_a_versioned_bucket_is_emptied_page_by_page(s3: Any, daemon: Daemon, versioned: str) -> None:
    for number in range(25):
        s3.put_object(Bucket=versioned, Key=f"k{number % 7}", Body=b"x")
    s3.delete_object(Bucket=versioned, Key="k3")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=versioned, PaginationConfig={"PageSize": 4})
    seen = [entry["VersionId"] for page in pages for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, [])]
    assert len(seen) == len(set(seen)) == 26
    resource = boto3.resource(
        "s3",
        endpoint_url=daemon.url,
        region_name="us-east-1",
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    resource.Bucket(versioned).object_versions.delete()
    s3.delete_bucket(Bucket=versioned)


def test_tags(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="team=ml&stage=raw%20data")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "stage", "Value": "raw data"},
        {"Key": "team", "Value": "ml"},
    ]
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    assert len(s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]) == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_attributes_and_access(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ACL="bucket-owner-full-control")
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=wanted)
    assert attributes["ObjectSize"] == 5
    assert attributes["ETag"] == "5d41402abc4b2a76b9719d911017c592"
    for acl in (s3.get_object_acl(Bucket=bucket, Key="k"), s3.get_bucket_acl(Bucket=bucket)):
        assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"]
        assert acl["Grants"][0]["Grantee"]["Type"] == "CanonicalUser"
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    assert code_of(s3.put_object_acl, Bucket=bucket, Key="k", ACL="nonsense") == "InvalidArgument"


def test_a_new_buckets_documents(s3: Any, bucket: str) -> None:
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert ownership["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.get_bucket_notification_configuration(Bucket=bucket)
    codes = {
        s3.get_bucket_policy: "NoSuchBucketPolicy",
        s3.get_bucket_lifecycle_configuration: "NoSuchLifecycleConfiguration",
        s3.get_bucket_website: "NoSuchWebsiteConfiguration",
        s3.get_bucket_replication: "ReplicationConfigurationNotFoundError",
        s3.get_object_lock_configuration: "ObjectLockConfigurationNotFoundError",
        s3.get_bucket_cors: "NoSuchCORSConfiguration",
    }
    for call, code in codes.items():
        assert code_of(call, Bucket=bucket) == code
    assert code_of(s3.put_bucket_policy, Bucket=bucket, Policy="{}") == "NotImplemented"
    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=ACCOUNT)


def test_conditional_deletes_and_copies(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    assert code_of(s3.delete_object, Bucket=bucket, Key="k", IfMatch='"other"') == "PreconditionFailed"
    source = {"Bucket": bucket, "Key": "k"}
    assert code_of(s3.copy_object, Bucket=bucket, Key="k", CopySource=source, IfNoneMatch="*") == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


def test_the_aws_cli(aws: AwsCli, versioned: str) -> None:
    aws("s3api", "put-object", "--bucket", versioned, "--key", "k", "--tagging", "a=b")
    aws("s3", "rm", f"s3://{versioned}/k")
    listed = aws.json("s3api", "list-object-versions", "--bucket", versioned, "--output", "json")
    assert len(listed["Versions"]) == len(listed["DeleteMarkers"]) == 1
    assert "BucketNotEmpty" in aws.error("s3", "rb", f"s3://{versioned}")
