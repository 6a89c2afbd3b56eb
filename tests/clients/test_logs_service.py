"""CloudWatch Logs as boto3, the SageMaker SDKs and both versions of the AWS CLI use it."""

import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from harness.aws_cli import DEBIAN_AWS, AwsCli
from harness.daemon import POLL_SECONDS, Daemon
from harness.jobs import TERMINAL, WAIT_SECONDS, Jobs

GROUP = "/aws/sagemaker/TrainingJobs"


def milliseconds() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def group(logs: Any) -> Iterator[str]:
    name = f"/test/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


def put(logs: Any, group: str, stream: str, *messages: str, at: int | None = None) -> Any:
    begin = milliseconds() if at is None else at
    events = [{"timestamp": begin + number, "message": message} for number, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


class SdkReader:
    """Reads a job's log as SageMaker's SDKs do: v2 asks for the streams at each poll and goes on from
    the time of the last event that it saw and the number of events of that time; v3 keeps the token."""

    def __init__(self, logs: Any, job: str, instances: int = 1) -> None:
        self.logs = logs
        self.job = job
        self.instances = instances
        self.streams: list[str] = []
        self.by_time: list[str] = []
        self.by_token: list[str] = []
        self.last = (0, 0)
        self.token: dict[str, str] = {}

    def poll(self) -> None:
        asked = {"logGroupName": GROUP, "logStreamNamePrefix": self.job + "/", "orderBy": "LogStreamName"}
        try:
            answer = self.logs.describe_log_streams(**asked, limit=self.instances)
        except self.logs.exceptions.ResourceNotFoundException:
            return
        assert "nextToken" not in answer, "SDK v2 would ask for ever"
        self.streams = [stream["logStreamName"] for stream in answer["logStreams"]]
        for stream in self.streams:
            self.poll_by_time(stream)
            self.poll_by_token(stream)

    def poll_by_time(self, stream: str) -> None:
        time_seen, skip = self.last
        token: dict[str, str] = {}
        while True:
            answer = self.logs.get_log_events(
                logGroupName=GROUP, logStreamName=stream, startTime=time_seen, startFromHead=True, **token
            )
            token = {"nextToken": answer["nextForwardToken"]}
            events = answer["events"]
            if not events:
                return
            if len(events) > skip:
                events, skip = events[skip:], 0
            else:
                skip, events = skip - len(events), []
            for event in events:
                moment, count = self.last
                self.last = (event["timestamp"], count + 1 if event["timestamp"] == moment else 1)
                self.by_time.append(event["message"])

    def poll_by_token(self, stream: str) -> None:
        while True:
            answer = self.logs.get_log_events(
                logGroupName=GROUP, logStreamName=stream, startFromHead=True, **self.token
            )
            self.token = {"nextToken": answer["nextForwardToken"]}
            if not answer["events"]:
                return
            self.by_token += [event["message"] for event in answer["events"]]

    def follow(self, sm: Any) -> None:
        """Status, then log, until the status is terminal."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            job = sm.describe_training_job(TrainingJobName=self.job)
            self.poll()
            if job["TrainingJobStatus"] in TERMINAL:
                return
            assert time.monotonic() < deadline
            time.sleep(POLL_SECONDS)


# --- the log of a job


def test_a_jobs_log_read_as_the_sdks_read_it(jobs: Jobs, sm: Any, logs: Any) -> None:
    script = "for i in 1 2 3 4 5; do seq $((i * 100)) $((i * 100 + 99)); sleep 0.2; done"
    name = jobs.create(script)
    reader = SdkReader(logs, name)
    reader.follow(sm)
    expected = [str(number) for number in range(100, 600)]
    assert reader.by_time == expected
    assert reader.by_token == expected
    assert len(reader.streams) == 1
    prefix, _, epoch = reader.streams[0].rpartition("-")
    assert prefix == f"{name}/algo-1"
    assert abs(int(epoch) - time.time()) < 600


def test_the_stream_is_there_before_the_first_line_and_lines_come_at_once(jobs: Jobs, sm: Any, logs: Any) -> None:
    name = jobs.create("sleep 1; echo line; trap 'exit 0' TERM; while true; do sleep 0.1; done")
    reader = SdkReader(logs, name)
    deadline = time.monotonic() + WAIT_SECONDS
    seen_empty = False
    # The line may come between the two questions of a poll.
    while not (reader.by_time and reader.by_token):
        assert time.monotonic() < deadline
        reader.poll()
        seen_empty = seen_empty or bool(reader.streams and not reader.by_token)
    behind = milliseconds() - reader.last[0]
    assert seen_empty
    assert behind < 5000, "far behind, even for a busy machine"
    stream = reader.streams[0]
    with pytest.raises(logs.exceptions.OperationAbortedException):
        logs.delete_log_stream(logGroupName=GROUP, logStreamName=stream)
    jobs.stop(name)
    jobs.wait(name)
    logs.delete_log_stream(logGroupName=GROUP, logStreamName=stream)


@pytest.mark.engine
def test_a_log_outlives_its_job_and_the_daemon(start_daemon: Callable[..., Daemon]) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    name = jobs.run("seq 3; printf '\\ta tab\\n'")["TrainingJobName"]
    reader = SdkReader(daemon.logs, name)
    reader.poll()
    daemon.sm.delete_training_job(TrainingJobName=name)
    daemon.restart()
    again = SdkReader(daemon.logs, name)
    again.token = reader.token
    again.poll()
    assert again.by_time == ["1", "2", "3", "\ta tab"]
    assert again.by_token == []
    # A job of the same name begins a log of its own: one stream for each host is what SDKs expect.
    jobs.run("echo new", TrainingJobName=name)
    fresh = SdkReader(daemon.logs, name)
    fresh.poll()
    assert fresh.by_time == ["new"]


def test_logs_of_jobs_are_searched_together(jobs: Jobs, logs: Any) -> None:
    names = [jobs.run(f"echo '{{\"loss\": 0.{number}}}'; echo text")["TrainingJobName"] for number in (1, 9)]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, filterPattern="{ $.loss < 0.5 }")
    found = [event for page in pages for event in page["events"] if event["logStreamName"].split("/")[0] in names]
    assert [json.loads(event["message"]) for event in found] == [{"loss": 0.1}]
    assert found[0]["logStreamName"].startswith(names[0] + "/algo-1-")


# --- groups and streams of one's own


def test_groups_streams_and_events(logs: Any, group: str) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    answer = put(logs, group, "s", "one", "two")
    assert "rejectedLogEventsInfo" not in answer
    put(logs, group, "s", "three")
    page = logs.get_log_events(logGroupName=group, logStreamName="s")
    assert [event["message"] for event in page["events"]] == ["one", "two", "three"]
    assert all(abs(event["ingestionTime"] - milliseconds()) < 600_000 for event in page["events"])
    described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [found["logGroupName"] for found in described] == [group]
    assert described[0]["arn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    assert described[0]["storedBytes"] > 0
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["lastEventTimestamp"] == page["events"][-1]["timestamp"]
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    logs.tag_resource(resourceArn=described[0]["logGroupArn"], tags={"k": "v"})
    assert logs.list_tags_for_resource(resourceArn=described[0]["logGroupArn"])["tags"] == {"k": "v"}
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(logGroupName=group, logStreamName="s")


def test_errors_are_those_of_the_model(logs: Any, group: str) -> None:
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.create_log_group(logGroupName="a b")
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="The specified log stream does not exist"):
        put(logs, group, "none", "x")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        logs.describe_queries()
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_many_events_in_pages_both_ways(logs: Any, group: str) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    begin = milliseconds() - 100_000
    expected = [f"event {number} " + "x" * 100 for number in range(25_000)]
    for at in range(0, len(expected), 6_000):
        put(logs, group, "s", *expected[at : at + 6_000], at=begin + at)
    for forward in (True, False):
        found: list[str] = []
        token: dict[str, str] = {}
        name = "nextForwardToken" if forward else "nextBackwardToken"
        while True:
            page = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=forward, **token)
            messages = [event["message"] for event in page["events"]]
            found = found + messages if forward else messages + found
            if page[name] == token.get("nextToken"):
                break
            token = {"nextToken": page[name]}
        assert found == expected


def test_the_paginators_come_to_their_ends(logs: Any, group: str) -> None:
    names = sorted(f"stream-{number}" for number in range(7))
    for name in names:
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        put(logs, group, name, *(f"{name} {number}" for number in range(5)))
    streams = logs.get_paginator("describe_log_streams").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 3}
    )
    assert [stream["logStreamName"] for page in streams for stream in page["logStreams"]] == names
    events = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 4})
    found = [event for page in events for event in page["events"]]
    assert sorted(event["message"] for event in found) == [f"{name} {number}" for name in names for number in range(5)]
    assert found == sorted(found, key=lambda event: event["timestamp"])
    assert len({event["eventId"] for event in found}) == 35


# --- the AWS CLI


def test_the_cli_of_the_first_version(aws: AwsCli, logs: Any, group: str) -> None:
    aws("logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "s")
    at = milliseconds()
    events = json.dumps([{"timestamp": at, "message": "hello"}])
    aws("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "s", "--log-events", events)
    page = aws.json("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "s")
    assert [(event["timestamp"], event["message"]) for event in page["events"]] == [(at, "hello")]
    found = aws.json("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "hell")
    assert [event["message"] for event in found["events"]] == ["hello"]
    assert "ResourceNotFoundException" in aws.error(
        "logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "none"
    )


@pytest.mark.skipif(not DEBIAN_AWS.exists(), reason="Debian's package awscli is not installed")
def test_the_cli_of_the_second_version_follows_a_job(jobs: Jobs, tmp_path: Path) -> None:
    cli = AwsCli(jobs.daemon.url, tmp_path, str(DEBIAN_AWS))
    name = jobs.create("echo begun; trap 'echo ended; exit 0' TERM; while true; do sleep 0.1; done")
    jobs.wait_for_log(name, "begun")
    # Debian's release of 2022 knows no variable for the endpoint.
    command = [*cli.program, "--endpoint-url", jobs.daemon.url, "logs", "tail", GROUP]
    command += ["--log-stream-name-prefix", f"{name}/", "--format", "short"]
    unbuffered = {**cli.environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([*command, "--follow"], env=unbuffered, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().endswith("begun\n")
            jobs.stop(name)
            assert process.stdout.readline().endswith("ended\n")
        finally:
            process.terminate()
    jobs.wait(name)
    lines = subprocess.run(command, env=cli.environment, capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in lines.splitlines()] == ["begun", "ended"]
