"""A daemon for the SageMaker SDKs, and the surroundings that lead them to it."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import boto3

from harness.daemon import Daemon

TREE = Path(__file__).parents[3]
EXAMPLES = TREE / "compose" / "examples"
SOURCES = Path(__file__).parents[1] / "sdk" / "sources"
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SKLEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.0-5"
ALIASES = {SKLEARN: "trainyard/sklearn", XGBOOST: "trainyard/xgboost"}

# What the script `learn.py` prints of each round.
METRIC = {"Name": "train:slope", "Regex": r"train:slope=([0-9.]+)"}

# The examples, and a number of rows that keeps them short.
PATTERNS = ["1_script", "2_requirements", "3_library"]
ROWS = "20000"

# How pip reaches its index on this machine, and under what option a job learns of it.
PIP_SETTINGS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "http_proxy", "https_proxy", "no_proxy")


def stored(uri: str) -> bytes:
    """An object of S3, by its URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def sdk_version() -> int:
    """The SDK's major version in the environment that runs the tests; 0 where there is none."""
    try:
        return int(version("sagemaker").partition(".")[0])
    except PackageNotFoundError:
        return 0


def options() -> list[str]:
    """Images of ECR are those made here; jobs that call pip reach its index as this machine does."""
    found = [f"--image-alias={name}={image}" for name, image in ALIASES.items()]
    found += [f"--job-env={name}={os.environ[name]}" for name in PIP_SETTINGS if os.environ.get(name)]
    if "PIP_CERT" in os.environ:
        found.append(f"--job-ca={os.environ['PIP_CERT']}")
    return found


def surroundings(daemon: Daemon, home: Path) -> dict[str, str]:
    """The environment of a user's shell after `eval "$(trainyard env)"`, with nothing of this one's but PATH."""
    exports = daemon.run_program("env", "--data-dir", str(daemon.data_directory), "--format", "json").stdout
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        **{name: value for name, value in json.loads(exports).items() if value is not None},
    }


def run_python(*arguments: str, directory: Path, environment: dict[str, str]) -> str:
    """Runs the interpreter of these tests, with their SDK, and returns all that was printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(arguments)} failed:\n{done.stdout}"
    return done.stdout


@contextmanager
def logged() -> Iterator[list[str]]:
    """The lines that are logged meanwhile: the SDK shows a job's log by logging."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend(record.getMessage().splitlines())

    collector, root = Collector(logging.INFO), logging.getLogger()
    level = root.level
    root.addHandler(collector)
    root.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.removeHandler(collector)
        root.setLevel(level)


def example_auc(printed: str) -> float:
    """How well an example's model did on its test data."""
    (auc,) = re.findall(r"test:auc=(0\.\d+)", printed)
    return float(auc)
