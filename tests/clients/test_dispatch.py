"""Every operation that botocore knows of the served services, signed and sent as boto3 does it, is taken
for that operation of its service. The daemon's log tells what a request was taken for."""

from pathlib import Path
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import StartDaemon
from harness.daemon import CREDENTIALS, REGION, Daemon

# What the log calls them.
SERVICES = {
    "sagemaker": "sagemaker",
    "logs": "logs",
    "s3": "s3",
    "sts": "sts",
    "iam": "iam",
    "cloudwatch": "cloudwatch",
    "sagemaker-runtime": "sagemaker-runtime",
    "sagemaker-metrics": "sagemaker-metrics",
}
TEXTS = {"Bucket": "some-bucket", "Key": "some/key", "CopySource": "other-bucket/key"}
# Signed for a service of its own, s3express.
DIRECTORY_BUCKETS = {"ListDirectoryBuckets"}
# Its answer is an open stream of events, on another host.
LEFT_OUT = {"logs": {"StartLiveTail"}, "s3": {"WriteGetObjectResponse", *DIRECTORY_BUCKETS}}
# Known by name, and refused without a look at what is asked.
NOT_SERVED = {"sagemaker-runtime", "sagemaker-metrics"}
# How services refuse an operation that they have never heard of.
UNKNOWN = {"UnknownOperationException", "InvalidAction"}
# These it must have heard of.
SERVED = {
    "sagemaker": """
    AddTags CreateTrainingJob DeleteTags DeleteTrainingJob DescribeTrainingJob ListTags ListTrainingJobs
    StopTrainingJob UpdateTrainingJob
    """,
    "logs": """
    CreateLogGroup CreateLogStream DeleteLogGroup DeleteLogStream DeleteRetentionPolicy DescribeLogGroups
    DescribeLogStreams FilterLogEvents GetLogEvents ListTagsForResource ListTagsLogGroup PutLogEvents
    PutRetentionPolicy TagLogGroup TagResource UntagLogGroup UntagResource
    """,
    "sts": "AssumeRole AssumeRoleWithWebIdentity GetCallerIdentity GetSessionToken",
    "iam": """
    AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole GetRolePolicy
    ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoles PutRolePolicy
    SimulatePrincipalPolicy
    """,
    "cloudwatch": "GetMetricData GetMetricStatistics ListMetrics PutMetricData",
}
S3_SERVED = set(
    """
    ListBuckets CreateBucket HeadBucket DeleteBucket GetBucketLocation GetBucketVersioning PutBucketVersioning
    ListObjects ListObjectsV2 ListObjectVersions ListMultipartUploads DeleteObjects
    GetBucketAcl PutBucketAcl GetBucketCors PutBucketCors DeleteBucketCors
    GetBucketTagging PutBucketTagging DeleteBucketTagging
    PutObject CopyObject GetObject HeadObject DeleteObject GetObjectAttributes GetObjectAcl PutObjectAcl
    GetObjectTagging PutObjectTagging DeleteObjectTagging
    CreateMultipartUpload UploadPart UploadPartCopy ListParts CompleteMultipartUpload AbortMultipartUpload
    """.split()
)
# How a bucket is set up: read as that of a new one.
S3_DOCUMENTS = set(
    """
    GetBucketAccelerateConfiguration GetBucketEncryption GetBucketLifecycle GetBucketLifecycleConfiguration
    GetBucketLogging GetBucketNotification GetBucketNotificationConfiguration GetObjectLockConfiguration
    GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetPublicAccessBlock GetBucketReplication
    GetBucketRequestPayment GetBucketWebsite DeleteBucketEncryption DeleteBucketLifecycle DeleteBucketPolicy
    DeleteBucketReplication DeleteBucketWebsite DeletePublicAccessBlock DeleteBucketOwnershipControls
    """.split()
)


def logged_name(service: str, operation: str) -> str:
    """What the log calls an operation; "-" is none."""
    if service in NOT_SERVED:
        return "-"
    if service == "s3" and operation in S3_DOCUMENTS:
        return "DeleteBucketDocument" if operation.startswith("Delete") else "GetBucketDocument"
    if service == "s3" and operation not in S3_SERVED:
        return "-"
    return operation


