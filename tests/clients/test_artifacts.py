"""What a job stores: archives and plain objects, also from trees that mean harm."""

import os
import shutil
import stat
import subprocess
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.daemon import Daemon
from harness.jobs import Jobs, read_archive, unique_name

RunJob = Callable[..., dict[str, Any]]


def plain_output(jobs: Jobs) -> dict[str, Any]:
    return {"S3OutputPath": f"s3://{jobs.bucket}/out", "CompressionType": "NONE"}


@pytest.mark.as_root
def test_model_and_output_archives(jobs: Jobs) -> None:
    script = """
mkdir -p /opt/ml/model/sub/empty
echo weights > /opt/ml/model/sub/weights
echo table > /opt/ml/output/data/table.csv
echo own > /opt/ml/output/own
touch /opt/ml/output/success
"""
    name = jobs.run(script)["TrainingJobName"]
    assert jobs.keys(name) == ["output/model.tar.gz", "output/output.tar.gz"]
    assert jobs.model(name) == {"sub/weights": b"weights\n"}
    assert jobs.archive(name)["sub/empty"].info.isdir()
    output = jobs.archive(name, "output")
    assert {path for path, member in output.items() if member.info.isreg()} == {"table.csv"}


def test_nothing_is_stored_where_nothing_was_written(jobs: Jobs) -> None:
    job = jobs.run("true")
    name = job["TrainingJobName"]
    assert jobs.keys(name) == []
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{jobs.bucket}/out/{name}/output/model.tar.gz"


