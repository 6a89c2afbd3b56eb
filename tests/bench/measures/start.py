"""How soon the daemon is ready, and how much of the machine it takes."""

import os
import re
import statistics
import subprocess
import time
from pathlib import Path

from measures.bench import Bench
from measures.table import Table, mebibytes, milliseconds


def time_to_ready(directory: Path) -> float:
    command = [os.environ["TRAINYARD_BINARY"], "serve", "--listen", "127.0.0.1:0", "--data-dir", str(directory)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.terminate()
        if not re.match(rb"trainyard ready on http", line):
            raise RuntimeError(f"instead of the ready line came {line!r}")
    return seconds


def time_to_run_true() -> float:
    began = time.perf_counter()
    subprocess.run(["true"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def measure(bench: Bench, table: Table) -> None:
    first, again, nothing = [], [], []
    for number in range(bench.runs(50)):
        directory = bench.directory / f"start-{number}"
        first.append(time_to_ready(directory))
        again.append(time_to_ready(directory))
        nothing.append(time_to_run_true())
    for what, seconds in (("again", again), ("the first time", first)):
        remark = f"worst {milliseconds(max(seconds))}, {len(seconds)} starts"
        table.add(f"spawn to ready line, {what}", milliseconds(statistics.median(seconds)), remark)
    table.add("spawn and end of true(1)", milliseconds(statistics.median(nothing)))
    with bench.daemon() as daemon:
        time.sleep(2)  # until the Engine was asked what is there
        table.add("resident memory, idle", mebibytes(daemon.memory("VmRSS")))
    program = Path(os.environ["TRAINYARD_BINARY"])
    stripped = bench.directory / "stripped"
    subprocess.run(["strip", "-o", str(stripped), str(program)], check=True)
    table.add("program", mebibytes(program.stat().st_size), f"{mebibytes(stripped.stat().st_size)} stripped")
