"""Images whose user is not root, containers that lock root's files, daemons that are nobody special."""

import os
import pwd
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.engine import BUSYBOX, Engine
from harness.jobs import Jobs, s3_channel, unique_name

StartDaemon = Callable[..., Daemon]
STAGING = pytest.mark.parametrize("staging", ["overlay", "copy", "volume"])
pytestmark = pytest.mark.engine  # by daemons of their own


@pytest.fixture(scope="session")
def user_image(engine_door: Engine) -> str:
    return engine_door.build_image("trainyard/test-user", f"FROM {BUSYBOX}\nUSER 1234:1234\n")


@STAGING
@pytest.mark.as_root
def test_an_image_with_a_user_of_its_own(start_daemon: StartDaemon, user_image: str, staging: str) -> None:
    jobs = Jobs(start_daemon("--staging", staging))
    jobs.put("data/sub/a", "a")
    script = """
set -e
id -u
cd /opt/ml/input/data/train
echo more >> sub/a; echo new > sub/new; echo new > new; chmod +x new; mkdir deep; rm sub/a
echo export > /opt/ml/input/sm_training.env
cat /opt/ml/input/config/hyperparameters.json > /dev/null
echo m > /opt/ml/model/m; echo t > /opt/ml/output/data/t; echo f > /opt/ml/output/failure
echo x > /opt/ml/output/metrics/sagemaker/x
"""
    job = jobs.run(script, image=user_image, InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data")])
    name = job["TrainingJobName"]
    assert jobs.log(name) == ["1234"]
    assert jobs.model(name) == {"m": b"m\n"}
    assert "t" in jobs.archive(name, "output")


@STAGING
@pytest.mark.as_root
def test_a_single_file_is_never_changed_for_an_image_with_a_user(
    start_daemon: StartDaemon, user_image: str, file_root: Path, staging: str
) -> None:
    source = file_root / unique_name("source")
    source.write_text("original")
    source.chmod(0o640)
    jobs = Jobs(start_daemon("--staging", staging))
    script = f"set -e; cd /opt/ml/input/data/x; cat {source.name}; echo; echo changed > {source.name}; cat {source.name}"
    job = jobs.run(script, image=user_image, InputDataConfig=[s3_channel("x", f"file://{source}")])
    assert jobs.log(job["TrainingJobName"]) == ["original", "changed"]
    assert (source.read_text(), source.stat().st_mode & 0o777) == ("original", 0o640)


@STAGING
@pytest.mark.as_root
def test_a_directory_is_never_changed_for_an_image_with_a_user(
    start_daemon: StartDaemon, user_image: str, file_root: Path, staging: str
) -> None:
    """A file:// source keeps its bytes and modes; the container writes to a copy."""
    source = file_root / unique_name("source")
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "file").write_text("original")
    (source / "sub" / "file").chmod(0o640)
    (source / "sub").chmod(0o750)
    source.chmod(0o750)
    jobs = Jobs(start_daemon("--staging", staging))
    script = "set -e; cd /opt/ml/input/data/x; cat sub/file; echo; echo changed > sub/file; echo n > sub/new; cat sub/file"
    job = jobs.run(script, image=user_image, InputDataConfig=[s3_channel("x", f"file://{source}")])
    assert jobs.log(job["TrainingJobName"]) == ["original", "changed"]
    assert (source / "sub" / "file").read_text() == "original"
    assert [path.name for path in (source / "sub").iterdir()] == ["file"]
    modes = [path.stat().st_mode & 0o777 for path in (source, source / "sub", source / "sub" / "file")]
    assert modes == [0o750, 0o750, 0o640]


@STAGING
@pytest.mark.as_root
def test_files_that_only_root_may_read(start_daemon: StartDaemon, staging: str) -> None:
    """Everything is written as root with mode 0600 in directories of mode 0700, the channel's too."""
    daemon = start_daemon("--staging", staging)
    jobs = Jobs(daemon)
    jobs.put("data/a", "a")
    script = """
umask 077
set -e
for d in /opt/ml/model /opt/ml/output/data /opt/ml/input/data/train; do
  mkdir -p $d/locked/deep; echo secret > $d/locked/deep/file; chmod 0000 $d/locked/deep/file
  chown -R 0:0 $d; chmod 0700 $d
done
printf 'could not' > /opt/ml/output/failure
chmod 0600 /opt/ml/output/failure; chmod 0700 /opt/ml/output /opt/ml/input/config || true
exit 3
"""
    job = jobs.run(script, expect="Failed", InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data")])
    assert job["FailureReason"] == "AlgorithmError: could not, exit code: 3"
    name = job["TrainingJobName"]
    assert jobs.model(name) == {"locked/deep/file": b"secret\n"}
    assert jobs.archive(name, "output")["locked/deep/file"].content == b"secret\n"
    daemon.check_idle()
    daemon.stop()
    shutil.rmtree(daemon.data_directory)  # everything is this user's to delete
    daemon.data_directory.mkdir()


def test_the_suite_runs_as_an_ordinary_user() -> None:
    """Only a daemon without root's rights shows that it needs none; tests/run sees to it."""
    expected = os.environ.get("TRAINYARD_TEST_USER", "")
    if not expected:
        pytest.skip("not run by tests/run as root: nobody asked for another user")
    assert pwd.getpwuid(os.getuid()).pw_name == expected
    assert os.getuid() != 0
