"""What a training script finds inside its container: the daemon's own services, and nothing that starts jobs."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness import packages
from harness.daemon import ACCOUNT, REGION, Daemon
from harness.jobs import Jobs

StartDaemon = Callable[..., Daemon]
SAMPLE = "trainyard/sample"


@pytest.fixture(scope="session")
def boto_directory(file_root: Path) -> Path:
    directory = file_root / "boto"
    directory.mkdir()
    packages.install(directory)
    return directory


class Inside:
    """Python scripts that run in a container with boto3."""

    def __init__(self, jobs: Jobs, boto_directory: Path) -> None:
        self.jobs = jobs
        self.boto_directory = boto_directory

    def members(self, script: str, environment: dict[str, str]) -> dict[str, Any]:
        text = f"cat > /tmp/script.py <<'END'\n{textwrap.dedent(script)}\nEND\nexec python3 /tmp/script.py"
        given = {"BUCKET": self.jobs.bucket, **environment}
        return {"script": text, "image": SAMPLE, **packages.members(self.boto_directory, **given)}

    def create(self, script: str, **environment: str) -> str:
        return self.jobs.create(**self.members(script, environment))

    def run(self, script: str, **environment: str) -> list[str]:
        """Lines that the script printed."""
        job = self.jobs.wait(self.create(script, **environment))
        lines = self.jobs.log(job["TrainingJobName"])
        assert job["TrainingJobStatus"] == "Completed", "\n".join(lines)
        return lines


@pytest.fixture
def inside(jobs: Jobs, boto_directory: Path) -> Inside:
    return Inside(jobs, boto_directory)


def test_a_script_reads_and_writes_s3(inside: Inside) -> None:
    inside.jobs.put("in/x", "from outside")
    lines = inside.run("""
        import boto3, os
        s3, bucket = boto3.client("s3"), os.environ["BUCKET"]
        print(s3.get_object(Bucket=bucket, Key="in/x")["Body"].read().decode())
        with open("/tmp/big", "wb") as file:
            file.truncate(20 << 20)
        s3.upload_file("/tmp/big", bucket, "in/big")
        print(s3.head_object(Bucket=bucket, Key="in/big")["ContentLength"])
        print([entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]])
    """)
    assert lines == ["from outside", str(20 << 20), "['in/big', 'in/x']"]
    assert inside.jobs.daemon.s3.head_object(Bucket=inside.jobs.bucket, Key="in/big")["ContentLength"] == 20 << 20


def test_a_script_may_work_with_another_region(inside: Inside) -> None:
    inside.jobs.put("in/x", "from outside")
    lines = inside.run(
        """
        import boto3, os
        s3 = boto3.client("s3")
        print(s3.meta.region_name)
        print(s3.get_object(Bucket=os.environ["BUCKET"], Key="in/x")["Body"].read().decode())
        print(boto3.client("sts").get_caller_identity()["Account"])
        """,
        AWS_DEFAULT_REGION="eu-west-1",
    )
    assert lines == ["eu-west-1", "from outside", ACCOUNT]


def test_an_old_client_is_told_by_s3_endpoint_url(inside: Inside) -> None:
    inside.jobs.put("in/x", "from outside")
    lines = inside.run(
        """
        import boto3, os
        s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], region_name=os.environ["AWS_REGION"])
        print(s3.get_object(Bucket=os.environ["BUCKET"], Key="in/x")["Body"].read().decode())
        """,
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true",
    )
    assert lines == ["from outside"]


REFUSED = """
import boto3, botocore.config, botocore.exceptions, json, os, urllib.error, urllib.request
config = botocore.config.Config(retries={"total_max_attempts": 1})
for service, operation, arguments in (
    ("sagemaker", "list_training_jobs", {}),
    ("sagemaker", "stop_training_job", {"TrainingJobName": "other"}),
    ("iam", "list_roles", {}),
):
    try:
        print(getattr(boto3.client(service, config=config), operation)(**arguments))
    except botocore.exceptions.ClientError as error:
        print(service, error.response["ResponseMetadata"]["HTTPStatusCode"])
