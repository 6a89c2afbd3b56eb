"""What the tests of the SDK v3 share: a session, a channel of data, and one job that has been trained."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import TrainingJob
from sagemaker.train import ModelTrainer
from sagemaker.core.training.configs import Compute, InputData, SourceCode

from harness.daemon import Daemon
from harness.sdk import SKLEARN, SOURCES, logged


@dataclass(frozen=True)
class Trained:
    """A job that is over, and what train logged of it."""

    job: TrainingJob
    logged: list[str]


@pytest.fixture(scope="session")
def session(endpoint: Daemon) -> Session:
    """As every program makes it, with nothing given."""
    return Session()


@pytest.fixture(scope="session")
def channels(session: Session, table: Path) -> list[InputData]:
    return [InputData(channel_name="train", data_source=session.upload_data(str(table), key_prefix="table"))]


def trainer_of(session: Session) -> Callable[..., ModelTrainer]:
    """Makes trainers; members of `source` say more of the source code."""

    def make(source: dict[str, Any] | None = None, **settings: Any) -> ModelTrainer:
        code = SourceCode(**{"source_dir": str(SOURCES / "script"), "entry_script": "learn.py", **(source or {})})
        usual = {"training_image": SKLEARN, "compute": Compute(instance_type="local"), "base_job_name": "line"}
        return ModelTrainer(**{**usual, "source_code": code, "sagemaker_session": session, **settings})

    return make


@pytest.fixture
def make_trainer(session: Session) -> Callable[..., ModelTrainer]:
    return trainer_of(session)


@pytest.fixture(scope="session")
def trained(session: Session, channels: list[InputData]) -> Trained:
    trainer = trainer_of(session)(hyperparameters={"rounds": 3, "note": "a line"}, base_job_name="trained")
    with logged() as lines:
        trainer.train(channels)
    return Trained(trainer._latest_training_job, lines)
