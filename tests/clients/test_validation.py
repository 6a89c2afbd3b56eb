"""What is refused, and in which words: on the wire, at the gate, and before any work is done."""

import http.client
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.daemon import REGION, Daemon
from harness.jobs import ROLE, Jobs, s3_channel, unique_name

JSON_TYPE = "application/x-amz-json-1.1"


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def message(self) -> str:
        return str(self.json.get("message") or self.json.get("Message"))


def send(
    daemon: Daemon,
    target: str | None,
    body: bytes | dict[str, Any] = b"{}",
    *,
    method: str = "POST",
    path: str = "/",
    **headers: str,
) -> Answer:
    """One request, unsigned, as bare as it gets. Header names are given with underscores."""
    address = daemon.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=30)
    sent = {"Content-Type": JSON_TYPE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if target is not None:
        sent["X-Amz-Target"] = target
    try:
        connection.request(method, path, json.dumps(body).encode() if isinstance(body, dict) else body, sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def create(daemon: Daemon, request: dict[str, Any]) -> Answer:
    return send(daemon, "SageMaker.CreateTrainingJob", request)


@pytest.fixture
def request_of(daemon: Daemon) -> Callable[..., dict[str, Any]]:
    """A request that would be accepted, with some members replaced."""

    def make(**members: Any) -> dict[str, Any]:
        bucket = members.pop("bucket", None) or daemon.make_bucket()
        request: dict[str, Any] = {
            "TrainingJobName": unique_name(),
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        return {**request, **members}

    return make


RequestOf = Callable[..., dict[str, Any]]


# --- the wire


def test_an_answer_has_the_services_headers(daemon: Daemon) -> None:
    answer = send(daemon, "SageMaker.ListTrainingJobs", {"NameContains": "no-such-job"})
    assert answer.status == 200
    assert answer.json == {"TrainingJobSummaries": []}
    assert answer.headers["Content-Type"] == JSON_TYPE
    assert len(answer.headers["x-amzn-RequestId"]) == 36
    assert "Date" in answer.headers and "Content-Length" in answer.headers


def test_an_empty_body_is_an_empty_request(daemon: Daemon) -> None:
    assert send(daemon, "SageMaker.ListTrainingJobs", b"").status == 200


def test_unknown_members_are_ignored(daemon: Daemon) -> None:
    query = {"NameContains": "no-such-job", "FromTheFuture": {"x": [1]}}
    assert send(daemon, "SageMaker.ListTrainingJobs", query).status == 200


def test_times_are_numbers(daemon: Daemon) -> None:
    answer = send(daemon, "SageMaker.ListTrainingJobs", {"CreationTimeAfter": 1.5e9, "CreationTimeBefore": 1500000001.25})
    assert answer.json == {"TrainingJobSummaries": []}


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe", b"{} {}", b"nul", b"[" * 100_000])
def test_a_body_that_is_no_json_object(daemon: Daemon, body: bytes) -> None:
    answer = send(daemon, "SageMaker.ListTrainingJobs", body)
    assert answer.status == 400
    assert answer.json["__type"] == "SerializationException"


@pytest.mark.parametrize(
    "request_body",
    [{"MaxResults": "ten"}, {"NameContains": 5}, {"CreationTimeAfter": {}}, {"SortBy": ["Name"]}],
)
def test_a_member_of_the_wrong_type(daemon: Daemon, request_body: dict[str, Any]) -> None:
    answer = send(daemon, "SageMaker.ListTrainingJobs", request_body)
    assert answer.status == 400
    assert answer.json["__type"] in ("SerializationException", "ValidationException")


def test_an_unknown_operation(daemon: Daemon) -> None:
    answer = send(daemon, "SageMaker.TrainHarder")
    assert answer.status == 400
    assert answer.json["__type"] == "UnknownOperationException"


def test_an_operation_that_is_not_built(daemon: Daemon) -> None:
    answer = send(daemon, "SageMaker.CreateEndpoint")
    assert answer.status == 501
    assert answer.headers["Content-Type"] == JSON_TYPE
    assert "CreateEndpoint" in answer.message


@pytest.mark.parametrize("target", ["Nothing.ListThings", "SageMaker", "SageMaker.", ".", "x" * 5000])
def test_a_target_of_no_service_is_never_an_s3_answer(daemon: Daemon, target: str) -> None:
    answer = send(daemon, target)
    assert 400 <= answer.status < 600
    assert b"<" not in answer.body


def test_a_body_of_three_megabytes_is_read(daemon: Daemon, request_of: RequestOf) -> None:
    """Legal requests reach it: every list full of long strings."""
    request = request_of()
    request["FromTheFuture"] = "x" * 3_000_000
    request["TrainingJobName"] = "-bad"
    assert create(daemon, request).json["__type"] == "ValidationException"


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(daemon: Daemon) -> None:
    address = daemon.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.putrequest("POST", "/")
    for name, value in {
        "X-Amz-Target": "SageMaker.CreateTrainingJob",
        "Content-Type": JSON_TYPE,
        "Content-Length": str(64 << 20),
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b"{")
    answer = Answer(connection.getresponse())  # though the body never comes
    connection.close()
    assert answer.status in (400, 413)
    assert "__type" in answer.json


# --- constraints, in the service's words


def test_every_violation_is_in_one_message(daemon: Daemon, request_of: RequestOf) -> None:
    request = request_of(
        TrainingJobName="-bad-",
        RoleArn="arn:aws:iam::1:role/too-short-an-account",
        ResourceConfig={"InstanceType": "ml.imaginary", "InstanceCount": 1, "VolumeSizeInGB": 1},
    )
    answer = create(daemon, request)
    assert answer.status == 400
    assert answer.json["__type"] == "ValidationException"
    assert answer.message.startswith("3 validation errors detected: ")
    assert (
        "Value '-bad-' at 'trainingJobName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: " in answer.message
    )
    assert "at 'roleArn' failed to satisfy constraint: Member must satisfy regular" in answer.message
    assert (
        "Value 'ml.imaginary' at 'resourceConfig.instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [" in answer.message
    )
    assert answer.message.count("; ") == 2


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"TrainingJobName": "x" * 64}, "at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63"),
        ({"TrainingJobName": None}, "Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null"),
        ({"RoleArn": "x"}, "at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "Member must have value greater than or equal to 1"),
        ({"HyperParameters": {"a": "x" * 2501}}, "Member must have length less than or equal to 2500"),
        ({"HyperParameters": {"a": "one\ntwo"}}, "Member must satisfy regular expression pattern: .*"),
        ({"Environment": {"1st": "x"}}, "Member must satisfy regular expression pattern"),
        ({"OutputDataConfig": {"S3OutputPath": "ftp://x/y"}}, "outputDataConfig.s3OutputPath"),
    ],
)  # fmt: skip
def test_constraints(daemon: Daemon, request_of: RequestOf, members: dict[str, Any], said: str) -> None:
    answer = create(daemon, request_of(**members))
    assert answer.status == 400
    assert answer.json["__type"] == "ValidationException"
    assert said in answer.message


def test_lengths_are_characters_not_bytes(daemon: Daemon, request_of: RequestOf) -> None:
    """2 500 characters of four bytes each are within the limit; only the other member is wrong."""
    answer = create(daemon, request_of(HyperParameters={"a": "🚂" * 2500}, TrainingJobName="-"))
    assert answer.message.startswith("1 validation error detected: Value '-' at 'trainingJobName'")


def test_items_of_lists_have_numbers_in_the_path(daemon: Daemon, request_of: RequestOf) -> None:
    channels = [s3_channel("good", "s3://b/k"), s3_channel("no good", "s3://b/k")]
    answer = create(daemon, request_of(InputDataConfig=channels))
    assert "Value 'no good' at 'inputDataConfig.2.member.channelName' failed" in answer.message


def test_an_ordinary_job_needs_image_and_resources(daemon: Daemon, request_of: RequestOf) -> None:
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        request = request_of()
        del request[member]
        assert create(daemon, request).json["__type"] == "ValidationException"
    answer = create(daemon, request_of(AlgorithmSpecification={"TrainingInputMode": "File"}))
    assert answer.json["__type"] == "ValidationException"


# --- what is not built yet is refused, never ignored


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "Pipe"}}, "Pipe"),
        ({"AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "FastFile"}}, "FastFile"),
        ({"InputDataConfig": [s3_channel("x", "s3://b/k", InputMode="Pipe")]}, "Pipe"),
        ({"InputDataConfig": [s3_channel("x", "s3://b/k", CompressionType="Gzip")]}, "Gzip"),
        ({"InputDataConfig": [s3_channel("x", "s3://b/k", RecordWrapperType="RecordIO")]}, "RecordIO"),
        ({"InputDataConfig": [s3_channel("x", "s3://b/k", ShuffleConfig={"Seed": 7})]}, "huffle"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}}, "nstanceCount"),
        ({"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 2}}, "pot"),
        ({"CheckpointConfig": {"S3Uri": "s3://b/c"}}, "heckpointConfig"),
        ({"RetryStrategy": {"MaximumRetryAttempts": 3}}, "etryStrategy"),
    ],
)  # fmt: skip
def test_members_that_would_change_the_run_are_refused(
    daemon: Daemon, request_of: RequestOf, members: dict[str, Any], named: str
) -> None:
    answer = create(daemon, request_of(**members))
    assert answer.status == 400
    assert answer.json["__type"] == "ValidationException"
    assert named in answer.message


