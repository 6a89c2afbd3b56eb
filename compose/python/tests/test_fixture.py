"""The pytest plugin, as a project that uses it sees it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

USES = """
    import os
    import boto3

    def names(s3):
        return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    # The runs of a test share nothing with the run that it is in.
    for name in list(os.environ):
        if name.startswith(("PYTEST_XDIST", "AWS_")):
            monkeypatch.delenv(name)
    return pytester


def run(project: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    project.makepyfile(test_it=USES + tests)
    return project.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_every_test_begins_with_nothing(project: pytest.Pytester) -> None:
    tests = """
    import pytest

    @pytest.mark.parametrize("number", range(3))
    def test_bucket(trainyard, number):
        s3 = trainyard.client("s3")
        assert names(s3) == []
        s3.create_bucket(Bucket="data")
        assert trainyard.health()["status"] == "ok"
"""
    run(project, tests).assert_outcomes(passed=3)


def test_environment_is_set_for_the_test_alone(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = """
    def test_with(trainyard_environment, monkeypatch):
        assert os.environ["AWS_ENDPOINT_URL"] == trainyard_environment.url
        boto3.client("s3").create_bucket(Bucket="data")
        assert names(trainyard_environment.client("s3")) == ["data"]
        assert "AWS_PROFILE" not in os.environ

    def test_without(trainyard):
        assert "AWS_ENDPOINT_URL" not in os.environ
        assert os.environ["AWS_PROFILE"] == "mine"
"""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    run(project, tests).assert_outcomes(passed=2)


def test_settings_come_from_the_ini_file(project: pytest.Pytester) -> None:
    project.makeini(
        """
        [pytest]
        trainyard_environment = true
        trainyard_options =
            --account-id 000000000007
            --region eu-west-1
        """
    )
    tests = """
    def test_it(trainyard):
        assert trainyard.account_id == "000000000007"
        assert boto3.client("s3").meta.endpoint_url == trainyard.url
        assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"
"""
    run(project, tests).assert_outcomes(passed=1)


def test_workers_have_daemons_of_their_own(project: pytest.Pytester) -> None:
    tests = """
    import pytest

    @pytest.mark.parametrize("number", range(6))
    def test_bucket(trainyard, number):
        s3 = trainyard.client("s3")
        assert names(s3) == []
        s3.create_bucket(Bucket="data")
        with open("pids", "a") as file:
            file.write(f"{trainyard.process.pid}\\n")
"""
    run(project, tests, "-n", "2").assert_outcomes(passed=6)
    pids = set((project.path / "pids").read_text().split())
    assert len(pids) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_the_daemon_ends_also_when_tests_fail_or_kill_it(project: pytest.Pytester) -> None:
    tests = """
    def test_fails(trainyard):
        print("pid", trainyard.process.pid)
        trainyard.client("s3").create_bucket(Bucket="data")
        assert False

    def test_kills(trainyard):
        assert names(trainyard.client("s3")) == []
        trainyard.kill()

    def test_goes_on(trainyard):
        print("pid", trainyard.process.pid)
        assert names(trainyard.client("s3")) == []
"""
    result = run(project, tests, "-rP")
    result.assert_outcomes(passed=2, failed=1)
    pids = re.findall(r"^pid (\d+)", result.stdout.str(), re.MULTILINE)
    assert len(set(pids)) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_daemon_that_does_not_come_up_says_why(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\ntrainyard_options = --pull nonsense\n")
    result = run(project, "\n    def test_it(trainyard):\n        pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*DaemonError: trainyard ended with 2 before it was ready:", "*--pull: *nonsense*"])
