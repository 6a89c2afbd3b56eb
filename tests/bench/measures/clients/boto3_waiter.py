import boto3
from common import COMMAND, IMAGE, ROLE, new_name, time_of

sagemaker = boto3.client("sagemaker")


def run() -> None:
    name = new_name()
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File", "ContainerEntrypoint": COMMAND},
        OutputDataConfig={"S3OutputPath": "s3://bench/results"},
        ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)


time_of(run)
