"""A model of float32 into model.tar.gz: the daemon's packer, what a user sees of it, and others."""

import json
import os
import subprocess
import tarfile
import time
from pathlib import Path

from measures.bench import Bench, Client
from measures.table import Table, rate


def size_of(model: Path) -> int:
    return sum(file.stat().st_size for file in model.iterdir())


def pack_with_tarfile(model: Path, target: Path) -> float:
    began = time.perf_counter()
    with tarfile.open(target, "w:gz") as archive:
        archive.add(model, arcname=".")
    return time.perf_counter() - began


def pack_with_pigz(model: Path, target: Path, level: str) -> float:
    began = time.perf_counter()
    with open(target, "wb") as file:
        tar = subprocess.Popen(["tar", "-C", str(model), "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(["pigz", level], stdin=tar.stdout, stdout=file, check=True)
        if tar.wait() != 0:
            raise RuntimeError("tar failed")
    return time.perf_counter() - began


def pack_with_program(model: Path, workers: int) -> tuple[float, float]:
    """The daemon's packer alone: seconds, and the size of the archive against that of the model."""
    command = [os.environ["TRAINYARD_BENCH"], f"--benchmark_filter=pack_model/{workers}/", "--benchmark_format=json"]
    environment = {**os.environ, "TRAINYARD_BENCH_TREE": str(model)}
    output = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    (result,) = json.loads(output)["benchmarks"]
    return result["real_time"] / 1000, result["ratio"]


def upload_seconds(bench: Bench, model: Path) -> tuple[float, float]:
    """A job's time in Uploading, and the same ratio."""
    with bench.daemon("--file-root", str(bench.directory)) as daemon:
        daemon.s3.create_bucket(Bucket="bench")
        client = Client(daemon)
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"file://{model}"}}
        client.create(
            "packing",
            ["/bin/sh", "-c", "cp /opt/ml/input/data/model/* /opt/ml/model/"],
            InputDataConfig=[{"ChannelName": "model", "DataSource": source}],
        )
        job = client.await_end("packing")
        stored = daemon.s3.head_object(Bucket="bench", Key="results/packing/output/model.tar.gz")
    (uploading,) = (entry for entry in job["SecondaryStatusTransitions"] if entry["Status"] == "Uploading")
    return uploading["EndTime"] - uploading["StartTime"], stored["ContentLength"] / size_of(model)


def measure(bench: Bench, table: Table) -> None:
    model = bench.model()
    size = size_of(model)
    target = bench.directory / "packed"

    def add(what: str, seconds: float, ratio: float | None = None) -> None:
        packed = ratio if ratio is not None else target.stat().st_size / size
        target.unlink(missing_ok=True)
        table.add(what, rate(size, seconds), f"{seconds:.2f} s, to {packed * 100:.1f} %")

    add("Uploading of a job", *upload_seconds(bench, model))
    add("the daemon's packer", *pack_with_program(model, 0))
    add("the daemon's packer, one worker", *pack_with_program(model, 1))
    add("tar and pigz -1", pack_with_pigz(model, target, "-1"))
    add("tar and pigz", pack_with_pigz(model, target, "-6"))
    add("Python's tarfile, w:gz", pack_with_tarfile(model, target))
