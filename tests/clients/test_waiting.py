"""Clients that wait for a job's end learn of it at once, though they ask rarely."""

import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import StartDaemon
from harness.aws_cli import AwsCli
from harness.daemon import CREDENTIALS, REGION, Daemon
from harness.jobs import TERMINAL, Jobs
from harness.questions import await_taken, taken

# The waiter itself would ask again after two minutes.
SOON = 60


def asking_as(daemon: Daemon, user_agent: str) -> Any:
    return boto3.client(
        "sagemaker",
        endpoint_url=daemon.url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=botocore.config.Config(user_agent_extra=user_agent, retries={"total_max_attempts": 1}),
    )


def ask_raw(daemon: Daemon, job: str) -> socket.socket:
    """Asks as a waiter does, and does not wait for the answer."""
    body = f'{{"TrainingJobName": "{job}"}}'
    connection = socket.create_connection(("127.0.0.1", int(daemon.url.rsplit(":", 1)[1])), timeout=SOON)
    connection.sendall(
        f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: SageMaker.DescribeTrainingJob\r\n"
        f"User-Agent: m/B\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    return connection


def answer_to(held: socket.socket) -> bytes:
    """All that comes until the job's status has; its beginning may have come long before."""
    text = b""
    while b'"TrainingJobStatus"' not in text:
        part = held.recv(65536)
        assert part, text
        text += part
    return text


def held_by(daemon: Daemon, job: str) -> socket.socket:
    """Asks, and returns when the daemon holds the question."""
    before = taken(daemon)
    connection = ask_raw(daemon, job)
    await_taken(daemon, before + 1)
    return connection


def test_a_waiter_of_boto3(daemon: Daemon, jobs: Jobs) -> None:
    name = jobs.create("sleep 2")
    started = time.monotonic()
    daemon.sm.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)
    assert time.monotonic() - started < SOON
    assert jobs.describe(name)["TrainingJobStatus"] == "Completed"


def test_a_waiter_that_outlasts_the_clients_patience(daemon: Daemon, jobs: Jobs) -> None:
    """The answer's beginning and its spaces keep a client going that waits 12 s for a byte."""
    name = jobs.create("sleep 15")
    client = daemon.client("sagemaker", read_timeout=12)
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig={"MaxAttempts": 1})
    assert jobs.describe(name)["TrainingJobStatus"] == "Completed"


def test_the_clis_wait(daemon: Daemon, jobs: Jobs, aws: AwsCli) -> None:
    name = jobs.create("sleep 2")
    started = time.monotonic()
    aws("sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", name)
    assert time.monotonic() - started < SOON


def test_sagemakers_sdk_is_held_and_nobody_else(daemon: Daemon, jobs: Jobs) -> None:
    name = jobs.create("sleep 3")
    assert jobs.describe(name)["TrainingJobStatus"] == "InProgress"
    sdk = asking_as(daemon, "lib/AWS-SageMaker-Python-SDK#2.257.6")
    assert sdk.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"


def test_what_creation_asks_is_answered_at_once(daemon: Daemon, jobs: Jobs) -> None:
    core = asking_as(daemon, "lib/AWS-SageMakerCore#2.20.0")
    request = jobs.request("sleep 3")
    name = request["TrainingJobName"]
    core.create_training_job(**request)
    assert core.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    assert core.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"


def test_many_waiters_do_not_keep_others_waiting(daemon: Daemon, jobs: Jobs) -> None:
    name = jobs.create("sleep 600")
    program = (
        "import boto3, sys; boto3.client('sagemaker', endpoint_url=sys.argv[1])"
        ".get_waiter('training_job_completed_or_stopped').wait(TrainingJobName=sys.argv[2])"
    )
    held = [ask_raw(daemon, name) for _ in range(300)]  # more than the daemon has threads
    command = [sys.executable, "-c", program, daemon.url, name]
    waiter = subprocess.Popen(command, env={"PATH": "/usr/bin", **CREDENTIALS})
    assert jobs.describe(name)["TrainingJobStatus"] == "InProgress"
    for connection in held[:50]:
        connection.close()
    jobs.stop(name)
    assert waiter.wait(SOON) == 0
    for connection in held[50:]:
        assert b'"TrainingJobStatus":"Stopped"' in answer_to(connection)
        connection.close()


@pytest.mark.engine
def test_a_daemon_that_ends_answers_who_waits(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    name = jobs.create("sleep 600")
    held = held_by(daemon, name)
    assert daemon.process is not None
    daemon.process.terminate()
    assert b'"TrainingJobStatus":"InProgress"' in answer_to(held)
    assert held.recv(1) == b""
    assert daemon.await_exit() == 0
    daemon.start()
    jobs.stop(name)


@pytest.mark.engine
def test_a_reset_answers_who_waits(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    name = Jobs(daemon).create("sleep 600")
    held = held_by(daemon, name)
    before = taken(daemon)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(daemon.sm.get_waiter("training_job_completed_or_stopped").wait, TrainingJobName=name)
        await_taken(daemon, before + 1)
        reset = urllib.request.Request(f"{daemon.url}/_trainyard/reset", data=b"", headers={"X-Trainyard": "1"})
        with urllib.request.urlopen(reset, timeout=SOON) as answer:
            assert answer.status == 200
        with pytest.raises(botocore.exceptions.WaiterError, match="ValidationException"):
            waiting.result(SOON)
    answer = held.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Requested resource not found" in answer


def asked_until_the_end(daemon: Daemon) -> tuple[int, int]:
    """How often a session of the SDK that never rests asks about a job, and the job's whole seconds from
    its creation to its end."""
    jobs = Jobs(daemon)
    sdk = asking_as(daemon, "lib/AWS-SageMaker-Python-SDK#2.257.6")
    name = jobs.create("sleep 4")
    before = taken(daemon)
    job = {"TrainingJobStatus": "InProgress"}
    while job["TrainingJobStatus"] not in TERMINAL:
        job = sdk.describe_training_job(TrainingJobName=name)
    return taken(daemon) - before, int((job["LastModifiedTime"] - job["CreationTime"]).total_seconds())


@pytest.mark.engine
def test_an_sdk_is_held_as_long_as_asked_for(start_daemon: StartDaemon) -> None:
    count, seconds = asked_until_the_end(start_daemon("--hold-describe", "1"))
    # Each question but the last took its second; and none took all of the job, as one does by default.
    assert 2 <= count <= seconds + 1


@pytest.mark.engine
def test_an_sdk_is_not_held_where_holding_is_off(start_daemon: StartDaemon) -> None:
    count, seconds = asked_until_the_end(start_daemon("--hold-describe", "off"))
    assert count > seconds + 1


@pytest.mark.engine
def test_a_waiter_is_not_held_where_holding_is_off(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--hold-describe", "off")
    jobs = Jobs(daemon)
    name = jobs.create("sleep 600")
    waiter = asking_as(daemon, "m/B")
    assert waiter.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    jobs.stop(name)
    jobs.wait(name)
