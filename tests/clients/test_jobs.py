"""A training job from request to result: what the container sees, and what Describe tells."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.daemon import ACCOUNT, REGION, Daemon
from harness.engine import BUSYBOX, Engine
from harness.jobs import (
    COMPLETED,
    DOWNLOADING,
    FAILED,
    ROLE,
    STARTING,
    TRAINING,
    UPLOADING,
    Jobs,
    history,
    s3_channel,
    unique_name,
)

RunJob = Callable[..., dict[str, Any]]


@pytest.mark.as_root
def test_a_job_trains_and_its_model_is_where_the_request_asked(jobs: Jobs) -> None:
    data = jobs.put("data/train/a.csv", "1,2\n")
    script = "cat /opt/ml/input/data/train/a.csv; cp /opt/ml/input/data/train/a.csv /opt/ml/model/model.bin"
    job = jobs.run(script, InputDataConfig=[s3_channel("train", data.rsplit("/", 1)[0])])
    name = job["TrainingJobName"]
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://{jobs.bucket}/out/{name}/output/model.tar.gz"}
    assert jobs.keys(name) == ["output/model.tar.gz"]
    assert jobs.model(name) == {"model.bin": b"1,2\n"}
    assert jobs.log(name) == ["1,2"]


def test_describe_tells_the_job_as_the_service_does(jobs: Jobs) -> None:
    data = jobs.put("data/x", "x")
    name = unique_name("Mixed-Case")
    channel = s3_channel("train", data, ContentType="text/plain")
    job = jobs.run(
        TrainingJobName=name,
        InputDataConfig=[channel],
        HyperParameters={"epochs": "3", "quoted": '"x"'},
        Environment={"GREETING": "hello\nworld"},
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name.lower()}"
    assert job["TrainingJobName"] == name
    assert job["TrainingJobArn"] == arn
    assert job["TrainingJobStatus"] == "Completed"
    assert job["SecondaryStatus"] == "Completed"
    assert "FailureReason" not in job
    assert job["RoleArn"] == ROLE
    assert job["HyperParameters"] == {"epochs": "3", "quoted": '"x"'}
    assert job["Environment"] == {"GREETING": "hello\nworld"}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert job["ResourceConfig"] == {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    assert job["AlgorithmSpecification"]["TrainingImage"] == BUSYBOX
    assert job["AlgorithmSpecification"]["TrainingInputMode"] == "File"
    assert job["AlgorithmSpecification"]["EnableSageMakerMetricsTimeSeries"] is False
    assert job["OutputDataConfig"] == {
        "S3OutputPath": f"s3://{jobs.bucket}/out",
        "KmsKeyId": "",
        "CompressionType": "GZIP",
    }
    source = {"S3DataType": "S3Prefix", "S3Uri": data, "S3DataDistributionType": "FullyReplicated"}
    assert job["InputDataConfig"] == [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/plain",
            "CompressionType": "None",
            "RecordWrapperType": "None",
        }
    ]
    for switch in ("NetworkIsolation", "InterContainerTrafficEncryption", "ManagedSpotTraining"):
        assert job[f"Enable{switch}"] is False
    assert jobs.daemon.sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]


def test_history_and_times_fit_together(run_job: RunJob) -> None:
    job = run_job("sleep 1")
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, UPLOADING, COMPLETED]
    entries = job["SecondaryStatusTransitions"]
    for entry, following in zip(entries, entries[1:]):
        assert entry["EndTime"] == following["StartTime"] >= entry["StartTime"]
    assert entries[-1]["StartTime"] == entries[-1]["EndTime"] == job["TrainingEndTime"]
    assert job["CreationTime"] == entries[0]["StartTime"]
    assert job["TrainingStartTime"] == entries[0]["EndTime"]
    assert job["LastModifiedTime"] >= job["TrainingEndTime"]
    seconds = int((job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds())
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"] == seconds >= 1


def test_config_files_are_exactly_the_services(jobs: Jobs) -> None:
    jobs.put("one/a", "a")
    jobs.put("two/b", "b")
    job = jobs.run(
        "cp -r /opt/ml/input/config /opt/ml/model/",
        HyperParameters={"a": "1", "sagemaker_program": '"train.py"', "ümlaut": "ß"},
        InputDataConfig=[
            s3_channel("one", f"s3://{jobs.bucket}/one"),
            s3_channel("two", f"s3://{jobs.bucket}/two", ContentType="text/csv"),
        ],
        ResourceConfig={"InstanceType": "ml.g4dn.12xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    )
    files = {path.removeprefix("config/"): data for path, data in jobs.model(job["TrainingJobName"]).items()}
    assert json.loads(files["hyperparameters.json"]) == {
        "a": "1",
        "sagemaker_program": '"train.py"',
        "ümlaut": "ß",
    }
    plain = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert json.loads(files["inputdataconfig.json"]) == {
        "one": plain,
        "two": {"ContentType": "text/csv", **plain},
    }
    assert files["inputdataconfig.json"].startswith(b'{"one":{"TrainingInputMode":"File",'), "compact, in order"
    assert b'"two":{"ContentType":"text/csv"' in files["inputdataconfig.json"]
    resources = json.loads(files["resourceconfig.json"])
    assert resources.pop("topology", None) is None
    assert resources == {
        "current_host": "algo-1",
        "current_instance_type": "ml.g4dn.12xlarge",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": "ml.g4dn.12xlarge", "hosts": ["algo-1"]}
        ],
        "network_interface_name": "eth0",
    }
    assert "checkpointconfig.json" not in files
    assert "trainingjobconfig.json" not in files


def test_config_files_of_a_job_without_channels_and_hyperparameters(jobs: Jobs) -> None:
    job = jobs.run("cp -r /opt/ml/input/config /opt/ml/model/; ls -A /opt/ml/input/data")
    files = jobs.model(job["TrainingJobName"])
    assert files["config/hyperparameters.json"] == b"{}"
    assert files["config/inputdataconfig.json"] == b"{}"
    assert jobs.log(job["TrainingJobName"]) == []


def test_opt_ml_is_laid_out_and_writable(jobs: Jobs) -> None:
    jobs.put("data/a", "a")
    script = """
