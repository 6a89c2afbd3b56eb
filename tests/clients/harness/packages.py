"""Python packages for scripts that run inside a container: the tests' own copies of those that are plain Python,
as a channel; boto3 first of all."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
# Its descriptions of every service of AWS fill a hundred megabytes.
SERVICES = ("s3", "sts", "logs", "cloudwatch", "sagemaker", "iam")
CHANNEL = "packages"


def install(directory: Path, packages: tuple[str, ...] = PACKAGES) -> None:
    """Copies what a container needs to `directory`."""
    for name in packages:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, directory / name, ignore=_leave_out(origin.parent))
        else:
            shutil.copy(origin, directory / origin.name)


def _leave_out(package: Path) -> Any:
    def ignore(folder: str, names: list[str]) -> set[str]:
        if Path(folder) == package / "data" and package.name == "botocore":
            return {name for name in names if (package / "data" / name).is_dir() and name not in SERVICES}
        return {name for name in names if name == "__pycache__"}

    return ignore


def members(directory: Path, **environment: str) -> dict[str, Any]:
    """Members of a CreateTrainingJob request whose script can then import what was installed there."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"file://{directory}"}}
    return {
        "InputDataConfig": [{"ChannelName": CHANNEL, "DataSource": source}],
        "Environment": {"PYTHONPATH": f"/opt/ml/input/data/{CHANNEL}", **environment},
    }
