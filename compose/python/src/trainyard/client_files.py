"""Files that AWS clients read by name, in a directory that is there until this process ends."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

# botocore merges this into its own definition of the waiters, whose first pause is two minutes. The
# number of attempts keeps their whole patience of six hours.
WAITERS_FILE = "sagemaker/2017-07-24/waiters-2.sdk-extras.json"
WAITERS = {
    "version": 1.0,
    "merge": {"waiters": {"TrainingJobCompletedOrStopped": {"delay": 1, "maxAttempts": 21600}}},
}


@cache
def directory() -> Path:
    made = Path(tempfile.mkdtemp(prefix="trainyard-client-"))
    atexit.register(remove, made, os.getpid())
    return made


def remove(made: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not a process that was forked from it
        shutil.rmtree(made, ignore_errors=True)


def write(name: str, content: dict[str, Any]) -> Path:
    file = directory() / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


@cache
def aws_data() -> str:
    """A directory for AWS_DATA_PATH, with waiters that ask each second."""
    write(f"aws/{WAITERS_FILE}", WAITERS)
    return str(directory() / "aws")


@cache
def sdk_config(bucket: str, role_arn: str) -> str:
    """A SageMaker SDK configuration (v2 and v3) that keeps the SDK off the internet: default bucket,
    role and no telemetry."""
    settings = {
        "SchemaVersion": "1.0",
        "SageMaker": {
            "PythonSDK": {"Modules": {"Session": {"DefaultS3Bucket": bucket}, "TelemetryOptOut": True}},
            "TrainingJob": {"RoleArn": role_arn},
        },
    }
    return str(write(f"{bucket}.yaml", settings))  # YAML holds JSON
