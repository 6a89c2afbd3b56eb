"""What clients ask a daemon about its jobs, counted in its log: what it holds is among it."""

import time

from harness.daemon import POLL_SECONDS, Daemon
from harness.jobs import WAIT_SECONDS


def taken(daemon: Daemon) -> int:
    """How many questions about jobs the daemon has taken."""
    return (daemon.directory / "stderr").read_text().count(" POST / sagemaker DescribeTrainingJob 200 ")


def await_taken(daemon: Daemon, count: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while taken(daemon) < count:
        assert time.monotonic() < deadline, daemon.stderr
        time.sleep(POLL_SECONDS)
