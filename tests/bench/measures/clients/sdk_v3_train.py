from common import IMAGE, ROLE, time_of
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig
from sagemaker.train import ModelTrainer

session = Session()


def run() -> None:
    # Without source code it names no command: the image's own runs.
    ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        compute=Compute(instance_type="local"),
        output_data_config=OutputDataConfig(s3_output_path="s3://bench/results"),
        base_job_name="job",
        sagemaker_session=session,
    ).train([InputData(channel_name="train", data_source="s3://bench/train")])


time_of(run)
