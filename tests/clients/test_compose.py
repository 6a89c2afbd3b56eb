"""The daemon in a container by compose/compose.yaml, beside the Engine and without shared files."""

import os
import shutil
import socket
import subprocess
import sys
import tarfile
import textwrap
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest
import yaml

from harness import packages
from harness.daemon import CREDENTIALS, REGION
from harness.engine import Engine, Remains

COMPOSE = Path(__file__).parents[2] / "compose"
SAMPLE = "trainyard/sample"
SECONDS = 60


# What the Compose Specification knows and compose.yaml needs. It needs no `version`, which is obsolete.
TOP_KEYS = {"services", "volumes"}
SERVICE_KEYS = {"image", "build", "command", "environment", "ports", "volumes", "stop_grace_period"}
BUILD_KEYS = {"context", "dockerfile", "args"}


def compose_programs() -> list[str]:
    """Those of this machine: the program of its own, and the plugin of docker's."""
    found = ["docker-compose"] if shutil.which("docker-compose") else []
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        found.append("docker compose")
    return found or ["docker-compose"]


@pytest.fixture(scope="session", params=compose_programs())
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Project:
    def __init__(self, program: str, *, ephemeral: bool = True) -> None:
        self.program = program
        self.ephemeral = ephemeral
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.name = f"trainyard-test-{uuid.uuid4().hex[:8]}"

    def run(self, *arguments: str) -> str:
        command = [*self.program.split(), "-f", str(COMPOSE / "compose.yaml"), "-p", self.name, *arguments]
        settings = {"TRAINYARD_PORT": str(self.port), "TRAINYARD_EPHEMERAL": str(self.ephemeral).lower()}
        environment = {**os.environ, **settings}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self) -> None:
        self.run("up", "-d", "--no-build")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
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
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    @property
    def data_directory_id(self) -> str:
        """Of the daemon in the container."""
        return self.run("exec", "-T", "trainyard", "sh", "-c", "cat $(find /data -maxdepth 3 -name id)").strip()

    @property
    def container(self) -> str:
        return self.run("ps", "-q", "trainyard").strip()

    def networks(self, engine: Engine) -> set[str]:
        """Those that the daemon's container is in, by name."""
        return set(engine.request("GET", f"/containers/{self.container}/json")["NetworkSettings"]["Networks"])


@pytest.fixture
def project(engine: Engine, program: str) -> Iterator[Project]:
    yield from running(Project(program))


@pytest.fixture
def lasting_project(engine: Engine, program: str) -> Iterator[Project]:
    yield from running(Project(program, ephemeral=False))


def running(project: Project) -> Iterator[Project]:
    try:
        project.up()
        yield project
    finally:
        project.run("down", "--volumes")


@pytest.fixture(scope="session")
def boto_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """boto3 for a container of the daemon's, which shares no files with it."""
    directory = tmp_path_factory.mktemp("boto")
    packages.install(directory)
    archive = tmp_path_factory.mktemp("archive") / "boto.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(directory, ".")
    return archive


class Scripts:
    """Python scripts with boto3 as jobs of the project."""

    def __init__(self, project: Project, archive: Path) -> None:
        self.sagemaker = project.client("sagemaker")
        self.s3 = project.client("s3")
        self.s3.create_bucket(Bucket="demo")
        self.s3.upload_file(str(archive), "demo", "packages/boto.tar.gz")

    def create(self, name: str, script: str) -> None:
        self.s3.put_object(Bucket="demo", Key=f"scripts/{name}.py", Body=textwrap.dedent(script).encode())
        data = "/opt/ml/input/data/scripts"
        unpack = f"mkdir /tmp/boto && tar -xzf {data}/../packages/boto.tar.gz -C /tmp/boto"
        command = f"{unpack} && PYTHONPATH=/tmp/boto exec python3 {data}/{name}.py"
        sources = {
            channel: {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://demo/{channel}/"}}
            for channel in ("scripts", "packages")
        }
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn="arn:aws:iam::123456789012:role/any",
            AlgorithmSpecification={
                "TrainingImage": SAMPLE,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["sh", "-c", command],
            },
            InputDataConfig=[{"ChannelName": name, "DataSource": source} for name, source in sources.items()],
            OutputDataConfig={"S3OutputPath": "s3://demo/out"},
            ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )

    def wait_for_object(self, job: str, key: str) -> bytes:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return bytes(self.s3.get_object(Bucket="demo", Key=key)["Body"].read())
            except self.s3.exceptions.NoSuchKey:
                description = self.sagemaker.describe_training_job(TrainingJobName=job)
                assert description["TrainingJobStatus"] == "InProgress", description
                assert time.monotonic() < deadline, description
                time.sleep(0.05)

    def wait(self, job: str) -> None:
        deadline = time.monotonic() + SECONDS
        status = "InProgress"
        while status == "InProgress":
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
            status = self.sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"]
        assert status == "Completed"


