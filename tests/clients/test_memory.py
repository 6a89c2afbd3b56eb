"""Bodies and models pass through in bounded memory."""

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.jobs import Jobs

StartDaemon = Callable[..., Daemon]
MIB = 1 << 20
ALLOWED = 64 * MIB
pytestmark = [pytest.mark.slow, pytest.mark.engine]


class Peak:
    """The most memory a daemon has resident while a block of code runs."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.idle = daemon.memory("VmRSS")
        self.peak = self.idle
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self) -> None:
        while not self.ended.wait(0.02):
            self.peak = max(self.peak, self.daemon.memory("VmRSS"))

    def __enter__(self) -> "Peak":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()

    @property
    def above_idle(self) -> int:
        return max(self.peak, self.daemon.memory("VmHWM")) - self.idle


@pytest.mark.as_root
def test_packing_and_storing_two_gibibytes(start_daemon: StartDaemon) -> None:
    """Half of it does not compress, so that the store sees it too."""
    daemon = start_daemon()
    jobs = Jobs(daemon)
    jobs.run("echo warm > /opt/ml/model/m")
    time.sleep(1)  # idle means that the last job is behind
    script = """
cd /opt/ml/model
dd if=/dev/urandom of=noise bs=1M count=1024 2>/dev/null
dd if=/dev/zero of=zeros bs=1M count=1024 2>/dev/null
"""
    with Peak(daemon) as peak:
        name = jobs.create(script)
        job = jobs.wait(name, seconds=500)
    assert job["TrainingJobStatus"] == "Completed"
    assert peak.above_idle <= ALLOWED, f"{peak.above_idle / MIB:.1f} MiB above {peak.idle / MIB:.1f}"
    size = daemon.s3.head_object(Bucket=jobs.bucket, Key=f"out/{name}/output/model.tar.gz")["ContentLength"]
    assert size > 1024 * MIB


def test_an_object_of_two_gibibytes_in_and_out(start_daemon: StartDaemon, tmp_path: Path) -> None:
    daemon = start_daemon()
    bucket = daemon.make_bucket()
    source, copy = tmp_path / "source", tmp_path / "copy"
    block = bytes(range(256)) * 4096
    with source.open("wb") as file:
        for index in range(2048):
            file.write(index.to_bytes(4, "big") + block[4:])
    with Peak(daemon) as peak:
        with source.open("rb") as body:
            daemon.s3.put_object(Bucket=bucket, Key="whole", Body=body)
        daemon.s3.upload_file(str(source), bucket, "parts")
        daemon.s3.download_file(bucket, "whole", str(copy))
    assert peak.above_idle <= ALLOWED, f"{peak.above_idle / MIB:.1f} MiB above {peak.idle / MIB:.1f}"
    assert digest(copy) == digest(source)
    daemon.s3.download_file(bucket, "parts", str(copy))
    assert digest(copy) == digest(source)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
