"""The SageMaker SDKs against a daemon. They exclude each other, so each has a Python environment of its
own, and here runs what the present one is for (`tests/run sdk` runs both)."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.engine import Engine
from harness.sdk import EXAMPLES, options, sdk_version, surroundings

collect_ignore = [f"v{version}" for version in (2, 3) if version != sdk_version()]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory, engine_door: Engine) -> Iterator[Daemon]:
    """The daemon, to which everything in this process is led: the SDK v3 keeps one client for all."""
    home = tmp_path_factory.mktemp("home")
    # The toolkit does not end at SIGTERM, so a job that is stopped takes all the time it is given.
    settings = [*options(), "--stop-grace", "2", "--log-level", "debug"]
    daemon = Daemon(tmp_path_factory.mktemp("endpoint"), engine_door, *settings)
    daemon.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            # By a proxy the internet could be reached from where nothing but this machine may be.
            if name.startswith(("AWS_", "SAGEMAKER_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        for name, value in surroundings(daemon, home).items():
            patch.setenv(name, value)
        yield daemon
    daemon.put_away()


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data to fit a line to: the slope is 3."""
    directory = tmp_path_factory.mktemp("table")
    (directory / "table.csv").write_text("".join(f"{x},{3 * x + 1}\n" for x in range(20)))
    return directory


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy: who runs the tests need not own the tree."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples"))