def test_output_path_may_end_in_a_slash(jobs: Jobs) -> None:
    job = jobs.run(
        "echo m > /opt/ml/model/m", OutputDataConfig={"S3OutputPath": f"s3://{jobs.bucket}/out/"}
    )
    name = job["TrainingJobName"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{jobs.bucket}/out/{name}/output/model.tar.gz"
    assert jobs.keys(name) == ["output/model.tar.gz"]


def test_output_path_may_be_a_bucket(jobs: Jobs) -> None:
    job = jobs.run("echo m > /opt/ml/model/m", OutputDataConfig={"S3OutputPath": f"s3://{jobs.bucket}"})
    key = f"{job['TrainingJobName']}/output/model.tar.gz"
    assert jobs.daemon.s3.head_object(Bucket=jobs.bucket, Key=key)["ContentLength"] > 0


def test_archives_are_the_same_for_the_same_tree(jobs: Jobs) -> None:
    script = """
cd /opt/ml/model
mkdir b a
echo 1 > b/z; echo 2 > a/y; echo 3 > c; ln -s c link
chmod 640 c; chown 12:34 c
find . -exec touch -h -d '2020-01-02 03:04:05' {} +
"""
    first = jobs.get(jobs.run(script)["TrainingJobName"], "output/model.tar.gz")
    second = jobs.get(jobs.run(script)["TrainingJobName"], "output/model.tar.gz")
    assert first == second
    members = read_archive(first)
    files = [path for path, member in members.items() if path]
    assert files == sorted(files)
    for member in members.values():
        assert (member.info.uid, member.info.gid) == (0, 0)
    assert members["c"].info.mtime == 1577934245
    assert members["c"].info.mode == 0o640


def test_links_stay_links(jobs: Jobs) -> None:
    script = """
cd /opt/ml/model
echo x > file; ln file hard; ln -s file soft; ln -s /etc/passwd out; ln -s ../../.. up; ln -s nowhere dangling
"""
    members = jobs.archive(jobs.run(script)["TrainingJobName"])
    for path, target in {"soft": "file", "out": "/etc/passwd", "up": "../../..", "dangling": "nowhere"}.items():
        assert members[path].info.issym()
        assert members[path].info.linkname == target
    assert {member.info.type for member in (members["file"], members["hard"])} <= {tarfile.REGTYPE, tarfile.LNKTYPE}


def test_special_files_are_skipped_with_a_word(jobs: Jobs) -> None:
    script = """
cd /opt/ml/model
mkfifo fifo; mknod null c 1 3; mknod disk b 8 0; echo x > file
"""
    name = jobs.run(script)["TrainingJobName"]
    assert set(jobs.archive(name)) - {"", "."} == {"file"}
    log = "\n".join(jobs.log(name))
    for path in ("fifo", "null", "disk"):
        assert path in log


def test_set_id_bits_are_dropped(jobs: Jobs) -> None:
    script = """
cd /opt/ml/model
cp /bin/busybox program; chmod 6755 program; mkdir directory; chmod 3777 directory
"""
    members = jobs.archive(jobs.run(script)["TrainingJobName"])
    assert members["program"].info.mode == 0o755
    assert members["directory"].info.mode & (stat.S_ISUID | stat.S_ISGID) == 0


def test_names_of_any_bytes(jobs: Jobs) -> None:
    script = r"""
cd /opt/ml/model
for name in ' space ' "$(printf 'new\nline')" "$(printf '\377\376')" 'quote"' -dash '*' 'back\slash' ünïcode '..x' '...'; do
  echo x > "./$name"
done
echo long > "$(head -c 255 /dev/zero | tr '\0' n)"
"""
    members = jobs.archive(jobs.run(script)["TrainingJobName"])
    names = {os.fsencode(path) for path in members} - {b"", b"."}
    assert names == {
        b" space ",
        b"new\nline",
        b"\xff\xfe",
        b'quote"',
        b"-dash",
        b"*",
        b"back\\slash",
        "ünïcode".encode(),
        b"..x",
        b"...",
        b"n" * 255,
    }


def test_paths_beyond_the_systems_limit_are_kept_or_named(jobs: Jobs) -> None:
    script = """
cd /opt/ml/model
name=$(head -c 200 /dev/zero | tr '\\0' d)
half=$(for i in $(seq 15); do printf %s/ $name; done)
mkdir -p $half x/$half
echo deep > x/${half}deepest
mv x $half
"""
    job = jobs.wait(jobs.create(script))
    if job["TrainingJobStatus"] == "Completed":
        path = "/".join(["d" * 200] * 15 + ["x"] + ["d" * 200] * 15 + ["deepest"])
        assert jobs.model(job["TrainingJobName"])[path] == b"deep\n"
    else:
        assert job["TrainingJobStatus"] == "Failed"
        assert "d" * 200 in job["FailureReason"]


def test_many_small_files(jobs: Jobs) -> None:
    script = """
cd /opt/ml/model
for d in $(seq 50); do mkdir $d; for f in $(seq 100); do echo $d $f > $d/$f; done; done
"""
    model = jobs.model(jobs.run(script)["TrainingJobName"])
    assert len(model) == 5000
    assert model["50/100"] == b"50 100\n"


@pytest.mark.slow
def test_a_file_beyond_four_gigabytes(jobs: Jobs, tmp_path: Path) -> None:
    size = 4 * 1024**3 + 5
    script = f"cd /opt/ml/model && truncate -s {size - 3} big && printf end >> big"
    name = jobs.create(script)
    job = jobs.wait(name, seconds=400)
    assert job["TrainingJobStatus"] == "Completed"
    archive = tmp_path / "model.tar.gz"
    jobs.daemon.s3.download_file(jobs.bucket, f"out/{name}/output/model.tar.gz", str(archive))
    with tarfile.open(archive) as tar:
        info = tar.getmember(next(path for path in tar.getnames() if path.endswith("big")))
        assert info.size == size
        file = tar.extractfile(info)
        assert file is not None
        read = 0
        while block := file.read(1 << 24):
            read, last = read + len(block), block
        assert (read, last[-3:]) == (size, b"end")


def test_a_big_archive_is_one_ordinary_gzip_member(jobs: Jobs, tmp_path: Path) -> None:
    script = "cd /opt/ml/model && dd if=/dev/urandom of=noise bs=1M count=40 2>/dev/null && truncate -s 40M zeros"
    name = jobs.run(script)["TrainingJobName"]
    data = jobs.get(name, "output/model.tar.gz")
    inflated = zlib.decompressobj(wbits=31)  # of one member: what follows it is left over
    size = len(inflated.decompress(data))
    assert size > 80 << 20 and inflated.eof and inflated.unused_data == b""
    (tmp_path / "model.tar.gz").write_bytes(data)
    subprocess.run(["gzip", "-t", str(tmp_path / "model.tar.gz")], check=True)
    listed = subprocess.run(["tar", "-tzf", str(tmp_path / "model.tar.gz")], check=True, capture_output=True, text=True)
    assert {"noise", "zeros"} <= {line.removeprefix("./") for line in listed.stdout.splitlines()}


# --- CompressionType NONE


@pytest.mark.as_root
def test_plain_objects(jobs: Jobs) -> None:
    script = """
mkdir -p /opt/ml/model/sub /opt/ml/model/empty /opt/ml/output/data/d
echo m > /opt/ml/model/sub/m; : > /opt/ml/model/nothing; echo t > /opt/ml/output/data/d/t
ln -s sub/m /opt/ml/model/link; mkfifo /opt/ml/model/fifo
"""
    job = jobs.run(script, OutputDataConfig=plain_output(jobs))
    name = job["TrainingJobName"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{jobs.bucket}/out/{name}/output/model"
    assert job["OutputDataConfig"]["CompressionType"] == "NONE"
    assert jobs.keys(name) == ["output/data/d/t", "output/model/nothing", "output/model/sub/m"]
    assert jobs.get(name, "output/model/sub/m") == b"m\n"
    log = "\n".join(jobs.log(name))
    assert "link" in log and "fifo" in log


def test_plain_objects_to_a_directory(jobs: Jobs, file_root: Path) -> None:
    target = file_root / unique_name("plain")
    name = jobs.run(
        "mkdir /opt/ml/model/sub; echo m > /opt/ml/model/sub/m",
        OutputDataConfig={"S3OutputPath": f"file://{target}", "CompressionType": "NONE"},
    )["TrainingJobName"]
    assert (target / name / "output" / "model" / "sub" / "m").read_text() == "m\n"


# --- file:// out


@pytest.mark.as_root
def test_archives_to_a_directory(jobs: Jobs, file_root: Path) -> None:
    target = file_root / unique_name("target")
    job = jobs.run(
        "echo m > /opt/ml/model/m; echo t > /opt/ml/output/data/t",
        OutputDataConfig={"S3OutputPath": f"file://{target}"},
    )
    directory = target / job["TrainingJobName"] / "output"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"file://{directory}/model.tar.gz"
    assert sorted(path.name for path in directory.iterdir()) == ["model.tar.gz", "output.tar.gz"]
    assert read_archive((directory / "model.tar.gz").read_bytes())["m"].content == b"m\n"
    assert (directory / "model.tar.gz").stat().st_uid == os.getuid()
    shutil.rmtree(target)


# --- hostile trees: nothing of the host is read, and the job ends


MARKER = "/etc/hostname"


@pytest.mark.as_root
@pytest.mark.parametrize("directory", ["/opt/ml/model", "/opt/ml/output/data"])
@pytest.mark.parametrize("target", ["/etc", "/proc/self/root/etc", "../../../etc"])
def test_a_directory_swapped_for_a_link(jobs: Jobs, directory: str, target: str) -> None:
    script = f"""
rm -rf {directory} 2>/dev/null; mv {directory} {directory}.old 2>/dev/null
ln -s {target} {directory}; readlink {directory} || readlink {directory}/etc; true
"""
    job = jobs.wait(jobs.create(script))
    name = job["TrainingJobName"]
    # What is mounted cannot be swapped: there the link lies inside.
    assert jobs.log(name)[0] == target
    archives = [jobs.archive(name, which) for which in ("model", "output") if f"output/{which}.tar.gz" in jobs.keys(name)]
    for archive in archives:
        assert {member.info.linkname for member in archive.values() if not member.info.isdir()} <= {target}
    if job["TrainingJobStatus"] == "Completed":
        assert archives or directory == "/opt/ml/output/data"


@pytest.mark.as_root
def test_output_itself_swapped_for_a_link(jobs: Jobs) -> None:
    script = "rm -rf /opt/ml/output; mv /opt/ml/output /opt/ml/moved; ln -s /etc /opt/ml/output; exit 1"
    job = jobs.wait(jobs.create(script))
    assert job["TrainingJobStatus"] == "Failed"
    assert "passwd" not in job["FailureReason"] and ", exit code: 1" in job["FailureReason"]
    assert jobs.keys(job["TrainingJobName"]) == []


@pytest.mark.as_root
@pytest.mark.parametrize(
    "make",
    [
        f"ln -s {MARKER} failure",
        "ln -s /proc/self/environ failure",
        "ln -s failure failure",
        "mkfifo failure",
        "mkdir failure; echo x > failure/x",
        "mknod failure c 1 5",
    ],
)
def test_a_failure_file_that_is_none(run_job: RunJob, make: str) -> None:
    job = run_job(f"cd /opt/ml/output && {make}; exit 7", expect="Failed")
    assert job["FailureReason"] == "AlgorithmError: , exit code: 7"


@pytest.mark.as_root
def test_a_failure_file_of_three_gigabytes(run_job: RunJob) -> None:
    script = "cd /opt/ml/output && printf begin > failure && truncate -s 3G failure; exit 7"
    job = run_job(script, expect="Failed")
    assert job["FailureReason"].startswith("AlgorithmError: begin")
    assert job["FailureReason"].endswith(", exit code: 7")
    assert len(job["FailureReason"]) <= 1024


def test_a_failure_file_that_is_no_text(run_job: RunJob) -> None:
    job = run_job(r"printf 'a\377\000b\n' > /opt/ml/output/failure; exit 7", expect="Failed")
    assert job["FailureReason"].startswith("AlgorithmError: a")
    assert job["FailureReason"].endswith("exit code: 7")


@pytest.mark.as_root
def test_links_inside_the_model_lead_nowhere(jobs: Jobs) -> None:
    """A directory that is a link is a link in the archive, and nothing behind it is packed."""
    script = """
cd /opt/ml/model
ln -s /etc etc; ln -s / root; mkdir real; ln -s ../../../../../etc/passwd real/passwd; ln -s /proc/1/root proc
"""
    name = jobs.run(script)["TrainingJobName"]
    members = jobs.archive(name)
    assert set(members) - {"", "."} == {"etc", "root", "real", "real/passwd", "proc"}
    assert not [path for path, member in members.items() if member.info.isreg()]
    plain = jobs.run(script, OutputDataConfig=plain_output(jobs))["TrainingJobName"]
    assert jobs.keys(plain) == []


@pytest.mark.engine
def test_an_output_bucket_that_goes_away_fails_the_job(start_daemon: Callable[..., Daemon]) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    name = jobs.create("echo started; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo m > /opt/ml/model/m")
    jobs.wait_for_log(name, "started")
    bucket, jobs.bucket = jobs.bucket, daemon.make_bucket()
    daemon.s3.delete_bucket(Bucket=bucket)
    container = daemon.engine.training_container(daemon.id, name)
    subprocess.run(["docker", "exec", container["Id"], "touch", "/tmp/go"], check=True)
    job = jobs.wait(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert bucket in job["FailureReason"]
