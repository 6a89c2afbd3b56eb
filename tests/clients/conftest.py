"""Fixtures: one daemon shared by the tests of a worker, others that a test starts for itself."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.aws_cli import AwsCli
from harness.daemon import Daemon
from harness.engine import Engine
from harness.file_server import serving
from harness.jobs import Jobs
from harness.sdk import sdk_version

STOP_GRACE = ("--stop-grace", "5")
StartDaemon = Callable[..., Daemon]

# A test that uses one of these trains in the Engine; one whose daemon is its own says so by the mark.
ENGINE_FIXTURES = {"run_job", "jobs", "engine", "endpoint"}

# What uses the SageMaker SDK runs in Python environments that have it.
collect_ignore = [] if sdk_version() else ["sdk"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ENGINE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def engine_door() -> Engine:
    return Engine()


@pytest.fixture
def engine(engine_door: Engine) -> Engine:
    """The real Engine, past the daemon."""
    return engine_door


@pytest.fixture(scope="session")
def file_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that file:// URIs may name."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def shared_daemon(
    tmp_path_factory: pytest.TempPathFactory, engine_door: Engine, file_root: Path
) -> Iterator[Daemon]:
    options = ("--file-root", str(file_root), "--log-level", "debug", *STOP_GRACE)
    daemon = Daemon(tmp_path_factory.mktemp("shared"), engine_door, *options)
    daemon.start()
    yield daemon
    daemon.put_away()


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Iterator[Daemon]:
    """The shared daemon. Whatever a test does with it, nothing may be left of its jobs."""
    yield shared_daemon
    assert shared_daemon.running, f"the daemon ended with {shared_daemon.exit_code}:\n{shared_daemon.stderr}"
    Jobs(shared_daemon).stop_all()
    shared_daemon.check_idle()


@pytest.fixture
def start_daemon(tmp_path: Path, engine_door: Engine, file_root: Path) -> Iterator[StartDaemon]:
    """Starts a daemon with the given options and a data directory of its own. Once the test is over
    it is stopped, and nothing may be left of it in the Engine."""
    daemons: list[Daemon] = []

    def start(
        *options: str, ready: bool = True, environment: dict[str, str] | None = None, under: Sequence[str] = ()
    ) -> Daemon:
        grace = () if "--stop-grace" in options else STOP_GRACE
        given = ("--file-root", str(file_root), "--log-level", "debug", *grace, *options)
        daemon = Daemon(tmp_path / f"daemon-{len(daemons)}", engine_door, *given, environment=environment, under=under)
        daemons.append(daemon)
        daemon.launch()
        if ready:
            daemon.wait_until_ready()
        return daemon

    yield start
    with ExitStack() as ends:
        for daemon in daemons:
            ends.callback(daemon.put_away)
            if daemon.running:
                ends.callback(Jobs(daemon).stop_all)


@pytest.fixture(scope="session")
def host_address(engine_door: Engine) -> str:
    """An address of this machine that containers of every network reach."""
    subnet = engine_door.request("GET", "/networks/bridge")["IPAM"]["Config"][0]["Subnet"]
    return str(next(ipaddress.ip_network(subnet).hosts()))


@pytest.fixture
def serve_files() -> Iterator[Callable[..., Any]]:
    """Serves files to containers until the test is over."""
    with ExitStack() as servers:

        def serve(files: dict[str, bytes], context: ssl.SSLContext | None = None) -> Any:
            return servers.enter_context(serving(files, context))

        yield serve


@pytest.fixture
def sm(daemon: Daemon) -> Any:
    return daemon.sm


@pytest.fixture
def s3(daemon: Daemon) -> Any:
    return daemon.s3


@pytest.fixture
def logs(daemon: Daemon) -> Any:
    return daemon.logs


@pytest.fixture
def bucket(daemon: Daemon) -> str:
    return daemon.make_bucket()


@pytest.fixture
def jobs(daemon: Daemon) -> Jobs:
    return Jobs(daemon)


@pytest.fixture
def run_job(jobs: Jobs) -> Callable[..., dict[str, Any]]:
    return jobs.run


@pytest.fixture
def aws(daemon: Daemon, tmp_path: Path) -> AwsCli:
    return AwsCli(daemon.url, tmp_path)
