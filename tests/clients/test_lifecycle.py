"""Many jobs: the queue, listing, deletion, tags, updates, names."""

import datetime
import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import ACCOUNT, REGION, Daemon
from harness.jobs import TERMINAL, Jobs, unique_name

StartDaemon = Callable[..., Daemon]

pytestmark = pytest.mark.engine  # by daemons of their own


def failed(call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """The error of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return dict(caught.value.response["Error"])


def arn_of(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name.lower()}"


# --- the queue


UNTIL_STOPPED = "trap 'exit 0' TERM; while true; do sleep 0.1; done"


def test_jobs_wait_their_turn(start_daemon: StartDaemon) -> None:
    jobs = Jobs(start_daemon("--max-instances", "1"))
    names = [jobs.create(UNTIL_STOPPED), jobs.create(), jobs.create()]
    jobs.wait(names[0], "Training")
    for ahead, name in enumerate(names[1:]):
        waiting = jobs.describe(name)
        assert waiting["SecondaryStatus"] == "Starting"
        message = waiting["SecondaryStatusTransitions"][0]["StatusMessage"]
        assert message == f"Waiting for a free host: 1 of 1 are in use, {ahead} jobs are ahead in the queue"
    jobs.stop(names[0])
    assert jobs.wait(names[0])["TrainingJobStatus"] == "Stopped"
    done = [jobs.describe(names[0]), *(jobs.wait(name) for name in names[1:])]
    assert [job["TrainingJobStatus"] for job in done[1:]] == ["Completed"] * 2
    for earlier, later in zip(done, done[1:]):
        assert later["TrainingStartTime"] >= earlier["TrainingEndTime"]


def test_a_job_that_alone_needs_too_much_is_refused(start_daemon: StartDaemon) -> None:
    jobs = Jobs(start_daemon("--max-instances", "2"))
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 3, "VolumeSizeInGB": 1}
    error = failed(jobs.daemon.sm.create_training_job, **jobs.request(ResourceConfig=resources))
    assert error["Code"] == "ResourceLimitExceeded"


def test_more_jobs_than_hosts_run_at_once(start_daemon: StartDaemon) -> None:
    jobs = Jobs(start_daemon("--max-instances", "4"))
    names = [jobs.create("echo $TRAINING_JOB_NAME > /opt/ml/model/name") for _ in range(12)]
    for name in names:
        assert jobs.wait(name)["TrainingJobStatus"] == "Completed"
        assert jobs.model(name) == {"name": name.encode() + b"\n"}
    jobs.daemon.check_idle()


# --- names


def test_a_name_is_taken_whatever_its_case(jobs: Jobs) -> None:
    name = unique_name("Name")
    jobs.create(TrainingJobName=name)
    for again in (name, name.lower(), name.upper()):
        error = failed(jobs.daemon.sm.create_training_job, **jobs.request(TrainingJobName=again))
        assert error["Code"] == "ResourceInUse"
        assert error["Message"] == (
            "Training job names must be unique within an AWS account and region, "
            f"and a training job with this name already exists ({arn_of(name)})"
        )
    with pytest.raises(jobs.daemon.sm.exceptions.ResourceInUse):
        jobs.daemon.sm.create_training_job(**jobs.request(TrainingJobName=name))
    jobs.wait(name)


def test_describe_of_an_unknown_job(jobs: Jobs, aws: AwsCli) -> None:
    error = failed(jobs.daemon.sm.describe_training_job, TrainingJobName="no-such-job")
    assert error == {"Code": "ValidationException", "Message": "Requested resource not found."}
    said = aws.error("sagemaker", "describe-training-job", "--training-job-name", "no-such-job")
    assert "(ValidationException)" in said and "Requested resource not found." in said


# --- listing


@pytest.fixture(scope="module")
def listed(shared_daemon: Daemon) -> tuple[Any, str, list[str]]:
    """A dozen finished jobs that share a part of their names, oldest first."""
    jobs = Jobs(shared_daemon)
    mark = unique_name("l")
    names = []
    for index, letter in enumerate("cadbefhgijlk"):
        name = f"{letter}-{mark}-{index}"
        names.append(jobs.create("exit 1" if index % 3 == 0 else "true", TrainingJobName=name))
    for name in names:
        jobs.wait(name)
    return shared_daemon.sm, mark, names


def names_of(page: dict[str, Any]) -> list[str]:
    return [job["TrainingJobName"] for job in page["TrainingJobSummaries"]]


def test_newest_first_and_ten_a_page(listed: tuple[Any, str, list[str]], daemon: Daemon) -> None:
    sm, mark, names = listed
    first = sm.list_training_jobs(NameContains=mark)
    assert names_of(first) == names[::-1][:10]
    second = sm.list_training_jobs(NameContains=mark, NextToken=first["NextToken"])
    assert names_of(second) == names[::-1][10:]
    assert "NextToken" not in second


def test_summaries_have_what_clients_need(listed: tuple[Any, str, list[str]], daemon: Daemon) -> None:
    sm, mark, names = listed
    (job,) = sm.list_training_jobs(NameContains=names[0])["TrainingJobSummaries"]
    described = sm.describe_training_job(TrainingJobName=names[0])
    for member in ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "TrainingJobStatus"):
        assert job[member] == described[member]
    assert job["LastModifiedTime"] >= job["TrainingEndTime"]


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("sort_by", ["Name", "CreationTime", "Status"])
def test_every_order_walks_every_job_once(
    listed: tuple[Any, str, list[str]], daemon: Daemon, sort_by: str, order: str
) -> None:
    sm, mark, names = listed
    paginator = sm.get_paginator("list_training_jobs")
    pages = list(
        paginator.paginate(NameContains=mark, SortBy=sort_by, SortOrder=order, PaginationConfig={"PageSize": 5})
    )
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [5, 5, 2]
    found = [job for page in pages for job in page["TrainingJobSummaries"]]
    assert sorted(job["TrainingJobName"] for job in found) == sorted(names)
    if sort_by == "Status":
        keys = [job["TrainingJobStatus"] for job in found]
    elif sort_by == "Name":
        keys = [job["TrainingJobName"] for job in found]
    else:
        keys = [f"{names.index(job['TrainingJobName']):02}" for job in found]
    assert keys == sorted(keys, reverse=order == "Descending")


def test_filters(listed: tuple[Any, str, list[str]], daemon: Daemon) -> None:
    sm, mark, names = listed
    completed = [name for index, name in enumerate(names) if index % 3 != 0]

    def found(**query: Any) -> list[str]:
        return sorted(names_of(sm.list_training_jobs(NameContains=mark, MaxResults=100, **query)))

    assert found(StatusEquals="Completed") == sorted(completed)
    assert found(StatusEquals="Failed") == sorted(set(names) - set(completed))
    assert found(StatusEquals="Stopped") == []
    now = datetime.datetime.now(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    for member in ("CreationTime", "LastModifiedTime"):
        assert found(**{f"{member}After": now - hour, f"{member}Before": now + hour}) == sorted(names)
        assert found(**{f"{member}After": now + hour}) == []
        assert found(**{f"{member}Before": now - hour}) == []


def test_pages_stay_right_while_jobs_are_added(listed: tuple[Any, str, list[str]], jobs: Jobs) -> None:
    sm, mark, names = listed
    first = sm.list_training_jobs(NameContains=mark, MaxResults=6)
    added = jobs.create(TrainingJobName=f"new-{mark}")
    second = sm.list_training_jobs(NameContains=mark, MaxResults=6, NextToken=first["NextToken"])
    assert names_of(first) + names_of(second) == names[::-1]
    jobs.wait(added)
    jobs.daemon.sm.delete_training_job(TrainingJobName=added)


def test_a_token_that_is_none_is_refused(daemon: Daemon) -> None:
    error = failed(daemon.sm.list_training_jobs, NextToken="made up")
    assert error["Code"] == "ValidationException"


def test_the_aws_cli_pages(listed: tuple[Any, str, list[str]], aws: AwsCli) -> None:
    _, mark, names = listed
    answer = aws.json("sagemaker", "list-training-jobs", "--name-contains", mark, "--page-size", "5")
    assert names_of(answer) == names[::-1]


# --- deletion


def wait_until_gone(jobs: Jobs, name: str) -> None:
    deadline = time.monotonic() + 30
    while name in names_of(jobs.daemon.sm.list_training_jobs(NameContains=name)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_deleted_jobs_name_is_free_again(jobs: Jobs) -> None:
    name = jobs.run("echo first; echo m > /opt/ml/model/m")["TrainingJobName"]
    jobs.daemon.sm.delete_training_job(TrainingJobName=name)
    wait_until_gone(jobs, name)
    assert failed(jobs.daemon.sm.describe_training_job, TrainingJobName=name)["Code"] == "ValidationException"
    assert jobs.keys(name) == ["output/model.tar.gz"], "artifacts are not the job's to delete"
    jobs.run("echo second", TrainingJobName=name)
    assert jobs.log(name) == ["second"]


def test_a_running_job_cannot_be_deleted(jobs: Jobs) -> None:
    name = jobs.create("trap 'exit 0' TERM; while true; do sleep 0.1; done")
    error = failed(jobs.daemon.sm.delete_training_job, TrainingJobName=name)
    assert error["Code"] == "ResourceInUse"
    jobs.wait(name, "Training")
    jobs.stop(name)
    jobs.wait(name)
    jobs.daemon.sm.delete_training_job(TrainingJobName=name)


def test_deletion_of_an_unknown_job(jobs: Jobs) -> None:
    error = failed(jobs.daemon.sm.delete_training_job, TrainingJobName="no-such-job")
    assert error["Code"] in ("ResourceNotFound", "ValidationException")


# --- tags and updates


def test_tags(jobs: Jobs) -> None:
    sm = jobs.daemon.sm
    name = jobs.run(Tags=[{"Key": "a", "Value": "1"}, {"Key": "ä b", "Value": ""}])["TrainingJobName"]
    arn = arn_of(name)
    added = sm.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "c", "Value": "3"}])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in added} == {"a": "2", "ä b": "", "c": "3"}
    sm.delete_tags(ResourceArn=arn, TagKeys=["ä b", "absent"])
    left = sm.list_tags(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in left} == {"a": "2", "c": "3"}


def test_tags_of_an_unknown_job(jobs: Jobs) -> None:
    for call, more in ((jobs.daemon.sm.list_tags, {}), (jobs.daemon.sm.add_tags, {"Tags": [{"Key": "a", "Value": ""}]})):
        error = failed(call, ResourceArn=arn_of("no-such-job"), **more)
        assert error["Code"] in ("ValidationException", "ResourceNotFound")


def test_an_update_shows_in_describe(jobs: Jobs) -> None:
    name = jobs.create("trap 'exit 0' TERM; while true; do sleep 0.1; done")
    jobs.wait(name, "Training")
    answer = jobs.daemon.sm.update_training_job(TrainingJobName=name, ProfilerConfig={"DisableProfiler": True})
    assert answer["TrainingJobArn"] == arn_of(name)
    assert jobs.describe(name)["ProfilerConfig"]["DisableProfiler"] is True
    jobs.stop(name)
    assert jobs.wait(name)["TrainingJobStatus"] in TERMINAL


# --- kept containers


@pytest.mark.parametrize(("keep", "script", "kept"), [("failed", "exit 1", True), ("failed", "true", False), ("always", "true", True)])
def test_containers_can_be_kept(start_daemon: StartDaemon, keep: str, script: str, kept: bool) -> None:
    daemon = start_daemon("--keep", keep)
    jobs = Jobs(daemon)
    name = jobs.create(script)
    jobs.wait(name)
    assert bool(daemon.engine.remains(daemon.id).containers) == kept
    daemon.stop()
    daemon.engine.remove_all(daemon.id)
    shutil.rmtree(daemon.data_directory / "scratch", ignore_errors=True)
