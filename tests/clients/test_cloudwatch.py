"""CloudWatch metrics in each of the protocols that clients speak to it."""

import datetime
import gzip
import http.client
import json
import urllib.parse
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.aws_cli import AwsCli
from harness.daemon import Daemon
from harness.jobs import unique_name

MINUTE = datetime.timedelta(minutes=1)
TARGET = "GraniteServiceVersion20100801"


@pytest.fixture
def cloudwatch(daemon: Daemon) -> Any:
    return daemon.client("cloudwatch")


@pytest.fixture
def space() -> str:
    """A namespace of the test's own."""
    return unique_name("Space")


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def post(daemon: Daemon, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(daemon.url).netloc, timeout=30)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    fields = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, fields, answer.read()


def test_metrics_are_put_listed_and_read(cloudwatch: Any, space: str) -> None:
    time = now()
    dimensions = [{"Name": "Host", "Value": "a"}]
    cloudwatch.put_metric_data(
        Namespace=space,
        MetricData=[
            {"MetricName": "loss", "Dimensions": dimensions, "Timestamp": time, "Value": value, "Unit": "Seconds"}
            for value in (1.0, 2.0, 6.0)
        ],
    )
    metrics = [
        metric for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace=space) for metric in page["Metrics"]
    ]
    assert metrics == [{"Namespace": space, "MetricName": "loss", "Dimensions": dimensions}]

    statistics = cloudwatch.get_metric_statistics(
        Namespace=space,
        MetricName="loss",
        Dimensions=dimensions,
        StartTime=time - MINUTE,
        EndTime=time + MINUTE,
        Period=60,
        Statistics=["Average", "Maximum", "SampleCount"],
    )
    [point] = statistics["Datapoints"]
    assert (point["Average"], point["Maximum"], point["SampleCount"], point["Unit"]) == (3.0, 6.0, 3.0, "Seconds")
    assert point["Timestamp"] == time.replace(second=0)

    metric = {"Namespace": space, "MetricName": "loss", "Dimensions": dimensions}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[
            {"Id": stat.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
            for stat in ("Sum", "p50", "Minimum")
        ],
        StartTime=time - MINUTE,
        EndTime=time + MINUTE,
        MaxDatapoints=1,
    )
    values = {result["Id"]: result["Values"] for page in pages for result in page["MetricDataResults"] if result["Values"]}
    assert values == {"sum": [9.0], "p50": [2.0], "minimum": [1.0]}


def test_much_data_is_packed_by_the_client(cloudwatch: Any, space: str) -> None:
    data = [{"MetricName": f"metric-{i}", "Value": float(i)} for i in range(1000)]
    cloudwatch.put_metric_data(Namespace=space, MetricData=data)
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=space)
    assert sum(len(page["Metrics"]) for page in pages) == 1000


def test_errors_have_the_services_names(cloudwatch: Any, space: str) -> None:
    question: dict[str, Any] = {"Namespace": space, "MetricName": "m", "StartTime": now(), "EndTime": now() - MINUTE}
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_statistics(**question, Period=60, Statistics=["Sum"])
    assert error.value.response["Error"]["Code"] in ("InvalidParameterValue", "InvalidParameterValueException")
    with pytest.raises(ClientError) as error:
        cloudwatch.describe_alarms()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_the_query_protocol_as_older_clients_speak_it(daemon: Daemon, cloudwatch: Any, space: str) -> None:
    form = {
        "Action": "PutMetricData",
        "Version": "2010-08-01",
        "Namespace": space,
        "MetricData.member.1.MetricName": "m",
        "MetricData.member.1.Value": "2.5",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    status, _, body = post(daemon, "/", headers, urllib.parse.urlencode(form).encode())
    assert status == 200, body
    form = {
        "Action": "GetMetricStatistics",
        "Version": "2010-08-01",
        "Namespace": space,
        "MetricName": "m",
        "StartTime": (now() - MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "EndTime": (now() + MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Period": "60",
        "Statistics.member.1": "Sum",
    }
    status, fields, body = post(daemon, "/", headers, urllib.parse.urlencode(form).encode())
    assert status == 200, body
    assert fields["content-type"] == "text/xml"
    assert b"<Sum>2.5</Sum>" in body
    assert len(cloudwatch.list_metrics(Namespace=space)["Metrics"]) == 1


def test_cbor_as_other_sdks_speak_it(daemon: Daemon, cloudwatch: Any, space: str) -> None:
    def text(value: str) -> bytes:
        data = value.encode()
        return bytes([0x78, len(data)]) + data

    datum = b"\xa2" + text("MetricName") + text("m") + text("Value") + b"\xfa\x40\x20\x00\x00"
    body = b"\xbf" + text("Namespace") + text(space) + text("MetricData") + b"\x9f" + datum + b"\xff\xff"
    headers = {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Content-Encoding": "gzip"}
    path = f"/service/{TARGET}/operation/PutMetricData"
    status, fields, answer = post(daemon, path, headers, gzip.compress(body))
    assert (status, answer) == (200, b"")
    assert fields["smithy-protocol"] == "rpc-v2-cbor"
    statistics = cloudwatch.get_metric_statistics(
        Namespace=space,
        MetricName="m",
        StartTime=now() - MINUTE,
        EndTime=now() + MINUTE,
        Period=60,
        Statistics=["Maximum"],
    )
    assert [point["Maximum"] for point in statistics["Datapoints"]] == [2.5]
    status, fields, answer = post(daemon, path, headers, gzip.compress(b"\xa0"))
    assert status == 400
    assert b"ValidationException" in answer


def test_the_cli_puts_and_reads(aws: AwsCli, space: str) -> None:
    aws("cloudwatch", "put-metric-data", "--namespace", space, "--metric-name", "m", "--value", "7")
    assert len(aws.json("cloudwatch", "list-metrics", "--namespace", space)["Metrics"]) == 1
    query = [
        {
            "Id": "q",
            "MetricStat": {"Metric": {"Namespace": space, "MetricName": "m"}, "Period": 60, "Stat": "Average"},
        }
    ]
    answer = aws.json(
        *("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(query)),
        *("--start-time", (now() - MINUTE).isoformat(), "--end-time", (now() + MINUTE).isoformat()),
    )
    assert answer["MetricDataResults"][0]["Values"] == [7.0]


def test_metrics_are_kept_over_a_restart(start_daemon: Any, space: str) -> None:
    daemon = start_daemon()
    daemon.client("cloudwatch").put_metric_data(Namespace=space, MetricData=[{"MetricName": "m", "Value": 1.0}])
    daemon.restart()
    assert len(daemon.client("cloudwatch").list_metrics(Namespace=space)["Metrics"]) == 1
