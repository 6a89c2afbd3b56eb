"""Training images from a real registry: pulls, refusals, digests, policies, aliases."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.docker_registry import PASSWORD, USER, DockerRegistry
from harness.engine import BUSYBOX, Engine, docker
from harness.jobs import DOWNLOADING, Jobs, unique_name

StartDaemon = Callable[..., Daemon]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    registry = DockerRegistry(tmp_path_factory.mktemp("registry"))
    yield registry
    registry.stop()


@pytest.fixture(scope="module")
def closed_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    registry = DockerRegistry(tmp_path_factory.mktemp("closed"), with_password=True)
    yield registry
    registry.stop()


@pytest.fixture(scope="module")
def docker_config(closed_registry: DockerRegistry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Docker configuration that is logged in to the closed registry."""
    directory = tmp_path_factory.mktemp("docker-config")
    closed_registry.login(directory)
    return directory


def own_image(engine: Engine, text: str = "pulled") -> str:
    """An image that no other test has, so that forgetting it here forgets it altogether."""
    tag = f"trainyard/{unique_name('pull')}"
    return engine.build_image(tag, f"FROM {BUSYBOX}\nCOPY train /bin/train\n", {"train": f"#!/bin/sh\necho {text} # {tag}\n"})


def forget(*references: str) -> None:
    for reference in references:
        docker("image", "rm", "-f", reference)


def test_a_missing_image_is_pulled(jobs: Jobs, engine: Engine, registry: DockerRegistry) -> None:
    image = own_image(engine)
    name = f"{unique_name()}:1.0"
    registry.push(image, name)
    forget(image)
    job = jobs.run(None, image=f"{registry.address}/{name}")
    assert jobs.log(job["TrainingJobName"]) == ["pulled"]
    assert [entry["Status"] for entry in job["SecondaryStatusTransitions"]][1] == DOWNLOADING[0]
    forget(f"{registry.address}/{name}")


def test_an_image_by_digest(jobs: Jobs, engine: Engine, registry: DockerRegistry) -> None:
    image = own_image(engine, "by digest")
    digest = registry.push(image, f"{unique_name()}:1.0")
    forget(image)
    job = jobs.run(None, image=digest)
    assert jobs.log(job["TrainingJobName"]) == ["by digest"]
    assert job["AlgorithmSpecification"]["TrainingImage"] == digest
    forget(digest)


def test_progress_shows_in_the_status_message(jobs: Jobs, engine: Engine, registry: DockerRegistry) -> None:
    tag = f"trainyard/{unique_name('big')}"
    docker("build", "-q", "-t", tag, "-", stdin=f"FROM {BUSYBOX}\nRUN dd if=/dev/urandom of=/big bs=1M count=200\n".encode())
    name = unique_name()
    registry.push(tag, name)
    forget(tag)
    job_name = jobs.create("true", image=f"{registry.address}/{name}")
    messages = set()
    while (job := jobs.describe(job_name))["SecondaryStatus"] in ("Starting", "Downloading"):
        messages.add(job["SecondaryStatusTransitions"][-1]["StatusMessage"])
    assert jobs.wait(job_name)["TrainingJobStatus"] == "Completed"
    pulling = [message for message in messages if message.startswith(DOWNLOADING[1])]
    assert any(len(message) > len(DOWNLOADING[1]) for message in pulling), messages
    assert job["SecondaryStatusTransitions"][1]["StatusMessage"] == DOWNLOADING[1]
    forget(f"{registry.address}/{name}")


def test_an_image_that_does_not_exist(jobs: Jobs, registry: DockerRegistry) -> None:
    image = f"{registry.address}/no-such-image:1.0"
    job = jobs.run(image=image, expect="Failed")
    assert job["FailureReason"].startswith(f"ClientError: the training image {image} does not exist")
    assert f"--image-alias {image}=IMAGE" in job["FailureReason"]
    assert [entry["Status"] for entry in job["SecondaryStatusTransitions"]][-2:] == ["Downloading", "Failed"]


def test_a_name_that_no_image_can_have(jobs: Jobs) -> None:
    job = jobs.run(image="Upper/Case:tag", expect="Failed")
    assert job["FailureReason"].startswith("ClientError: Upper/Case:tag is no name of an image: ")


def test_a_registry_that_does_not_answer(jobs: Jobs) -> None:
    image = "127.0.0.1:1/image:1.0"
    job = jobs.run(image=image, expect="Failed")
    assert job["FailureReason"].startswith(f"ClientError: the training image {image} could not be pulled: ")
    assert f"--image-alias {image}=IMAGE" in job["FailureReason"]


