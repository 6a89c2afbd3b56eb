"""Which files are synced before a request is answered, with --sync and without it, as strace sees it."""

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import StartDaemon
from harness.daemon import Daemon
from harness.jobs import Jobs

# A file that has no name yet is shown with one of the kernel's own, as deleted.
SYNCED = re.compile(r"(?:fsync|fdatasync)\(\d+<(.*)>(?:\(deleted\))?\)\s+= 0")


@dataclass(frozen=True)
class Traced:
    """A daemon whose syncs are recorded: a file a thread, a line a call, written before the call returns."""

    daemon: Daemon
    with_sync: bool
    bucket_directory: Path
    records: Path

    def syncs(self) -> Counter[Path]:
        lines = [line for file in self.records.iterdir() for line in file.read_text().splitlines()]
        return Counter(Path(found[1]) for found in map(SYNCED.fullmatch, lines) if found)

    def synced_by(self, action: Callable[[], object]) -> set[Path]:
        """What is synced from the beginning of `action` to its end."""
        before = self.syncs()
        action()
        return set(self.syncs() - before)

    def stored_file(self, content: bytes) -> Path:
        """The file of the data directory that holds an object with that content."""
        files = (path for path in (self.daemon.data_directory / "objects" / "data").rglob("*") if path.is_file())
        (file,) = (path for path in files if path.read_bytes() == content)
        return file

    @property
    def index(self) -> Path:
        return self.daemon.data_directory / "objects" / "objects.db-wal"


@pytest.fixture(scope="module")
def strace(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    command = ["strace", "-ff", "-y", "--seccomp-bpf", "-e", "trace=fsync,fdatasync"]
    record = tmp_path_factory.mktemp("strace") / "thread"
    tried = subprocess.run([*command, "-o", str(record), "true"], capture_output=True, check=False, timeout=60)
    if tried.returncode != 0 and b"ptrace" in tried.stderr.lower():
        pytest.skip(f"no process may be traced here: {tried.stderr.decode()}")
    assert tried.returncode == 0, tried.stderr
    return command


@pytest.fixture(params=[True, False], ids=["sync", "no-sync"])
def traced(request: pytest.FixtureRequest, tmp_path: Path, start_daemon: StartDaemon, strace: list[str]) -> Traced:
    directory = tmp_path / "served"
    records = tmp_path / "records"
    directory.mkdir()
    records.mkdir()
    options = ["--bucket", f"served={directory}", *(["--sync"] if request.param else [])]
    daemon = start_daemon(*options, under=[*strace, "-o", str(records / "thread")])
    return Traced(daemon, request.param, directory, records)


def test_an_object(traced: Traced) -> None:
    bucket = traced.daemon.make_bucket()
    synced = traced.synced_by(lambda: traced.daemon.s3.put_object(Bucket=bucket, Key="a", Body=b"the body"))
    file = traced.stored_file(b"the body")
    assert {file, file.parent, traced.index} & synced == ({file, file.parent, traced.index} if traced.with_sync else set())


def test_what_is_replaced_goes_only_when_that_cannot_be_lost(traced: Traced) -> None:
    # It may have been promised to survive a power cut, which what replaces it need not.
    s3, bucket = traced.daemon.s3, traced.daemon.make_bucket()
    for change in (
        lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"new"),
        lambda: s3.delete_object(Bucket=bucket, Key="a"),
    ):
        s3.put_object(Bucket=bucket, Key="a", Body=b"old")
        assert traced.index in traced.synced_by(change)


def test_an_upload_of_parts(traced: Traced) -> None:
    s3, bucket = traced.daemon.s3, traced.daemon.make_bucket()
    bodies = [b"1" * (5 << 20), b"2"]
    upload = {"Bucket": bucket, "Key": "a"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(bodies, 1)
    ]
    synced = traced.synced_by(lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}))
    file = traced.stored_file(b"".join(bodies))
    assert {file, file.parent, traced.index} & synced == ({file, file.parent, traced.index} if traced.with_sync else set())


def test_a_file_of_a_directory(traced: Traced) -> None:
    directory = traced.bucket_directory
    synced = traced.synced_by(lambda: traced.daemon.s3.put_object(Bucket="served", Key="sub/a", Body=b"the body"))
    assert (directory / "sub" / "a").read_bytes() == b"the body"
    # The file is synced before it has its name; then come the directories with the names.
    files = [path for path in synced if path.parent == directory / "sub"]
    assert len(files) == (1 if traced.with_sync else 0)
    directories = {directory, directory / "sub"}
    assert directories & synced == (directories if traced.with_sync else set())


@pytest.mark.engine
def test_a_job_and_its_model_in_either_case(traced: Traced) -> None:
    jobs = Jobs(traced.daemon)
    names: list[str] = []
    synced = traced.synced_by(lambda: names.append(jobs.create("echo weights > /opt/ml/model/weights")))
    assert traced.daemon.data_directory / "jobs.db-wal" in synced
    synced = traced.synced_by(lambda: jobs.wait(names[0]))
    assert jobs.model(names[0]) == {"weights": b"weights\n"}
    file = traced.stored_file(jobs.get(names[0], "output/model.tar.gz"))
    assert {file, file.parent, traced.index} <= synced
