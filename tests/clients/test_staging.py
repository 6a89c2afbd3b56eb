"""Channels by each way of staging: equal content, private, writable, and nothing dropped in silence."""

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import StartDaemon
from harness.daemon import Daemon
from harness.engine import Engine
from harness.jobs import UNTIL_TOLD, Jobs, s3_channel, unique_name

METHODS = ["overlay", "copy", "volume"]


@pytest.fixture(scope="module", params=METHODS)
def staged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, engine_door: Engine, file_root: Path
) -> Iterator[Jobs]:
    """Jobs of a daemon that stages in one way."""
    options = ("--staging", str(request.param), "--file-root", str(file_root), "--stop-grace", "5", "--log-level", "debug")
    daemon = Daemon(tmp_path_factory.mktemp(str(request.param)), engine_door, *options)
    daemon.start()
    yield Jobs(daemon)
    daemon.stop()
    daemon.check_gone()


@pytest.fixture
def jobs(staged: Jobs) -> Iterator[Jobs]:
    staged.bucket = staged.daemon.make_bucket()
    yield staged
    staged.stop_all()
    staged.daemon.check_idle()


@pytest.fixture
def source(file_root: Path) -> Path:
    directory = file_root / unique_name("source")
    directory.mkdir()
    return directory


def lower_layers(jobs: Jobs, name: str) -> dict[str, Path]:
    """What lies below each channel of a running job that is an overlay, by the Engine's own account."""
    container = jobs.daemon.engine.training_container(jobs.daemon.id, name)
    layers = {}
    for mount in container["HostConfig"]["Mounts"]:
        options = mount.get("VolumeOptions", {}).get("DriverConfig", {}).get("Options") or {}
        channel = mount["Target"].removeprefix("/opt/ml/input/data/")
        if channel == mount["Target"]:
            assert not options, mount
            continue
        assert options["type"] == "overlay", mount
        lower = re.match("lowerdir=([^,]+),", options["o"])
        assert lower is not None, options
        layers[channel] = Path(lower[1])
    return layers


@pytest.mark.as_root
def test_the_way_is_the_one_that_was_asked_for(jobs: Jobs) -> None:
    jobs.put("data/a", "the only object")
    script = f"{UNTIL_TOLD}; cat /opt/ml/input/data/train/a"
    name = jobs.create(script, InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data")])
    jobs.wait_for_log(name, "started")
    layers = lower_layers(jobs, name)
    if jobs.daemon.options[1] == "volume":
        assert layers == {}
        assert jobs.daemon.scratch() == []
    else:
        (file,) = layers["train"].iterdir()
        assert file.read_text() == "the only object"
        stored = [path for path in (jobs.daemon.data_directory / "objects").rglob("*") if path.samefile(file)]
        linked = jobs.daemon.options[1] == "overlay"
        assert (len(stored), file.stat().st_nlink) == ((1, 2) if linked else (0, 1))
    jobs.tell(name)
    jobs.wait(name)
    assert jobs.log(name) == ["started", "the only object"]


@pytest.mark.engine
def test_large_channels_become_overlays_and_small_ones_go_into_the_volume(start_daemon: StartDaemon) -> None:
    jobs = Jobs(start_daemon())
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: jobs.put(f"many/{number:03}", f"{number}\n"), range(301)))
    jobs.put("few/a", "a\n")
    jobs.put("large/a", bytes((64 << 20) + 1))
    channels = [s3_channel(name, f"s3://{jobs.bucket}/{name}/") for name in ("many", "few", "large")]
    script = f"{UNTIL_TOLD}; cd /opt/ml/input/data; cat many/* | wc -l; cat few/*; wc -c < large/a"
    name = jobs.create(script, InputDataConfig=channels)
    jobs.wait_for_log(name, "started")
    layers = lower_layers(jobs, name)
    assert sorted(layers) == ["large", "many"]
    assert (layers["large"] / "a").stat().st_nlink == 2
    jobs.tell(name)
    jobs.wait(name)
    assert jobs.log(name) == ["started", "301", "a", str((64 << 20) + 1)]


