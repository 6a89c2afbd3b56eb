"""Metrics that a job prints: in Describe, in CloudWatch, and over restarts of the daemon."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from harness.daemon import Daemon
from harness.engine import BUSYBOX
from harness.jobs import Jobs, shell

RunJob = Callable[..., dict[str, Any]]

LOSS = {"Name": "train:loss", "Regex": "loss=([0-9.]+)"}
RMSE = {"Name": "train:rmse", "Regex": "#011train-rmse:([0-9.]+)"}


def algorithm(script: str, *definitions: dict[str, str]) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {
            "TrainingImage": BUSYBOX,
            "TrainingInputMode": "File",
            "MetricDefinitions": list(definitions),
            **shell(script),
        }
    }


def samples(daemon: Daemon, job: str, metric: str, statistic: str = "SampleCount") -> float:
    """A statistic over everything that the job printed."""
    now = datetime.datetime.now(datetime.UTC)
    answer = daemon.client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName=metric,
        Dimensions=[{"Name": "TrainingJobName", "Value": job}],
        StartTime=now - datetime.timedelta(hours=1),
        EndTime=now + datetime.timedelta(minutes=1),
        Period=3600 * 24,
        Statistics=[statistic],
    )
    return sum(point[statistic] for point in answer["Datapoints"])


def test_metrics_of_a_job_are_in_describe_and_in_cloudwatch(daemon: Daemon, run_job: RunJob) -> None:
    script = "for i in 5 3 1.19876; do echo epoch loss=$i; done; printf '[1]\\ttrain-rmse:0.5\\n' >&2"
    unmatched = {"Name": "never", "Regex": "accuracy=(.*)"}
    job = run_job(**algorithm(script, LOSS, RMSE, unmatched))
    name = job["TrainingJobName"]
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == [LOSS, RMSE, unmatched]
    finals = {metric["MetricName"]: metric for metric in job["FinalMetricDataList"]}
    assert finals.keys() == {"train:loss", "train:rmse"}
    assert finals["train:loss"]["Value"] == 1.1987600326538086
    assert finals["train:rmse"]["Value"] == 0.5
    assert finals["train:loss"]["Timestamp"].microsecond == 0
    assert samples(daemon, name, "train:loss") == 3
    assert samples(daemon, name, "train:loss", "Maximum") == 5
    pages = daemon.client("cloudwatch").get_paginator("list_metrics").paginate(
        Namespace="/aws/sagemaker/TrainingJobs", Dimensions=[{"Name": "TrainingJobName", "Value": name}]
    )
    assert [metric["MetricName"] for page in pages for metric in page["Metrics"]] == ["train:loss", "train:rmse"]


def test_the_analytics_of_the_sdk_find_the_metrics(daemon: Daemon, run_job: RunJob) -> None:
    """What TrainingJobAnalytics of SageMaker's Python SDK asks, with its period and its times."""
    job = run_job(**algorithm("echo loss=0.5", LOSS))
    start = job["TrainingStartTime"]
    end = job["TrainingEndTime"] + datetime.timedelta(minutes=1)
    answer = daemon.client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName="train:loss",
        Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
        StartTime=start,
        EndTime=end,
        Period=60,
        Statistics=["Average"],
    )
    assert [point["Average"] for point in answer["Datapoints"]] == [0.5]
    assert answer["Datapoints"][0]["Timestamp"].second == 0


def test_a_job_that_prints_no_metric_has_no_final_ones(run_job: RunJob) -> None:
    assert "FinalMetricDataList" not in run_job(**algorithm("echo nothing", LOSS))


def test_metrics_are_there_while_the_job_runs(daemon: Daemon, jobs: Jobs) -> None:
    name = jobs.create(**algorithm("echo loss=2; echo ready; sleep 60", LOSS))
    jobs.wait_for_log(name, "ready")
    while not (job := jobs.describe(name)).get("FinalMetricDataList"):
        assert job["TrainingJobStatus"] == "InProgress"
    assert samples(daemon, name, "train:loss") == 1
    jobs.stop(name)
    assert jobs.wait(name)["FinalMetricDataList"][0]["Value"] == 2.0


def test_an_expression_that_does_not_compile_is_refused(daemon: Daemon, jobs: Jobs) -> None:
    with pytest.raises(daemon.sm.exceptions.ClientError, match=r"metric definition 'bad'.*parenthesis") as error:
        jobs.create(**algorithm("true", LOSS, {"Name": "bad", "Regex": "loss=("}))
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_an_expression_that_explodes_stops_nothing(daemon: Daemon, run_job: RunJob, jobs: Jobs) -> None:
    line = "a" * 60 + "!"
    script = f"i=0; while [ $i -lt 200 ]; do echo {line}; i=$((i+1)); done; echo loss=7"
    job = run_job(**algorithm(script, {"Name": "bad", "Regex": "(a+)+$"}, LOSS))
    assert [metric["MetricName"] for metric in job["FinalMetricDataList"]] == ["train:loss"]
    log = jobs.log(job["TrainingJobName"])
    assert log.count(line) == 200
    assert sum("the regular expression of metric bad" in entry for entry in log) == 1


@pytest.mark.engine
def test_a_killed_daemon_loses_and_doubles_no_value(start_daemon: Callable[..., Daemon]) -> None:
    daemon = start_daemon()
    jobs = Jobs(daemon)
    script = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo loss=$i; usleep 20000; done"
    name = jobs.create(**algorithm(script, LOSS))
    for count in (20, 120, 220):
        jobs.wait_for_log(name, f"loss={count}")
        daemon.kill()
        daemon.start()
    job = jobs.wait(name)
    assert job["TrainingJobStatus"] == "Completed"
    assert jobs.log(name) == [f"loss={i}" for i in range(1, 301)]
    assert samples(daemon, name, "train:loss") == 300
    assert samples(daemon, name, "train:loss", "Sum") == 300 * 301 / 2
    assert job["FinalMetricDataList"][0]["Value"] == 300.0
