"""What the tests of the SDK v2 share: a session, a channel of data, and one job that has been trained."""

import io
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"

import sagemaker
from sagemaker.sklearn import SKLearn

from harness.daemon import Daemon
from harness.sdk import METRIC, SOURCES


@dataclass(frozen=True)
class Trained:
    """An estimator whose job is over, and what fit printed."""

    estimator: SKLearn
    printed: str

    @property
    def name(self) -> str:
        return str(self.estimator.latest_training_job.name)


@pytest.fixture(scope="session")
def session(endpoint: Daemon) -> sagemaker.Session:
    """As every program makes it, with nothing given."""
    return sagemaker.Session()


@pytest.fixture(scope="session")
def channels(session: sagemaker.Session, table: Path) -> dict[str, str]:
    return {"train": session.upload_data(str(table), key_prefix="table")}


@pytest.fixture
def make_estimator(session: sagemaker.Session) -> Callable[..., SKLearn]:
    return estimator_of(session)


def estimator_of(session: sagemaker.Session) -> Callable[..., SKLearn]:
    def make(kind: type = SKLearn, **settings: Any) -> Any:
        usual: dict[str, Any] = {"entry_point": "learn.py", "source_dir": str(SOURCES / "script")}
        usual |= {"framework_version": "1.4-2", "sagemaker_session": session}
        usual |= {"instance_count": 1, "instance_type": "ml.m5.large"}
        return kind(**{**usual, **settings})

    return make


@pytest.fixture(scope="session")
def trained(session: sagemaker.Session, channels: dict[str, str]) -> Trained:
    estimator = estimator_of(session)(
        hyperparameters={"rounds": 3, "note": "it's a line"}, metric_definitions=[METRIC]
    )
    with redirect_stdout(io.StringIO()) as out:
        estimator.fit(channels, logs="All")
    return Trained(estimator, out.getvalue())