@pytest.mark.as_root
def test_content_is_equal(jobs: Jobs) -> None:
    files = {
        "a": b"a",
        "empty": b"",
        "sub/b": bytes(range(256)) * 1000,
        "sub/deep/er/c": b"c" * 70_000,
        " space ": b"1",
        "ünïcode/☃": b"2",
        "a+b%20c&d": b"3",
        "...": b"4",
        "-dash": b"5",
        "comma,colon:semi;back\\slash": b"6",
    }
    for key, body in files.items():
        jobs.put(f"data/{key}", body)
    script = "cp -r /opt/ml/input/data/train /opt/ml/model/"
    job = jobs.run(script, InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data")])
    found = jobs.model(job["TrainingJobName"])
    assert {path.removeprefix("train/"): body for path, body in found.items()} == files


@pytest.mark.as_root
def test_a_channel_is_private_and_writable(jobs: Jobs) -> None:
    jobs.put("data/a", "original")
    jobs.put("data/sub/b", "b")
    script = """
set -e
cd /opt/ml/input/data/train
printf ' and more' >> a; cat a; echo; mv sub moved; rm moved/b; echo n > n; ln -s n l; chmod 0755 a; rmdir moved
ls
"""
    channel = s3_channel("train", f"s3://{jobs.bucket}/data")
    for _ in range(2):
        job = jobs.run(script, InputDataConfig=[channel])
        assert jobs.log(job["TrainingJobName"]) == ["original and more", "a", "l", "n"]
    body = jobs.daemon.s3.get_object(Bucket=jobs.bucket, Key="data/a")["Body"].read()
    assert body == b"original"


def test_two_channels_of_one_source_are_two(jobs: Jobs) -> None:
    jobs.put("data/a", "a")
    uri = f"s3://{jobs.bucket}/data"
    script = "cd /opt/ml/input/data; echo x >> one/a; rm two/a; cat one/a three/a; ls two"
    job = jobs.run(script, InputDataConfig=[s3_channel(name, uri) for name in ("one", "two", "three")])
    assert jobs.log(job["TrainingJobName"]) == ["ax", "a"]


def test_an_object_that_is_replaced_while_the_job_runs(jobs: Jobs) -> None:
    jobs.put("data/a", "first")
    script = f"{UNTIL_TOLD}; cat /opt/ml/input/data/train/a"
    name = jobs.create(script, InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data")])
    jobs.wait_for_log(name, "started")
    jobs.put("data/a", "second")
    jobs.daemon.s3.delete_object(Bucket=jobs.bucket, Key="data/a")
    jobs.tell(name)
    jobs.wait(name)
    assert jobs.log(name) == ["started", "first"]


@pytest.mark.as_root
def test_a_directory_is_private_and_never_changed(jobs: Jobs, source: Path) -> None:
    (source / "sub").mkdir()
    (source / "a").write_text("a")
    (source / "sub" / "b").write_text("b")
    (source / "link").symlink_to("a")
    (source / "absolute").symlink_to("/etc/passwd")
    (source / "dangling").symlink_to("nowhere")
    script = """
set -e
cd /opt/ml/input/data/x
cat a sub/b; echo; readlink link; readlink absolute; readlink dangling
echo changed > a; echo changed > sub/b; echo n > n; rm link; rmdir sub 2>/dev/null || rm -r sub
"""
    job = jobs.run(script, InputDataConfig=[s3_channel("x", f"file://{source}")])
    assert jobs.log(job["TrainingJobName"]) == ["ab", "a", "/etc/passwd", "nowhere"]
    assert sorted(path.name for path in source.iterdir()) == ["a", "absolute", "dangling", "link", "sub"]
    assert ((source / "a").read_text(), (source / "sub" / "b").read_text()) == ("a", "b")


@pytest.mark.parametrize("name", ["comma,here", "colon:here", "back\\slash", "space here", "quote'\"", "per%41cent"])
def test_directories_with_characters_that_mount_options_cannot_carry(jobs: Jobs, source: Path, name: str) -> None:
    directory = source / name
    directory.mkdir()
    (directory / "a").write_text("a")
    job = jobs.run("cat /opt/ml/input/data/x/a", InputDataConfig=[s3_channel("x", f"file://{directory}")])
    assert jobs.log(job["TrainingJobName"]) == ["a"]


def test_one_file(jobs: Jobs, source: Path) -> None:
    (source / "a.csv").write_text("1,2")
    (source / "b.csv").write_text("3,4")
    script = "cd /opt/ml/input/data/x; ls; cat a.csv; echo; echo z > a.csv"
    job = jobs.run(script, InputDataConfig=[s3_channel("x", f"file://{source}/a.csv")])
    assert jobs.log(job["TrainingJobName"]) == ["a.csv", "1,2"]
    assert (source / "a.csv").read_text() == "1,2"


def test_a_prefix_of_two_thousand_keys(jobs: Jobs) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: jobs.put(f"data/{number % 7}/{number:05}", f"{number}\n"), range(2000)))
    script = "cd /opt/ml/input/data/x; find . -type f | wc -l; cat */* | sort -n | md5sum; wc -l < ../x-manifest"
    job = jobs.run(script, InputDataConfig=[s3_channel("x", f"s3://{jobs.bucket}/data/")])
    expected = hashlib.md5("".join(f"{number}\n" for number in range(2000)).encode()).hexdigest()
    assert jobs.log(job["TrainingJobName"]) == ["2000", f"{expected}  -", "2001"]


@pytest.mark.slow
def test_an_object_of_a_gigabyte(jobs: Jobs, tmp_path: Path) -> None:
    path = tmp_path / "big"
    block = bytes(range(256)) * 4096
    digest = hashlib.md5()
    with path.open("wb") as file:
        for index in range(1024):
            part = index.to_bytes(4, "big") + block[4:]
            file.write(part)
            digest.update(part)
    jobs.daemon.s3.upload_file(str(path), jobs.bucket, "data/big")
    path.unlink()
    script = "md5sum < /opt/ml/input/data/x/big; printf x >> /opt/ml/input/data/x/big"
    job = jobs.run(script, InputDataConfig=[s3_channel("x", f"s3://{jobs.bucket}/data/big")])
    assert jobs.log(job["TrainingJobName"]) == [f"{digest.hexdigest()}  -"]


COLLISIONS = [
    ("a", "a/b"),
    ("a/b", "a//b"),
    ("../escape",),
    ("x/../../escape",),
    ("./dot",),
    ("n" * 256,),
    ("x/" + "n" * 300 + "/y",),
]


@pytest.mark.parametrize("keys", COLLISIONS, ids=lambda keys: keys[0][:16])
def test_keys_that_cannot_be_files_fail_the_job_and_are_named(jobs: Jobs, keys: tuple[str, ...]) -> None:
    for key in keys:
        jobs.put(f"data/{key}", "x")
    job = jobs.run(expect="Failed", InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data/")])
    assert any(key[:100] in job["FailureReason"] for key in keys), job["FailureReason"]
    assert "train" in job["FailureReason"]
