"""Training jobs as the tests write them: a shell script in a busybox image, and what comes out."""

import base64
import io
import tarfile
import time
import uuid
from dataclasses import dataclass
from typing import Any

from harness.daemon import ACCOUNT, POLL_SECONDS, Daemon
from harness.engine import BUSYBOX, docker

ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
TERMINAL = ("Completed", "Failed", "Stopped")
WAIT_SECONDS = 120
# A script that ends when `Jobs.tell` tells it to.
UNTIL_TOLD = "echo started; while [ ! -e /tmp/go ]; do sleep 0.1; done"

STARTING = ("Starting", "Preparing the instances for training")
DOWNLOADING = ("Downloading", "Downloading the training image")
TRAINING = ("Training", "Training image download completed. Training in progress.")
UPLOADING = ("Uploading", "Uploading generated training model")
STOPPING = ("Stopping", "Stopping the training job")
COMPLETED = ("Completed", "Training job completed")
FAILED = ("Failed", "Training job failed")
STOPPED = ("Stopped", "Training job stopped")
MAX_RUNTIME = ("MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided")


@dataclass(frozen=True)
class Member:
    """One member of an archive."""

    info: tarfile.TarInfo
    content: bytes


def unique_name(prefix: str = "job") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def shell(script: str) -> dict[str, Any]:
    """Entry point and arguments that run `script`: arguments have at most 256 characters and no newline."""
    text = base64.b64encode(script.encode()).decode()
    chunks = [text[at : at + 256] for at in range(0, len(text), 256)]
    runner = 'eval "$(printf %s "$@" | base64 -d)"'
    return {"ContainerEntrypoint": ["/bin/sh", "-c", runner, "train"], "ContainerArguments": chunks}


def s3_channel(name: str, uri: str, **more: Any) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}, **more}


def history(job: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["Status"], entry["StatusMessage"]) for entry in job["SecondaryStatusTransitions"]]


class Jobs:
    """Jobs of one daemon; what they make goes to one bucket."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.bucket = daemon.make_bucket()

    def request(self, script: str | None = "true", *, image: str = BUSYBOX, **members: Any) -> dict[str, Any]:
        """A CreateTrainingJob request. `members` replace or add members of it."""
        algorithm: dict[str, Any] = {"TrainingImage": image, "TrainingInputMode": "File"}
        if script is not None:
            algorithm |= shell(script)
        request = {
            "TrainingJobName": unique_name(),
            "RoleArn": ROLE,
            "AlgorithmSpecification": algorithm,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }
        return {**request, **members}

    def create(self, script: str | None = "true", **members: Any) -> str:
        request = self.request(script, **members)
        self.daemon.sm.create_training_job(**request)
        return str(request["TrainingJobName"])

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.daemon.sm.describe_training_job(TrainingJobName=name))

    def wait(self, name: str, *secondary: str, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Waits for one of the secondary statuses, or without any for the end. Ending earlier is an error."""
        deadline = time.monotonic() + seconds
        while True:
            job = self.describe(name)
            if job["SecondaryStatus"] in secondary:
                return job
            if job["TrainingJobStatus"] in TERMINAL:
                assert not secondary, f"{name} ended before it was {secondary}: {summary(job)}\n{self.daemon.stderr}"
                return job
            assert time.monotonic() < deadline, f"{name} does not get on: {summary(job)}\n{self.daemon.stderr}"
            time.sleep(POLL_SECONDS)

    def run(self, script: str | None = "true", *, expect: str = "Completed", **members: Any) -> dict[str, Any]:
        job = self.wait(self.create(script, **members))
        assert job["TrainingJobStatus"] == expect, f"{summary(job)}\n{self.daemon.stderr}"
        return job

    def stop(self, name: str) -> None:
        self.daemon.sm.stop_training_job(TrainingJobName=name)

    def stop_all(self) -> None:
        """Ends whatever a test has left running."""
        for status in ("InProgress", "Stopping"):
            pages = self.daemon.sm.get_paginator("list_training_jobs").paginate(StatusEquals=status)
            names = [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]
            for name in names:
                if status == "InProgress":
                    self.daemon.sm.stop_training_job(TrainingJobName=name)
                self.wait(name)

    def log(self, name: str) -> list[str]:
        """The job's log by `trainyard logs`."""
        out = self.daemon.run_program("logs", name, "--url", self.daemon.url).stdout
        return out.decode(errors="surrogateescape").splitlines()

    def wait_for_log(self, name: str, line: str, seconds: float = WAIT_SECONDS) -> None:
        """Waits until the running script has printed `line`: it is where the test wants it."""
        deadline = time.monotonic() + seconds
        while line not in self.log(name):
            assert time.monotonic() < deadline, f"{name} does not print {line!r}: {self.log(name)[-5:]}"
            time.sleep(POLL_SECONDS)

    def tell(self, name: str) -> None:
        """Ends the waiting of a script that is UNTIL_TOLD and has started."""
        container = self.daemon.engine.training_container(self.daemon.id, name)["Id"]
        docker("exec", container, "touch", "/tmp/go")

    # --- what a job stored

    def keys(self, name: str) -> list[str]:
        """Keys of what the job stored, below <output path>/<job>/."""
        prefix = f"out/{name}/"
        pages = self.daemon.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"].removeprefix(prefix) for page in pages for item in page.get("Contents", [])]

    def get(self, name: str, key: str) -> bytes:
        return bytes(self.daemon.s3.get_object(Bucket=self.bucket, Key=f"out/{name}/{key}")["Body"].read())

    def archive(self, name: str, which: str = "model") -> dict[str, Member]:
        """model.tar.gz or output.tar.gz, by member name without a leading `./`."""
        return read_archive(self.get(name, f"output/{which}.tar.gz"))

    def model(self, name: str) -> dict[str, bytes]:
        """Contents of the regular files in model.tar.gz."""
        return {path: member.content for path, member in self.archive(name).items() if member.info.isreg()}

    def put(self, key: str, body: bytes | str) -> str:
        self.daemon.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"


def read_archive(data: bytes) -> dict[str, Member]:
    members = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz", errors="surrogateescape") as archive:
        for info in archive:
            file = archive.extractfile(info) if info.isreg() else None
            name = info.name.removeprefix("./").rstrip("/")
            assert name not in members, f"{name} is in the archive twice"
            members[name] = Member(info, file.read() if file else b"")
    return members


def summary(job: dict[str, Any]) -> str:
    return f"{job['TrainingJobStatus']}/{job['SecondaryStatus']} {history(job)} {job.get('FailureReason', '')}"
