from __future__ import annotations

import subprocess
from typing import Callable

import pytest

pytest_plugins = ["pytester"]

BUSYBOX = "trainyard/busybox"
ROLE = "arn:aws:iam::123456789012:role/any"


def engine_lists(kind: str, data_directory_id: str) -> list[str]:
    label = f"label=trainyard.data-dir={data_directory_id}"
    command = ["docker", kind, "ls", "-q", "--filter", label, *(["--all"] if kind == "container" else [])]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def run_in_job(job: str, *command: str) -> None:
    """Runs a command in the container of a job that runs."""
    labels = [f"--filter=label={label}" for label in (f"trainyard.job={job}", "trainyard.host=algo-1")]
    listed = subprocess.run(["docker", "container", "ls", "-q", *labels], check=True, capture_output=True, text=True)
    (container,) = listed.stdout.split()
    subprocess.run(["docker", "exec", container, *command], check=True)


@pytest.fixture
def left_in_engine() -> Callable[[str], list[str]]:
    """Everything in the Engine that belongs to a daemon, by the id of its data directory."""

    def left(data_directory_id: str) -> list[str]:
        return [item for kind in ("container", "volume", "network") for item in engine_lists(kind, data_directory_id)]

    return left
