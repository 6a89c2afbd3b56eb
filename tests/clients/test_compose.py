"""The daemon in a container by compose/compose.yaml, beside the Engine and without shared files."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.daemon import CREDENTIALS, REGION
from harness.engine import Engine, Remains

COMPOSE = Path(__file__).parents[2] / "compose"
SAMPLE = "trainyard/sample"
SECONDS = 60


def compose_program() -> list[str]:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    return ["docker", "compose"]


class Project:
    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.name = f"trainyard-test-{uuid.uuid4().hex[:8]}"

    def run(self, *arguments: str) -> str:
        command = [*compose_program(), "-f", str(COMPOSE / "compose.yaml"), "-p", self.name, *arguments]
        environment = {**os.environ, "TRAINYARD_PORT": str(self.port)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self) -> None:
        self.run("up", "-d", "--no-build")
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                with urllib.request.urlopen(self.url + "/_trainyard/health", timeout=5):
                    return
            except OSError:
                assert time.monotonic() < deadline, self.run("logs")
                time.sleep(0.05)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def data_directory_id(self) -> str:
        """Of the ephemeral daemon in the container."""
        return self.run("exec", "-T", "trainyard", "sh", "-c", "cat /data/trainyard-*/data/id").strip()


@pytest.fixture
def project(engine: Engine) -> Iterator[Project]:
    project = Project()
    try:
        project.up()
        yield project
    finally:
        project.run("down", "--volumes")


def run_example(project: Project, data: Path, result: Path) -> str:
    command = [sys.executable, str(COMPOSE / "examples" / "train_sklearn.py"), "--endpoint", project.url]
    command += ["--data", str(data), "--result", str(result), "--image", SAMPLE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{project.run('logs')}"
    return done.stdout


def test_the_example_trains_in_it_and_nothing_is_left(project: Project, engine: Engine, tmp_path: Path) -> None:
    for name in ("train", "validation"):
        dataset = ["docker", "run", "--rm", "--network", "none", SAMPLE, "dataset", "breast_cancer", name]
        content = subprocess.run(dataset, capture_output=True, check=True).stdout
        (tmp_path / f"{name}.csv").write_bytes(content)
    run_example(project, tmp_path, tmp_path)
    assert (tmp_path / "model.tar.gz").stat().st_size > 1000

    # A job that is at work goes with the project.
    sagemaker = project.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName="endless",
        RoleArn="arn:aws:iam::123456789012:role/any",
        AlgorithmSpecification={
            "TrainingImage": "trainyard/busybox",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
        },
        OutputDataConfig={"S3OutputPath": "s3://demo/out"},
        ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    deadline = time.monotonic() + SECONDS
    while sagemaker.describe_training_job(TrainingJobName="endless")["SecondaryStatus"] != "Training":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    identity = project.data_directory_id
    assert len(engine.remains(identity).containers) == 1
    project.run("down", "--volumes")
    assert engine.remains(identity) == Remains([], [], [])
    listing = ["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project.name}"]
    assert subprocess.run(listing, capture_output=True, text=True, check=True).stdout == ""


def test_it_is_published_on_loopback_alone_and_keeps_its_gate(project: Project) -> None:
    listing = subprocess.run(
        ["docker", "ps", "--filter", f"label=com.docker.compose.project={project.name}", "--format", "{{.Ports}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"127.0.0.1:{project.port}->4747/tcp" in listing
    assert "0.0.0.0" not in listing and "[::]" not in listing
    for host, status in (("localhost", 200), ("127.0.0.1:1", 200), ("trainyard:4747", 200), ("evil.example", 403)):
        request = urllib.request.Request(project.url + "/_trainyard/health", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                assert response.status == status
        except urllib.error.HTTPError as error:
            assert error.code == status