set -e
cd /opt/ml
for directory in model output output/data output/metrics/sagemaker output/profiler; do
  test -z "$(ls -A $directory | grep -v -e data -e metrics -e profiler)"
  echo x > $directory/probe && rm $directory/probe
done
echo changed > input/data/train/a
echo new > input/data/train/new
chmod +x input/data/train/a
echo export X=1 > input/sm_training.env
echo x > input/config/probe
find . | sort
"""
    job = jobs.run(script, InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data")])
    lines = jobs.log(job["TrainingJobName"])
    for path in ("./input/config", "./input/data/train/new", "./input/data/train-manifest", "./output/data"):
        assert path in lines
    for absent in ("./code", "./checkpoints"):
        assert absent not in lines
    body = jobs.daemon.s3.get_object(Bucket=jobs.bucket, Key="data/a")["Body"].read()
    assert body == b"a", "what the container writes never reaches the source"


def test_code_that_an_image_ships_below_opt_ml_stays(jobs: Jobs, engine: Engine) -> None:
    image = engine.build_image(
        "trainyard/test-code", f"FROM {BUSYBOX}\nCOPY program /opt/ml/code/program\n", {"program": "#!/bin/sh\necho shipped\n"}
    )
    job = jobs.run("/opt/ml/code/program", image=image)
    assert jobs.log(job["TrainingJobName"]) == ["shipped"]


def test_manifest_lists_every_object(jobs: Jobs) -> None:
    for key in ("data/b", "data/a", "data/sub/c"):
        jobs.put(key, "x")
    job = jobs.run(
        "cat /opt/ml/input/data/train-manifest",
        InputDataConfig=[s3_channel("train", f"s3://{jobs.bucket}/data/")],
    )
    uris = [f"s3://{jobs.bucket}/data/{name}" for name in ("a", "b", "sub/c")]
    assert jobs.log(job["TrainingJobName"]) == ["data/", *uris]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("data/train", {"train-data.csv", "in", "deep/er"}),  # a string prefix, as the service has it
        ("data/train/", {"in", "deep/er"}),
        ("data/train/in", {"in"}),
        ("data/other.csv", {"other.csv"}),
    ],
)
def test_keys_become_paths(jobs: Jobs, prefix: str, expected: set[str]) -> None:
    for key in ("data/train/in", "data/train/deep/er", "data/train-data.csv", "data/other.csv"):
        jobs.put(key, key)
    job = jobs.run(
        "cd /opt/ml/input/data/x && find . -type f | sed 's,^./,,'",
        InputDataConfig=[s3_channel("x", f"s3://{jobs.bucket}/{prefix}")],
    )
    assert set(jobs.log(job["TrainingJobName"])) == expected


def test_a_key_that_ends_in_a_slash_makes_a_directory(jobs: Jobs) -> None:
    jobs.put("data/empty/", "")
    jobs.put("data/file", "x")
    job = jobs.run(
        "cd /opt/ml/input/data/x && find . -mindepth 1 | sort; test -d empty && rmdir empty",
        InputDataConfig=[s3_channel("x", f"s3://{jobs.bucket}/data")],
    )
    assert jobs.log(job["TrainingJobName"]) == ["./empty", "./file"]


def test_channel_from_a_directory(jobs: Jobs, file_root: Path) -> None:
    source = file_root / unique_name("source %41 ü")
    (source / "sub").mkdir(parents=True)
    (source / "a").write_text("a")
    (source / "sub" / "b").write_text("b")
    (source / "link").symlink_to("sub/b")
    job = jobs.run(
        "cd /opt/ml/input/data/x && cat a sub/b link && readlink link && echo more >> a && echo c > sub/c",
        InputDataConfig=[s3_channel("x", f"file://{source}")],
    )
    assert jobs.log(job["TrainingJobName"]) == ["abbsub/b"]
    assert (source / "a").read_text() == "a"
    assert sorted(path.name for path in (source / "sub").iterdir()) == ["b"]


def test_channel_from_a_file(jobs: Jobs, file_root: Path) -> None:
    source = file_root / f"{unique_name()}.csv"
    source.write_text("1,2")
    job = jobs.run(
        "ls -A /opt/ml/input/data/x; cat /opt/ml/input/data/x/*",
        InputDataConfig=[s3_channel("x", f"file://{source}")],
    )
    assert jobs.log(job["TrainingJobName"]) == [source.name, "1,2"]


def test_environment_of_the_container(jobs: Jobs) -> None:
    name = unique_name("Env")
    script = "cat /proc/1/environ > /opt/ml/model/environment"
    specification = {**jobs.request(script)["AlgorithmSpecification"], "EnableSageMakerMetricsTimeSeries": True}
    own = {"MINE": "a=b c\nd", "EMPTY": ""}
    job = jobs.run(TrainingJobName=name, AlgorithmSpecification=specification, Environment=own)
    text = jobs.model(name)["environment"].decode()
    variables = dict(item.split("=", 1) for item in text.split("\0") if item)
    assert variables["TRAINING_JOB_NAME"] == name
    assert variables["TRAINING_JOB_ARN"] == job["TrainingJobArn"]
    assert variables["AWS_REGION"] == REGION
    assert variables["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"
    assert variables["DMLC_INTERFACE"] == "eth0"
    assert variables["NVIDIA_VISIBLE_DEVICES"] == "void"
    assert variables["SAGEMAKER_METRICS_DIRECTORY"] == "/opt/ml/output/metrics/sagemaker"
    assert variables["MINE"] == "a=b c\nd"
    assert variables["EMPTY"] == ""
    for absent in ("AWS_CONTAINER_CREDENTIALS_", "ECS_CONTAINER_METADATA_URI"):
        assert not [variable for variable in variables if variable.startswith(absent)]
    assert not [variable for variable in variables if variable.startswith("SM_")]


TRAIN_PROGRAM = '#!/bin/sh\necho "train: $0 $*"\n'
ENTRYPOINT_PROGRAM = '#!/bin/sh\necho "entrypoint: $*"\n'


@pytest.fixture(scope="session")
def train_image(engine_door: Engine) -> str:
    dockerfile = f'FROM {BUSYBOX}\nCOPY train /usr/local/bin/train\nCMD ["never"]\n'
    return engine_door.build_image("trainyard/test-train", dockerfile, {"train": TRAIN_PROGRAM})


@pytest.fixture(scope="session")
def entrypoint_image(engine_door: Engine) -> str:
    dockerfile = f'FROM {BUSYBOX}\nCOPY run /run.sh\nENTRYPOINT ["/run.sh"]\nCMD ["never"]\n'
    return engine_door.build_image("trainyard/test-entrypoint", dockerfile, {"run": ENTRYPOINT_PROGRAM})


def algorithm(image: str, **command: list[str]) -> dict[str, Any]:
    return {"TrainingImage": image, "TrainingInputMode": "File", **command}


def test_train_is_the_command_where_none_is_given(jobs: Jobs, train_image: str, entrypoint_image: str) -> None:
    job = jobs.run(AlgorithmSpecification=algorithm(train_image))
    assert jobs.log(job["TrainingJobName"]) == ["train: /usr/local/bin/train "]
    job = jobs.run(AlgorithmSpecification=algorithm(entrypoint_image))
    assert jobs.log(job["TrainingJobName"]) == ["entrypoint: train"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ({"ContainerEntrypoint": ["/bin/echo"]}, ""),
        ({"ContainerArguments": ["a b", "c"]}, "entrypoint: a b c"),
        ({"ContainerEntrypoint": ["/bin/echo", "x"], "ContainerArguments": ["$HOME", "*"]}, "x $HOME *"),
    ],
)
def test_entrypoint_and_arguments(
    jobs: Jobs, entrypoint_image: str, command: dict[str, list[str]], expected: str
) -> None:
    job = jobs.run(AlgorithmSpecification=algorithm(entrypoint_image, **command))
    assert jobs.log(job["TrainingJobName"]) == [expected]


def test_host_name_and_working_directory(jobs: Jobs, engine: Engine) -> None:
    image = engine.build_image("trainyard/test-workdir", f"FROM {BUSYBOX}\nWORKDIR /somewhere\n")
    job = jobs.run("hostname; pwd; test ! -t 0 && test ! -t 1 && echo no terminal", image=image)
    assert jobs.log(job["TrainingJobName"]) == ["algo-1", "/somewhere", "no terminal"]


@pytest.mark.engine
def test_shared_memory_has_the_size_that_was_chosen(start_daemon: Callable[..., Daemon]) -> None:
    jobs = Jobs(start_daemon("--shm-size", "256m"))
    job = jobs.run("df -m /dev/shm | tail -1 | awk '{print $2}'")
    assert jobs.log(job["TrainingJobName"]) == ["256"]


# --- failures


def test_exit_code_and_failure_file_make_the_reason(run_job: RunJob) -> None:
    job = run_job("printf 'no such column' > /opt/ml/output/failure; exit 3", expect="Failed")
    assert job["FailureReason"] == "AlgorithmError: no such column, exit code: 3"
    assert job["SecondaryStatus"] == "Failed"
    assert history(job) == [STARTING, DOWNLOADING, TRAINING, UPLOADING, FAILED]


@pytest.mark.parametrize("code", [1, 42, 137, 255])
def test_exit_codes_without_a_failure_file(run_job: RunJob, code: int) -> None:
    job = run_job(f"exit {code}", expect="Failed")
    assert job["FailureReason"] == f"AlgorithmError: , exit code: {code}"


def test_a_failure_file_alone_is_no_failure(run_job: RunJob) -> None:
    run_job("echo ignored > /opt/ml/output/failure")


def test_a_long_reason_is_cut_to_1024_characters(run_job: RunJob) -> None:
    script = "head -c 5000 /dev/zero | tr '\\0' x | sed 's/x/ä/g' > /opt/ml/output/failure; exit 9"
    job = run_job(script, expect="Failed")
    assert len(job["FailureReason"]) == 1024
    assert re.fullmatch("AlgorithmError: ä+, exit code: 9", job["FailureReason"])


def test_artifacts_of_a_failed_job_are_kept(jobs: Jobs) -> None:
    job = jobs.run("echo half > /opt/ml/model/half; exit 1", expect="Failed")
    assert jobs.model(job["TrainingJobName"]) == {"half": b"half\n"}


def test_entry_point_that_does_not_exist(jobs: Jobs) -> None:
    job = jobs.run(
        AlgorithmSpecification=algorithm(BUSYBOX, ContainerEntrypoint=["/no/such/program"]), expect="Failed"
    )
    assert "/no/such/program" in job["FailureReason"]
    assert job["FailureReason"].startswith("AlgorithmError: ")


def test_image_without_train(jobs: Jobs) -> None:
    job = jobs.run(AlgorithmSpecification=algorithm(BUSYBOX), expect="Failed")
    assert "train" in job["FailureReason"]
    assert "PATH" in job["FailureReason"] or "ContainerEntrypoint" in job["FailureReason"], "says what to do"


@pytest.mark.engine
def test_out_of_memory_is_said(start_daemon: Callable[..., Daemon]) -> None:
    jobs = Jobs(start_daemon("--job-memory", "64m"))
    job = jobs.run("exec dd if=/dev/zero of=/dev/null bs=300M count=1", expect="Failed")
    assert "memory" in job["FailureReason"]
    assert "--job-memory" in job["FailureReason"]


# --- other clients


def test_a_waiter_of_boto3_sees_the_end(jobs: Jobs) -> None:
    name = jobs.create("sleep 1")
    waiter = jobs.daemon.sm.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_what_sdk_v3_sends_runs_as_it_is(jobs: Jobs, engine: Engine) -> None:
    """ModelTrainer's command, its channel without a trailing slash, and its writes below /opt/ml/input."""
    bash = "#!/bin/sh\nexec /bin/sh \"$@\"\n"
    image = engine.build_image("trainyard/test-bash", f"FROM {BUSYBOX}\nCOPY bash /bin/bash\n", {"bash": bash})
    jobs.put("base/job/input/code/train.py", "print()")
    jobs.put(
        "base/job/input/sm_drivers/sm_train.sh",
        "#!/bin/bash\nset -e\necho 'export SM=1' > /opt/ml/input/sm_training.env\nls /opt/ml/input/data/code\n",
    )
    command = "chmod +x /opt/ml/input/data/sm_drivers/sm_train.sh && /opt/ml/input/data/sm_drivers/sm_train.sh"
    base = f"s3://{jobs.bucket}/base/job/input"
    job = jobs.run(
        AlgorithmSpecification=algorithm(image, ContainerEntrypoint=["/bin/bash"], ContainerArguments=["-c", command]),
        InputDataConfig=[
            s3_channel(name, f"{base}/{name}", InputMode="File") for name in ("code", "sm_drivers")
        ],
        HyperParameters={},
        ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 30},
    )
    assert jobs.log(job["TrainingJobName"]) == ["train.py"]


def test_what_sdk_v2_adds_is_echoed(jobs: Jobs) -> None:
    hook = {"S3OutputPath": f"s3://{jobs.bucket}/debug", "CollectionConfigurations": []}
    profiler = {"S3OutputPath": f"s3://{jobs.bucket}/profile", "DisableProfiler": False}
    job = jobs.run("ls /opt/ml/input/config", DebugHookConfig=hook, ProfilerConfig=profiler)
    assert job["DebugHookConfig"] == hook
    assert job["ProfilerConfig"] == profiler
    assert {"debughookconfig.json", "profilerconfig.json"} <= set(jobs.log(job["TrainingJobName"]))
