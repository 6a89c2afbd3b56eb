"""One large object into S3 and out of it, against copying a file."""

import http.client
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from harness.daemon import Daemon

from measures.bench import Bench
from measures.table import Table, rate

BLOCK_BYTES = 2**20


def put_raw(daemon: Daemon, source: Path) -> None:
    connection = http.client.HTTPConnection(daemon.url.removeprefix("http://"), blocksize=BLOCK_BYTES)
    with open(source, "rb") as file:
        connection.request("PUT", "/bench/raw", file, {"Content-Length": str(source.stat().st_size)})
        response = connection.getresponse()
        response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"PUT: {response.status}")


def get_raw(daemon: Daemon, size: int) -> None:
    connection = http.client.HTTPConnection(daemon.url.removeprefix("http://"))
    connection.request("GET", "/bench/raw")
    response = connection.getresponse()
    buffer = bytearray(BLOCK_BYTES)
    received = 0
    while count := response.readinto(buffer):
        received += count
    connection.close()
    if received != size:
        raise RuntimeError(f"GET: {received} of {size} bytes")


def copy_bytes(source: Path, target: Path) -> None:
    """As a client does it: through a buffer."""
    with open(source, "rb", buffering=0) as reader, open(target, "wb", buffering=0) as writer:
        shutil.copyfileobj(reader, writer, BLOCK_BYTES)


def median_seconds(runs: int, work: Callable[[], None]) -> float:
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def measure(bench: Bench, table: Table) -> None:
    size = bench.data_bytes
    source = bench.directory / "object"
    with open(source, "wb") as file:
        for layer in sorted(bench.model().iterdir()):
            with open(layer, "rb") as content:
                shutil.copyfileobj(content, file)
    target = bench.directory / "copy"
    runs = 2 if bench.quick else 5

    def add(what: str, work: Callable[[], None]) -> None:
        table.add(what, rate(size, median_seconds(runs, work)))
        target.unlink(missing_ok=True)

    with bench.daemon() as daemon:
        daemon.s3.create_bucket(Bucket="bench")
        add("copy of a file", lambda: copy_bytes(source, target))
        add("PUT, http.client", lambda: put_raw(daemon, source))
        add("GET, http.client", lambda: get_raw(daemon, size))
        add("upload_file, boto3", lambda: daemon.s3.upload_file(str(source), "bench", "boto"))
        add("download_file, boto3", lambda: daemon.s3.download_file("bench", "boto", str(target)))
        peak = daemon.memory("VmHWM")
        table.add("daemon's peak memory meanwhile", f"{peak / 2**20:.0f} MiB")
    source.unlink()