for path in ("/_trainyard/health", "/"):
    try:
        print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + path).read())
    except urllib.error.HTTPError as error:
        print(path, error.code)
"""


def test_jobs_cannot_be_controlled_from_inside(inside: Inside) -> None:
    lines = inside.run(REFUSED)
    assert lines[:4] == ["sagemaker 403", "sagemaker 403", "iam 403", "/_trainyard/health 403"]


SIGNED = """
import boto3, botocore, botocore.config, botocore.exceptions, os, time, urllib.error, urllib.request
bucket = os.environ["BUCKET"]
def ask(what, **more):
    settings = {"retries": {"total_max_attempts": 1}, **more.pop("settings", {})}
    s3 = boto3.client("s3", config=botocore.config.Config(**settings), **more)
    try:
        print(what, s3.get_object(Bucket=bucket, Key="in/x")["Body"].read().decode())
    except botocore.exceptions.ClientError as error:
        print(what, error.response["Error"]["Code"])
ask("own key")
ask("no key", settings={"signature_version": botocore.UNSIGNED})
ask("unknown key", aws_access_key_id="stranger", aws_secret_access_key="guess")
ask("wrong secret", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="guess")
for version in ("s3v4", "s3"):
    s3 = boto3.client("s3", config=botocore.config.Config(signature_version=version))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "in/x"})
    print(version, urllib.request.urlopen(url).read().decode())
    try:
        urllib.request.urlopen(url.replace("in/x", "in/y"))
    except urllib.error.HTTPError as error:
        print(version, error.code)
