"""What the measurements share: a place, daemons of their own, data, and requests without an SDK."""

import array
import contextlib
import http.client
import json
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.daemon import Daemon
from harness.engine import BUSYBOX, Engine

POLL_SECONDS = 0.005
TERMINAL = ("Completed", "Failed", "Stopped")


class Bench:
    def __init__(self, directory: Path, engine: Engine, quick: bool) -> None:
        self.directory = directory
        self.engine = engine
        self.quick = quick

    @property
    def data_bytes(self) -> int:
        """Size of the large object and of the model."""
        return (64 if self.quick else 1024) * 2**20

    def runs(self, count: int) -> int:
        return max(count // 10, 2) if self.quick else count

    @contextlib.contextmanager
    def daemon(self, *options: str) -> Iterator[Daemon]:
        """A daemon that leaves nothing behind, whatever happens to the measurement."""
        daemon = Daemon(self.directory / f"daemon-{uuid.uuid4().hex[:8]}", self.engine, *options)
        try:
            daemon.start()
            yield daemon
        finally:
            if daemon.running:
                daemon.stop()
            if (daemon.data_directory / "id").exists():
                self.engine.remove_all(daemon.id)

    def model(self) -> Path:
        """A directory that looks like a trained model: normally distributed float32 in layers."""
        model = self.directory / "model"
        if not model.exists():
            model.mkdir()
            source = random.Random(1)
            # Farther apart than any compressor looks back.
            layer = array.array("f", (source.gauss(0, 0.02) for _ in range(2**20))).tobytes()
            for number in range(8):
                with open(model / f"layer-{number}.bin", "wb") as file:
                    for _ in range(self.data_bytes // 8 // len(layer)):
                        file.write(layer)
        return model


class Client:
    """The daemon's SageMaker API over one kept connection, at the least cost that Python allows."""

    def __init__(self, daemon: Daemon) -> None:
        self.connection = http.client.HTTPConnection(daemon.url.removeprefix("http://"))

    def call(self, operation: str, **request: Any) -> Any:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"}
        self.connection.request("POST", "/", json.dumps(request), headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{operation}: {response.status} {body.decode()}")
        return json.loads(body) if body else None

    def create(self, name: str, command: list[str], **more: Any) -> None:
        self.call(
            "CreateTrainingJob",
            TrainingJobName=name,
            RoleArn="arn:aws:iam::123456789012:role/any",
            AlgorithmSpecification={
                "TrainingImage": BUSYBOX,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": command,
            },
            OutputDataConfig={"S3OutputPath": "s3://bench/results"},
            ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
            **more,
        )

    def await_end(self, name: str) -> Any:
        while True:
            job = self.call("DescribeTrainingJob", TrainingJobName=name)
            if job["TrainingJobStatus"] in TERMINAL:
                if job["TrainingJobStatus"] != "Completed":
                    raise RuntimeError(f"{name}: {job.get('FailureReason')}")
                return job
            time.sleep(POLL_SECONDS)
