"""What a training job has stored in S3, brought here."""

import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlparse

import boto3


def fetch(uri: str) -> Path:
    """Unpacks an archive, such as model.tar.gz, into a new directory."""
    place = urlparse(uri)
    directory = Path(tempfile.mkdtemp(prefix="artifacts-"))
    archive = directory / "archive.tar.gz"
    boto3.client("s3").download_file(place.netloc, place.path.lstrip("/"), str(archive))
    with tarfile.open(archive) as packed:
        packed.extractall(directory)
    archive.unlink()
    return directory