def test_a_refused_login(jobs: Jobs, engine: Engine, closed_registry: DockerRegistry, docker_config: Path) -> None:
    image = own_image(engine)
    name = unique_name()
    closed_registry.push(image, name, docker_config)
    forget(image)
    job = jobs.run(None, image=f"{closed_registry.address}/{name}", expect="Failed")
    assert "docker login" in job["FailureReason"]
    assert closed_registry.address in job["FailureReason"]


def test_a_login_that_the_docker_program_made_is_used(
    start_daemon: StartDaemon, engine: Engine, closed_registry: DockerRegistry, docker_config: Path
) -> None:
    image = own_image(engine, "let in")
    name = unique_name()
    closed_registry.push(image, name, docker_config)
    forget(image)
    jobs = Jobs(start_daemon(environment={"DOCKER_CONFIG": str(docker_config)}))
    job = jobs.run(None, image=f"{closed_registry.address}/{name}")
    assert jobs.log(job["TrainingJobName"]) == ["let in"]
    forget(f"{closed_registry.address}/{name}")


def test_a_login_that_a_credential_helper_keeps_is_used(
    start_daemon: StartDaemon, engine: Engine, closed_registry: DockerRegistry, docker_config: Path, tmp_path: Path
) -> None:
    image = own_image(engine, "helped in")
    name = unique_name()
    closed_registry.push(image, name, docker_config)
    forget(image)
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {closed_registry.address: "kept"}}))
    surroundings = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    jobs = Jobs(start_daemon(environment=surroundings))
    reference = f"{closed_registry.address}/{name}"
    refused = jobs.run(None, image=reference, expect="Failed")
    assert "docker-credential-kept: it cannot be run" in refused["FailureReason"]

    helper = tmp_path / "docker-credential-kept"
    helper.write_text(f"#!/bin/sh\necho '{json.dumps({'Username': USER, 'Secret': PASSWORD})}'\n")
    helper.chmod(0o700)
    job = jobs.run(None, image=reference)
    assert jobs.log(job["TrainingJobName"]) == ["helped in"]
    forget(reference)


def test_never_pulls(start_daemon: StartDaemon, engine: Engine, registry: DockerRegistry) -> None:
    jobs = Jobs(start_daemon("--pull", "never"))
    image = own_image(engine)
    name = unique_name()
    registry.push(image, name)
    assert jobs.log(jobs.run(None, image=image)["TrainingJobName"]) == ["pulled"]
    forget(image)
    job = jobs.run(None, image=f"{registry.address}/{name}", expect="Failed")
    assert name in job["FailureReason"]
    assert "--pull" in job["FailureReason"]


def test_always_pulls_what_is_newer(start_daemon: StartDaemon, engine: Engine, registry: DockerRegistry) -> None:
    always, missing = Jobs(start_daemon("--pull", "always")), Jobs(start_daemon("--pull", "missing"))
    name = unique_name()
    reference = f"{registry.address}/{name}"
    old, new = own_image(engine, "old"), own_image(engine, "new")
    registry.push(old, name)
    assert always.log(always.run(None, image=reference)["TrainingJobName"]) == ["old"]
    docker("tag", new, reference)
    docker("push", "-q", reference)
    docker("tag", old, reference)
    assert missing.log(missing.run(None, image=reference)["TrainingJobName"]) == ["old"]
    assert always.log(always.run(None, image=reference)["TrainingJobName"]) == ["new"]
    forget(reference, old, new)


def test_a_local_image_stands_for_another(start_daemon: StartDaemon, engine: Engine) -> None:
    framework = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    image = own_image(engine, "stands in")
    jobs = Jobs(start_daemon("--pull", "never", "--image-alias", f"{framework}={image}"))
    job = jobs.run(None, image=framework)
    assert jobs.log(job["TrainingJobName"]) == ["stands in"]
    assert job["AlgorithmSpecification"]["TrainingImage"] == framework
    forget(image)


def test_stop_while_pulling(jobs: Jobs, engine: Engine, registry: DockerRegistry) -> None:
    tag = f"trainyard/{unique_name('slow')}"
    docker("build", "-q", "-t", tag, "-", stdin=f"FROM {BUSYBOX}\nRUN dd if=/dev/urandom of=/big bs=1M count=300\n".encode())
    name = unique_name()
    registry.push(tag, name)
    forget(tag)
    job_name = jobs.create("trap 'exit 0' TERM; while true; do sleep 0.1; done", image=f"{registry.address}/{name}")
    jobs.wait(job_name, "Downloading")
    jobs.stop(job_name)
    assert jobs.wait(job_name)["TrainingJobStatus"] == "Stopped"