def smallest(shape: Any, name: str = "") -> Any:
    """The smallest value of a shape: what is required, no more."""
    if shape.type_name == "structure":
        members = shape.required_members or ([next(iter(shape.members))] if name and shape.members else [])
        return {member: smallest(shape.members[member], member) for member in members}
    if shape.type_name == "list":
        return [smallest(shape.member, name)] * shape.metadata.get("min", 1)
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        return TEXTS.get(name) or (shape.enum[0] if shape.enum else "x" * max(shape.metadata.get("min", 1), 1))
    if shape.type_name in ("integer", "long"):
        return shape.metadata.get("min", 1)
    return {"blob": b"x", "boolean": True, "timestamp": 0, "float": 1.0, "double": 1.0}[shape.type_name]


def make_client(daemon: Daemon, service: str, **config: Any) -> Any:
    settings = {"retries": {"total_max_attempts": 1}, "parameter_validation": False, "inject_host_prefix": False}
    return boto3.client(
        service,
        endpoint_url=daemon.url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=botocore.config.Config(**{**settings, **config}),
    )


def send(client: Any, operation: str, parameters: dict[str, Any]) -> tuple[str, str]:
    """The id of the request and the code of the error that came of it, "" for none."""
    try:
        answer = client._make_api_call(operation, parameters)
        for value in answer.values():
            if hasattr(value, "close"):
                value.close()
    except botocore.exceptions.ClientError as error:
        answer = error.response
    metadata = answer["ResponseMetadata"]
    return str(metadata.get("RequestId") or metadata["HTTPHeaders"]), answer.get("Error", {}).get("Code", "")


def destinations(daemon: Daemon) -> dict[str, tuple[str, str]]:
    """The service and the operation that each request was taken for, by the daemon's log."""
    text = Path(daemon.directory / "stderr").read_text()
    lines = [line.split() for line in text.splitlines() if line.endswith(" us")]
    return {fields[2]: (fields[5], fields[6]) for fields in lines if len(fields) == 10}


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> str:
    """No Engine: nothing that a request may start here runs."""
    return f"unix://{tmp_path_factory.mktemp('nowhere')}/docker.sock"


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_taken_for_itself(start_daemon: StartDaemon, nowhere: str, service: str) -> None:
    daemon = start_daemon("--docker-host", nowhere)
    client = make_client(daemon, service)
    model = client.meta.service_model
    sent = {}
    for operation in model.operation_names:
        if operation in LEFT_OUT.get(service, ()):
            continue
        shape = model.operation_model(operation).input_shape
        sent[operation] = send(client, operation, smallest(shape) if shape else {})
    # botocore's models grow between two releases of ours. What they name and ours do not is told so.
    newer = {name for name, (_, code) in sent.items() if code in UNKNOWN}
    assert len(newer) <= len(sent) // 5
    assert not newer & set(SERVED.get(service, "").split())
    reached = destinations(daemon)
    taken = {name: reached.get(id) for name, (id, _) in sent.items()}
    assert taken == {
        name: (SERVICES[service], "-" if name in newer else logged_name(service, name)) for name in sent
    }
    if service == "s3":
        codes = {code for name, (_, code) in sent.items() if name not in S3_SERVED | S3_DOCUMENTS}
        assert codes == {"NotImplemented"}


def test_s3_in_each_form_of_address_and_signature(start_daemon: StartDaemon, nowhere: str) -> None:
    daemon = start_daemon("--docker-host", nowhere)
    port = daemon.url.rsplit(":", 1)[1]
    sent = []
    for style in ("path", "virtual"):
        for version in ("s3v4", "s3"):
            client = boto3.client(
                "s3",
                endpoint_url=f"http://localhost:{port}",
                region_name=REGION,
                aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
                config=botocore.config.Config(
                    signature_version=version, s3={"addressing_style": style}, retries={"total_max_attempts": 1}
                ),
            )
            client.meta.events.register("before-send.s3", to_loopback)
            bucket = f"bucket-{style}-{version}"
            sent.append(send(client, "CreateBucket", {"Bucket": bucket}))
            sent.append(send(client, "PutObject", {"Bucket": bucket, "Key": "endpoints/x/invocations", "Body": b"1"}))
            sent.append(send(client, "GetObject", {"Bucket": bucket, "Key": "endpoints/x/invocations"}))
    reached = destinations(daemon)
    taken = [reached.get(id) for id, _ in sent]
    assert taken == [("s3", "CreateBucket"), ("s3", "PutObject"), ("s3", "GetObject")] * 4


def to_loopback(request: Any, **_: Any) -> None:
    """Names below localhost are this machine, which not every resolver knows; the Host stays."""
    host = request.url.split("/")[2]
    request.headers["Host"] = host
    request.url = request.url.replace(host, "127.0.0.1:" + host.rsplit(":", 1)[1], 1)
