"""The fixture `trainyard`: a daemon to test against.

    def test_upload(trainyard):
        trainyard.client("s3").create_bucket(Bucket="data")

A daemon runs for the length of a test session (one for each worker of pytest-xdist) with everything
in a temporary directory; after each test it is reset. The fixture's value is a `trainyard.Daemon`:
`url`, `environment`, `client(…)`, `resource(…)`, `session()`, `wait_for_job(…)`, `logs(…)`.

    trainyard_environment   a fixture that also sets the environment for the length of the test, so
                            that code under test which makes its own clients finds the daemon; with
                            `trainyard_environment = true` in pytest's ini file `trainyard` does so

Settings in the ini file: `trainyard_options` (of `trainyard serve`, one a line, quoted as in a shell) and
`trainyard_environment`; on the command line `--trainyard-binary`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from trainyard.daemon import Daemon
from trainyard.endpoint import misleading
from trainyard.errors import DaemonError


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("trainyard")
    group.addoption("--trainyard-binary", metavar="FILE", help="the program `trainyard` to test against")
    parser.addini("trainyard_options", "options of the daemon, one a line", type="linelist", default=[])
    parser.addini("trainyard_environment", "set the environment in every test", type="bool", default=False)


@pytest.fixture(scope="session")
def trainyard_daemon(pytestconfig: pytest.Config) -> Iterator[Daemon]:
    """The daemon of this test session, or of this worker. Not reset by itself."""
    options = [word for line in pytestconfig.getini("trainyard_options") for word in shlex.split(line)]
    with Daemon(*options, binary=pytestconfig.getoption("--trainyard-binary")) as daemon:
        yield daemon


@pytest.fixture
def trainyard(
    trainyard_daemon: Daemon, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Daemon]:
    """A daemon with nothing in it."""
    trainyard_daemon.start()  # where a test has stopped or killed it
    if pytestconfig.getini("trainyard_environment"):
        set_environment(trainyard_daemon, monkeypatch)
    yield trainyard_daemon
    if not trainyard_daemon.running:
        return
    try:
        trainyard_daemon.reset()
    except DaemonError:
        # The next test gets a fresh one, whatever is wrong with this; stopped, it still takes its jobs with it.
        with suppress(DaemonError):
            trainyard_daemon.stop()
        raise


@pytest.fixture
def trainyard_environment(trainyard: Daemon, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """`trainyard`, and every AWS client that is made during the test talks to it."""
    set_environment(trainyard, monkeypatch)
    return trainyard


def set_environment(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in misleading(os.environ):
        monkeypatch.delenv(name)
    for name, value in daemon.environment.items():
        monkeypatch.setenv(name, value)
    boto3 = sys.modules.get("boto3")
    if boto3 is not None:  # its default session remembers the environment it was made in
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