print(boto3.client("sts").get_caller_identity()["Arn"].split(":")[2])
role = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="inside")
key = role["Credentials"]
ask(
    "issued key",
    aws_access_key_id=key["AccessKeyId"],
    aws_secret_access_key=key["SecretAccessKey"],
    aws_session_token=key["SessionToken"],
)
logs = boto3.client("logs")
names = {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": os.environ["TRAINING_JOB_NAME"]}
logs.create_log_stream(**names)
logs.put_log_events(**names, logEvents=[{"timestamp": int(time.time() * 1000), "message": "of its own"}])
print(logs.get_log_events(**names)["events"][0]["message"])
cloudwatch = boto3.client("cloudwatch")
cloudwatch.put_metric_data(Namespace="inside", MetricData=[{"MetricName": "loss", "Value": 1.0}])
print(cloudwatch.list_metrics(Namespace="inside")["Metrics"][0]["MetricName"])
"""


def test_requests_are_signed_with_the_key_of_the_job(inside: Inside) -> None:
    inside.jobs.put("in/x", "reached")
    assert inside.run(SIGNED) == [
        "own key reached",
        "no key AccessDenied",
        "unknown key InvalidAccessKeyId",
        "wrong secret SignatureDoesNotMatch",
        "s3v4 reached",
        "s3v4 403",
        "s3 reached",
        "s3 403",
        "sts",
        "issued key reached",
        "of its own",
        "loss",
    ]


def test_keys_that_are_issued_inside_are_known_to_that_job_alone(inside: Inside) -> None:
    lines = inside.run("""
        import boto3
        role = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="inside")
        key = role["Credentials"]
        names = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        print(boto3.client("sts", **names, aws_session_token=key["SessionToken"]).get_caller_identity()["Arn"])
        print(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    """)
    assert lines[0].endswith(":assumed-role/other/inside")
    key_id, secret, token = lines[1].split()
    daemon = inside.jobs.daemon
    outside = boto3.client(
        "sts",
        endpoint_url=daemon.url,
        region_name=REGION,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
    assert outside.get_caller_identity()["Arn"].endswith(":assumed-role/trainyard/local")


def test_a_key_that_the_request_brings_is_taken_too(inside: Inside) -> None:
    inside.jobs.put("in/x", "reached")
    script = """
        import boto3, os
        s3 = boto3.client("s3")
        print(os.environ["AWS_ACCESS_KEY_ID"])
        print(s3.get_object(Bucket=os.environ["BUCKET"], Key="in/x")["Body"].read().decode())
        """
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    assert inside.run(script, **keys) == ["test", "reached"]
    assert inside.run(script, **keys, AWS_SESSION_TOKEN="token") == ["test", "reached"]


def test_a_role_that_the_request_brings_is_that_role_inside(inside: Inside) -> None:
    sts = inside.jobs.daemon.client("sts")
    role = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="outside")["Credentials"]
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    keys = {"AWS_ACCESS_KEY_ID": role["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"]}
    told = inside.run(script, **keys, AWS_SESSION_TOKEN=role["SessionToken"])
    assert told == ["arn:aws:sts::123456789012:assumed-role/other/outside"]


def test_the_request_has_the_last_word(inside: Inside) -> None:
    lines = inside.run(
        """
        import os
        for name in sorted(os.environ):
            if name.startswith("AWS_") or "ENDPOINT" in name:
                print(name, os.environ[name])
        """,
        AWS_ENDPOINT_URL_S3="http://elsewhere:1",
        AWS_ACCESS_KEY_ID="mine",
    )
    found = dict(line.split(" ", 1) for line in lines)
    assert found["AWS_ENDPOINT_URL_S3"] == "http://elsewhere:1"
    assert found["AWS_ENDPOINT_URL"] == found["S3_ENDPOINT_URL"]
    assert found["AWS_ACCESS_KEY_ID"] == "mine"
    assert "AWS_SECRET_ACCESS_KEY" not in found
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == REGION


def test_an_isolated_job_is_told_of_nothing(jobs: Jobs) -> None:
    job = jobs.run("env | grep -E 'ENDPOINT|KEY' || echo nothing", EnableNetworkIsolation=True)
    assert jobs.log(job["TrainingJobName"]) == ["nothing"]


def test_a_container_of_another_job_is_refused(jobs: Jobs) -> None:
    """Networks of the host's bridges reach each other's gateways."""
    host = jobs.create("echo $AWS_ENDPOINT_URL; trap 'exit 0' TERM; sleep 600 & wait")
    try:
        jobs.wait(host, "Training")
        while not (address := [line for line in jobs.log(host) if line.startswith("http://")]):
            pass
        where = address[0].removeprefix("http://").replace(":", " ")
        ask = f"printf 'GET / HTTP/1.0\\r\\nHost: {where.split()[0]}\\r\\n\\r\\n' | nc -w 5 {where} | grep -o 'none of theirs'"
        job = jobs.run(ask)
        assert jobs.log(job["TrainingJobName"]) == ["none of theirs"]
    finally:
        jobs.stop(host)
        jobs.wait(host)


# Goes on as soon as a key appears, so it sees the endpoint of each daemon that there is.
PATIENT = """
import boto3, botocore.config, botocore.exceptions, os, time
config = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
s3, bucket = boto3.client("s3", config=config), os.environ["BUCKET"]
s3.put_object(Bucket=bucket, Key="begun", Body=b"")
print("begun", flush=True)
while True:
    try:
        s3.head_object(Bucket=bucket, Key="go-on")
        break
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
        time.sleep(0.1)
s3.put_object(Bucket=bucket, Key="ended", Body=b"")
"""


@pytest.mark.engine
@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_the_endpoint_is_where_it_was_after_a_restart(
    start_daemon: StartDaemon, boto_directory: Path, how: str
) -> None:
    daemon = start_daemon()
    inside = Inside(Jobs(daemon), boto_directory)
    name = inside.create(PATIENT)
    inside.jobs.wait_for_log(name, "begun")
    if how == "SIGTERM":
        daemon.stop()
    else:
        daemon.kill()
    daemon.start()
    daemon.s3.put_object(Bucket=inside.jobs.bucket, Key="go-on", Body=b"")
    job = inside.jobs.wait(name)
    assert job["TrainingJobStatus"] == "Completed", inside.jobs.log(name)
    daemon.s3.head_object(Bucket=inside.jobs.bucket, Key="ended")
