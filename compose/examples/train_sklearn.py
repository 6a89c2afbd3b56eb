#!/usr/bin/python3
"""Trains a scikit-learn model as a SageMaker training job, with boto3 as it comes.

    train_sklearn.py --endpoint http://127.0.0.1:4747 --data DIR --result DIR

Uploads DIR/train.csv and DIR/validation.csv, creates the training job, prints each change of its
status, lists what the job stored and downloads model.tar.gz. Only the endpoint and the credentials,
which may be any, differ from a program that speaks to AWS.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import boto3

BUCKET = "demo"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True, help="base URL of the daemon")
    parser.add_argument("--data", required=True, type=Path, help="directory of the two CSV files")
    parser.add_argument("--result", required=True, type=Path, help="directory for model.tar.gz")
    parser.add_argument("--image", default="trainyard/sample", help="training image")
    parser.add_argument("--job-name", default=f"demo-{int(time.time())}")
    return parser.parse_args()


def channel(name: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/{name}/"}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}


def wait_for_job(sagemaker: Any, name: str) -> dict[str, Any]:
    """Prints each status message once and returns the job's last description."""
    shown: set[tuple[str, str]] = set()
    while True:
        job: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        for transition in job["SecondaryStatusTransitions"]:
            change = (transition["Status"], transition["StatusMessage"])
            if change not in shown:
                shown.add(change)
                print(f"    {transition['StartTime']:%H:%M:%S}  {change[0]:<12} {change[1]}", flush=True)
        if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
            return job
        time.sleep(0.2)


def main() -> None:
    arguments = parse_arguments()
    settings: Any = {
        "endpoint_url": arguments.endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "any",
        "aws_secret_access_key": "any",
    }
    s3 = boto3.client("s3", **settings)
    sagemaker = boto3.client("sagemaker", **settings)

    s3.create_bucket(Bucket=BUCKET)
    for name in ("train", "validation"):
        s3.upload_file(str(arguments.data / f"{name}.csv"), BUCKET, f"data/{name}/{name}.csv")

    arn = sagemaker.create_training_job(
        TrainingJobName=arguments.job_name,
        AlgorithmSpecification={"TrainingImage": arguments.image, "TrainingInputMode": "File"},
        RoleArn="arn:aws:iam::123456789012:role/trainyard",
        InputDataConfig=[channel("train"), channel("validation")],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/jobs"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        HyperParameters={"rounds": "4", "trees": "25", "max_depth": "8"},
    )["TrainingJobArn"]
    print(f"    {arn}")

    job = wait_for_job(sagemaker, arguments.job_name)
    if job["TrainingJobStatus"] != "Completed":
        sys.exit(f"the job ended {job['TrainingJobStatus']}: {job.get('FailureReason', 'no reason given')}")

    artifact: str = job["ModelArtifacts"]["S3ModelArtifacts"]
    print(f"    trained for {job['TrainingTimeInSeconds']} s; the model is at {artifact}")
    for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"jobs/{arguments.job_name}/").get("Contents", []):
        print(f"    {item['Size']:>10} bytes  s3://{BUCKET}/{item['Key']}")
    key = artifact.removeprefix(f"s3://{BUCKET}/")
    s3.download_file(BUCKET, key, str(arguments.result / "model.tar.gz"))


if __name__ == "__main__":
    main()