@pytest.mark.parametrize(
    ("data_type", "distribution"),
    [("ManifestFile", "FullyReplicated"), ("AugmentedManifestFile", "FullyReplicated"), ("S3Prefix", "ShardedByS3Key")],
)
def test_data_sources_that_are_not_built_are_refused(
    daemon: Daemon, request_of: RequestOf, data_type: str, distribution: str
) -> None:
    source = {"S3DataType": data_type, "S3Uri": "s3://b/k", "S3DataDistributionType": distribution}
    channel = {"ChannelName": "x", "DataSource": {"S3DataSource": source}}
    answer = create(daemon, request_of(InputDataConfig=[channel]))
    assert answer.json["__type"] == "ValidationException"
    assert data_type in answer.message or distribution in answer.message


# --- what only the daemon can know


def test_input_that_is_not_there(daemon: Daemon, request_of: RequestOf) -> None:
    bucket = daemon.make_bucket()
    for uri in (f"s3://{bucket}/nothing", f"s3://no-such-{bucket}/x"):
        answer = create(daemon, request_of(bucket=bucket, InputDataConfig=[s3_channel("x", uri)]))
        assert answer.json["__type"] == "ValidationException"
        assert answer.message == (
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({REGION}), that objects exist under that S3 prefix, and that the role "
            f'"{ROLE}" has "s3:ListBucket" permissions on bucket "{uri.split("/")[2]}".'
        )


