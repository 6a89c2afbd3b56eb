import json
import subprocess
import sys

from common import COMMAND, IMAGE, ROLE, new_name, time_of

AWS = [sys.executable, "-m", "awscli", "sagemaker"]


def run() -> None:
    name = new_name()
    request = {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": COMMAND,
        },
        "OutputDataConfig": {"S3OutputPath": "s3://bench/results"},
        "ResourceConfig": {"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    subprocess.run([*AWS, "create-training-job", "--cli-input-json", json.dumps(request)], check=True)
    subprocess.run([*AWS, "wait", "training-job-completed-or-stopped", "--training-job-name", name], check=True)


time_of(run)
