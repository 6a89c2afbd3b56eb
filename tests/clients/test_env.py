"""`eval "$(trainyard env)"` is all a user types."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import StartDaemon
from harness.daemon import ACCOUNT, BINARY, REGION, Daemon

DEFAULT_BUCKET = f"sagemaker-{REGION}-{ACCOUNT}"


class Shell:
    """A user's shell, with a home of its own and nothing else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def run(self, script: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["sh", "-euc", script], env=self.environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def python(self, eval_env: str, program: str) -> Any:
        """What a Python program prints as JSON, run after the variables were taken over."""
        script = shlex.join([sys.executable, "-c", program])
        return json.loads(self.run(f'eval "$({eval_env})"; {script}').stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home of 'somebody'")


def env_of(daemon: Daemon, *more: str) -> str:
    return shlex.join([str(BINARY), "env", "--data-dir", str(daemon.data_directory), *more])


LIST = """
import boto3, json, os
s3 = boto3.client("s3")
sagemaker = boto3.client("sagemaker")
waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
others = sagemaker.get_waiter("endpoint_in_service")
print(json.dumps({
    "buckets": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
    "jobs": [job["TrainingJobName"] for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]],
    "delay": waiter.config.delay,
    "attempts": waiter.config.max_attempts,
    "success": sorted(a.expected for a in waiter.config.acceptors if a.state == "success"),
    "other": others.config.delay,
    "region": sagemaker.meta.region_name,
}))
"""


@pytest.mark.parametrize("options", [(), ("--auth", "required")])
def test_boto3_talks_to_the_daemon_of_the_data_directory(
    start_daemon: StartDaemon, shell: Shell, options: tuple[str, ...]
) -> None:
    daemon = start_daemon(*options)
    shell.environment |= {"AWS_SESSION_TOKEN": "x", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    assert shell.python(env_of(daemon), LIST) == {
        "buckets": [DEFAULT_BUCKET],
        "jobs": [],
        "delay": 1,
        "attempts": 21600,
        "success": ["Completed", "Stopped"],
        "other": 30,
        "region": REGION,
    }


def test_the_default_data_directory_is_enough(start_daemon: StartDaemon, shell: Shell) -> None:
    directory = shell.home / ".local" / "share"
    directory.mkdir(parents=True)
    daemon = start_daemon()
    (directory / "trainyard").symlink_to(daemon.data_directory)
    assert shell.python(f"{BINARY} env", LIST)["buckets"] == [DEFAULT_BUCKET]
    # And again, in the same shell, with the variables of the first time.
    script = f'eval "$({BINARY} env)"; eval "$({BINARY} env)"; echo "$AWS_DATA_PATH"'
    assert shell.run(script).stdout.count("/sdk/aws") == 1


def test_by_url(daemon: Daemon, shell: Shell) -> None:
    answer = shell.python(f"{BINARY} env --url {daemon.url}", LIST)
    assert DEFAULT_BUCKET in answer["buckets"]
    assert (shell.home / ".local/share/trainyard/sdk/sagemaker.yaml").exists()


def test_the_users_sdk_configuration_is_merged_and_stays(daemon: Daemon, shell: Shell) -> None:
    own = shell.home / ".config" / "sagemaker" / "config.yaml"
    own.parent.mkdir(parents=True)
    text = "SchemaVersion: '1.0'\nSageMaker:\n  TrainingJob:\n    VpcConfig: {Subnets: [subnet-1]}\n"
    own.write_text(text)
    show = 'cat "$SAGEMAKER_USER_CONFIG_OVERRIDE"'
    merged = shell.run(f'eval "$({env_of(daemon)})"; {show}').stdout
    assert DEFAULT_BUCKET in merged
    assert "subnet-1" in merged
    assert f"RoleArn: arn:aws:iam::{ACCOUNT}:role/" in merged
    assert "TelemetryOptOut: true" in merged
    assert own.read_text() == text
    # Another file that the variable names, and that is still known once the variable names ours.
    other = shell.home / "other.yaml"
    other.write_text(text.replace("subnet-1", "subnet-2"))
    shell.environment["SAGEMAKER_USER_CONFIG_OVERRIDE"] = str(other)
    again = shell.run(f'eval "$({env_of(daemon)})"; eval "$({env_of(daemon)})"; {show}').stdout
    assert "subnet-2" in again
    assert "subnet-1" not in again


def test_a_home_without_a_configuration_may_change(daemon: Daemon, shell: Shell) -> None:
    shell.run(f'eval "$({env_of(daemon)})"; HOME=/nonexistent; eval "$({env_of(daemon)})"')


def test_a_configuration_that_another_daemon_left_is_not_the_users(daemon: Daemon, shell: Shell) -> None:
    for gone in (False, True):
        other = shell.home / "other" / "sdk" / "sagemaker.yaml"
        other.parent.mkdir(parents=True, exist_ok=True)
        other.unlink(missing_ok=True)
        if not gone:
            own = shell.run(f'eval "$({env_of(daemon)})"; cat "$SAGEMAKER_USER_CONFIG_OVERRIDE"').stdout
            other.write_text(own + "# of the other daemon\n")
        shell.environment["SAGEMAKER_USER_CONFIG_OVERRIDE"] = str(other)
        merged = shell.run(f'eval "$({env_of(daemon)})"; cat "$SAGEMAKER_USER_CONFIG_OVERRIDE"').stdout
        assert DEFAULT_BUCKET in merged
        assert "of the other daemon" not in merged


def test_a_configuration_that_cannot_be_read_is_said(daemon: Daemon, shell: Shell) -> None:
    (shell.home / "broken.yaml").write_text("{")
    shell.environment["SAGEMAKER_USER_CONFIG_OVERRIDE"] = str(shell.home / "broken.yaml")
    done = shell.run(env_of(daemon), check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "broken.yaml" in done.stderr


@pytest.mark.parametrize("named", ["s3://bucket/config.yaml", "/nonexistent/config.yaml", "{home}"])
def test_a_configuration_that_is_named_must_be_there(daemon: Daemon, shell: Shell, named: str) -> None:
    named = named.format(home=shell.home)
    shell.environment["SAGEMAKER_USER_CONFIG_OVERRIDE"] = named
    done = shell.run(env_of(daemon), check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert named in done.stderr
    assert "SAGEMAKER_USER_CONFIG_OVERRIDE" in done.stderr


def test_without_a_daemon_nothing_is_printed(shell: Shell) -> None:
    done = shell.run(f"{BINARY} env", check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "trainyard serve" in done.stderr
    refused = shell.run(f"{BINARY} env --url http://127.0.0.1:1", check=False)
    assert refused.returncode == 1
    assert "127.0.0.1:1" in refused.stderr


def test_as_json(daemon: Daemon, shell: Shell) -> None:
    variables = json.loads(shell.run(env_of(daemon, "--format", "json")).stdout)
    assert variables["AWS_ENDPOINT_URL"] == daemon.url