def test_an_output_bucket_that_is_not_there(daemon: Daemon, request_of: RequestOf) -> None:
    answer = create(daemon, request_of(bucket="no-such-bucket"))
    assert answer.json["__type"] == "ValidationException"
    assert "no-such-bucket" in answer.message


def test_channel_names(daemon: Daemon, request_of: RequestOf) -> None:
    bucket = daemon.make_bucket()
    daemon.s3.put_object(Bucket=bucket, Key="k", Body=b"")
    for names in ((".",), ("..",), ("same", "same")):
        channels = [s3_channel(name, f"s3://{bucket}/k") for name in names]
        answer = create(daemon, request_of(bucket=bucket, InputDataConfig=channels))
        assert answer.json["__type"] == "ValidationException"
        assert names[0] in answer.message


def test_paths_outside_the_roots(daemon: Daemon, request_of: RequestOf, file_root: Path) -> None:
    inside = file_root / unique_name()
    inside.mkdir()
    (inside / "link").symlink_to("/etc")
    uris = [
        "file:///etc",
        "file:///etc/passwd",
        f"file://{file_root}/../../../../../../etc",
        f"file://{inside}/link",
        f"file://{inside}/link/passwd",
        f"file://{file_root}-beside",
        "file://otherhost/etc",
        "file:///",
    ]
    for uri in uris:
        answer = create(daemon, request_of(InputDataConfig=[s3_channel("x", uri)]))
        assert answer.json["__type"] == "ValidationException", uri
        answer = create(daemon, request_of(OutputDataConfig={"S3OutputPath": uri}))
        assert answer.json["__type"] == "ValidationException", uri


