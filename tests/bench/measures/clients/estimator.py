"""The job of the measurement as the SDK v2 writes it; only session and places differ between its programs."""

from common import COMMAND, IMAGE, ROLE, new_name
from sagemaker.estimator import Estimator
from sagemaker.session import Session


def fit(session: Session, instance_type: str, output_path: str) -> None:
    Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_count=1,
        instance_type=instance_type,
        container_entry_point=COMMAND,
        output_path=output_path,
        sagemaker_session=session,
    ).fit(job_name=new_name())