# Writes what it read, before and after the object `go` is there.
SCRIPT = """
    import boto3, botocore.config, botocore.exceptions, os, time
    assert os.environ["AWS_ENDPOINT_URL"]
    s3 = boto3.client("s3", config=botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=2))
    def get(key):
        return s3.get_object(Bucket="demo", Key=key)["Body"].read()
    s3.put_object(Bucket="demo", Key="first", Body=b"read " + get("in/x"))
    while True:
        try:
            go = get("in/go")
            break
        except s3.exceptions.NoSuchKey:
            time.sleep(0.1)
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
            time.sleep(0.1)  # the daemon is away
    s3.put_object(Bucket="demo", Key="second", Body=b"read " + go)
"""


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


def test_a_job_reaches_s3_from_inside_its_container(project: Project, engine: Engine, boto_archive: Path) -> None:
    own = project.networks(engine)
    scripts = Scripts(project, boto_archive)
    scripts.s3.put_object(Bucket="demo", Key="in/x", Body=b"from outside")
    scripts.create("reader", SCRIPT)
    assert scripts.wait_for_object("reader", "first") == b"read from outside"
    identity = project.data_directory_id
    (network,) = engine.remains(identity).networks
    assert project.networks(engine) == own | {network}
    # The Engine publishes ports on the first network by name: on the same one as before.
    assert max(project.networks(engine)) == network
    # In the job's network too, it is reached from its own machine as before.
    scripts.s3.put_object(Bucket="demo", Key="in/go", Body=b"again")
    scripts.wait("reader")
    assert scripts.wait_for_object("reader", "second") == b"read again"
    project.run("down", "--volumes")
    assert engine.remains(identity) == Remains([], [], [])


def test_a_job_reaches_s3_after_a_restart_of_the_container(
    lasting_project: Project, engine: Engine, boto_archive: Path
) -> None:
    project = lasting_project
    scripts = Scripts(project, boto_archive)
    scripts.s3.put_object(Bucket="demo", Key="in/x", Body=b"from outside")
    scripts.create("lasting", SCRIPT)
    assert scripts.wait_for_object("lasting", "first") == b"read from outside"
    identity = project.data_directory_id
    before = engine.training_container(identity, "lasting")["Id"]
    subprocess.run(["docker", "restart", "--time", "60", project.container], check=True, capture_output=True)
    project.wait_until_ready()
    assert engine.training_container(identity, "lasting")["Id"] == before
    scripts.s3.put_object(Bucket="demo", Key="in/go", Body=b"again")
    assert scripts.wait_for_object("lasting", "second") == b"read again"
    scripts.wait("lasting")
    project.run("down", "--volumes")
    assert engine.remains(identity) == Remains([], [], [])


@pytest.mark.engine
@pytest.mark.skipif(not (COMPOSE.parent / "CMakeLists.txt").exists(), reason="the sources are not here")
def test_what_the_image_is_made_of_suffices_to_build_the_daemon(tmp_path: Path) -> None:
    dockerfile = "FROM trainyard/busybox\nCOPY . /src\n"
    build = ["docker", "build", "-q", "-f", "-", str(COMPOSE.parent)]
    built = subprocess.run(build, input=dockerfile, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    image = built.stdout.strip()
    container = subprocess.run(["docker", "create", image], capture_output=True, text=True, check=True).stdout.strip()
    try:
        subprocess.run(["docker", "cp", f"{container}:/src", str(tmp_path)], check=True, capture_output=True)
    finally:
        subprocess.run(["docker", "rm", container], check=True, capture_output=True)
        subprocess.run(["docker", "rmi", image], check=True, capture_output=True)
    configure = ["cmake", "--preset", "release", "-DCMAKE_UNITY_BUILD=ON"]
    done = subprocess.run(configure, cwd=tmp_path / "src", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_file_is_what_every_compose_program_takes(program: str) -> None:
    Project(program).run("config", "-q")
    file = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    assert set(file) <= TOP_KEYS
    for service in file["services"].values():
        assert set(service) <= SERVICE_KEYS
        assert set(service["build"]) <= BUILD_KEYS
        for path in (service["build"]["context"], service["build"]["dockerfile"]):
            assert not Path(path).is_absolute()
        named = {volume.rpartition("}:")[2].split(":")[0] for volume in service["volumes"] if volume[0] not in "$./"}
        assert named == set(file["volumes"])
