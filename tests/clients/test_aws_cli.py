"""Training jobs by the AWS CLI: the current first version, and Debian's second of 2022."""

import json
import time
from pathlib import Path

import pytest

from harness.aws_cli import DEBIAN_AWS, AwsCli
from harness.jobs import Jobs


def test_the_aws_cli_runs_a_job(aws: AwsCli, jobs: Jobs) -> None:
    resources = {"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1}
    request = jobs.request("echo from the command line > /opt/ml/model/m", ResourceConfig=resources)
    name = request["TrainingJobName"]
    created = aws.json("sagemaker", "create-training-job", "--cli-input-json", json.dumps(request))
    assert created["TrainingJobArn"].endswith(f"training-job/{name}")
    jobs.wait(name)
    described = aws.json("sagemaker", "describe-training-job", "--training-job-name", name)
    assert described["TrainingJobStatus"] == "Completed"
    assert f"{name}/output/model.tar.gz" in aws("s3", "ls", "--recursive", f"s3://{jobs.bucket}/out/{name}/")
    listed = aws.json("sagemaker", "list-training-jobs", "--name-contains", name)
    assert [job["TrainingJobName"] for job in listed["TrainingJobSummaries"]] == [name]


def test_the_aws_cli_sees_how_a_job_failed(aws: AwsCli, jobs: Jobs, file_root: Path) -> None:
    """The failure file, the exit code, an image that is not there, a time limit, and inputs of this machine."""
    (file_root / "cli").mkdir(exist_ok=True)
    (file_root / "cli" / "x").write_text("data")
    channel = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"file://{file_root}/cli"}}
    inputs = {"InputDataConfig": [{"ChannelName": "train", "DataSource": channel}]}
    scripts = {
        "AlgorithmError: not today, exit code: 3": jobs.request("echo not today > /opt/ml/output/failure; exit 3", **inputs),
        "AlgorithmError: , exit code: 4": jobs.request("test data = $(cat /opt/ml/input/data/train/x) && exit 4", **inputs),
        "MaxRuntimeExceeded": jobs.request("sleep 600", StoppingCondition={"MaxRuntimeInSeconds": 1}),
        "nowhere/none": jobs.request("true", image="nowhere/none:1"),
    }
    for request in scripts.values():
        aws("sagemaker", "create-training-job", "--cli-input-json", json.dumps(request))
    for expected, request in scripts.items():
        name = request["TrainingJobName"]
        jobs.wait(name)
        described = aws.json("sagemaker", "describe-training-job", "--training-job-name", name)
        if expected == "MaxRuntimeExceeded":
            assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", expected)
        else:
            assert described["TrainingJobStatus"] == "Failed"
            assert expected in described["FailureReason"]


@pytest.mark.skipif(not DEBIAN_AWS.exists(), reason="Debian's package awscli is not installed")
def test_debians_aws_cli_runs_and_awaits_a_job(jobs: Jobs, tmp_path: Path) -> None:
    """It is of 2022: it knows no variable for the endpoint, and does not say that it waits, but it reads
    the waiters of `trainyard env`, without which it asks every two minutes."""
    cli = AwsCli(jobs.daemon.url, tmp_path, str(DEBIAN_AWS), "--endpoint-url", jobs.daemon.url)
    exports = jobs.daemon.run_program("env", "--data-dir", str(jobs.daemon.data_directory), "--format", "json")
    cli.environment["AWS_DATA_PATH"] = json.loads(exports.stdout)["AWS_DATA_PATH"]
    request = jobs.request("sleep 3; echo old > /opt/ml/model/m")
    cli("sagemaker", "create-training-job", "--cli-input-json", json.dumps(request))
    started = time.monotonic()
    cli("sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", request["TrainingJobName"])
    assert time.monotonic() - started < 60
    assert jobs.model(request["TrainingJobName"]) == {"m": b"old\n"}