def test_percent_signs_in_file_uris_are_percent_signs(daemon: Daemon, request_of: RequestOf, file_root: Path) -> None:
    name = unique_name()
    (file_root / name).mkdir()
    encoded = "".join(f"%{ord(letter):02x}" for letter in name)
    answer = create(daemon, request_of(InputDataConfig=[s3_channel("x", f"file://{file_root}/{encoded}")]))
    assert answer.json["__type"] == "ValidationException"


def test_a_refused_job_does_not_exist(daemon: Daemon, request_of: RequestOf) -> None:
    request = request_of(InputDataConfig=[s3_channel("x", "s3://no-such-bucket/x")])
    assert create(daemon, request).status == 400
    answer = send(daemon, "SageMaker.DescribeTrainingJob", {"TrainingJobName": request["TrainingJobName"]})
    assert answer.message == "Requested resource not found."


def test_boto3_shows_the_refusal(jobs: Jobs) -> None:
    with pytest.raises(ClientError) as caught:
        jobs.create(RoleArn="arn:aws:iam::123456789012:nobody/x")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["ResponseMetadata"]["RequestId"]


# --- the gate: who may ask at all


LIST = "SageMaker.ListTrainingJobs"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:4747", "x.localhost:1", "127.0.0.1", "127.8.9.10:80", "[::1]:4747"])
def test_hosts_that_are_this_machine(daemon: Daemon, host: str) -> None:
    assert send(daemon, LIST, Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["example.com", "localhost.example.com", "10.0.0.1", "notlocalhost", "127.0.0.1.nip.io", "[::2]", ""]
)
def test_foreign_hosts_are_refused(daemon: Daemon, host: str) -> None:
    for target, method in ((LIST, "POST"), (None, "GET")):
        answer = send(daemon, target, method=method, Host=host)
        assert 400 <= answer.status < 500
        assert b"TrainingJobSummaries" not in answer.body and b"ListAllMyBuckets" not in answer.body


@pytest.mark.parametrize(
    "origin", ["http://example.com", "null", "http://localhost:3000", "http://127.0.0.1:1", "https://localhost", "file://", "x"]
)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "OPTIONS"])
def test_foreign_origins_are_refused(daemon: Daemon, origin: str, method: str) -> None:
    target = LIST if method == "POST" else None
    answer = send(daemon, target, method=method, path="/" if method == "POST" else "/bucket/key", Origin=origin)
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_fetches_from_other_sites_are_refused(daemon: Daemon, site: str) -> None:
    assert send(daemon, LIST, Sec_Fetch_Site=site).status == 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_fetches_from_here_are_served(daemon: Daemon, site: str) -> None:
    assert send(daemon, LIST, Sec_Fetch_Site=site).status == 200


def test_a_form_of_a_foreign_page_starts_nothing(daemon: Daemon, request_of: RequestOf) -> None:
    """What a browser sends across origins without asking first."""
    request = request_of()
    answer = send(
        daemon,
        None,
        request,
        path="/?X-Amz-Target=SageMaker.CreateTrainingJob",
        Content_Type="text/plain",
        Origin="http://example.com",
        Sec_Fetch_Site="cross-site",
    )
    assert answer.status == 403


def test_hosts_and_origins_can_be_allowed(start_daemon: Callable[..., Daemon]) -> None:
    daemon = start_daemon("--allowed-host", "trainyard.internal", "--allowed-origin", "http://ui.internal:8080")
    assert send(daemon, LIST, Host="trainyard.internal:4747").status == 200
    assert send(daemon, LIST, Host="other.internal").status != 200
    assert send(daemon, LIST, Origin="http://ui.internal:8080", Sec_Fetch_Site="cross-site").status == 200
    assert send(daemon, LIST, Origin="http://ui.internal:8081").status == 403
    assert send(daemon, LIST, Origin="https://ui.internal:8080").status == 403


@pytest.mark.parametrize(
    "line",
    [b"GET / HTTP/9.9", b"NONSENSE", b"POST / HTTP/1.1\r\nContent-Length: x", b"GET " + b"/x" * 100_000 + b" HTTP/1.1", b"\x16\x03\x01"],
    ids=["version", "nonsense", "length", "long", "tls"],
)  # fmt: skip
def test_nonsense_never_hangs(daemon: Daemon, line: bytes) -> None:
    host, port = daemon.url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(line + b"\r\nHost: localhost\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert b"<html" not in answer.lower()
    assert not answer or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 5")
    assert send(daemon, LIST).status == 200
