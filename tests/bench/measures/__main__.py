"""Runs the parts that are asked for and prints a table of each."""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from harness.engine import Engine

from measures import jobs, objects, packing, requests, start, waiting
from measures.bench import Bench
from measures.table import Table

PARTS = {
    "start": start.measure,
    "requests": requests.measure,
    "jobs": jobs.measure,
    "objects": objects.measure,
    "packing": packing.measure,
    "waiting": waiting.measure,
}


def describe_machine(engine: Engine) -> str:
    info = engine.request("GET", "/info")
    return f"{os.cpu_count()} cores, Docker Engine {info['ServerVersion']} on {info['Driver']}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--quick", action="store_true", help="less data and fewer runs")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*PARTS, "parts"]))
    arguments = parser.parse_args()
    wanted = arguments.parts or list(PARTS)
    if unknown := set(wanted) - set(PARTS) - {"parts"}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")

    engine = Engine()
    print(f"\n{describe_machine(engine)}\n")
    # Not below /tmp, which may lie in memory: what is measured goes through a file system.
    with tempfile.TemporaryDirectory(prefix="trainyard-bench.", dir="/var/tmp") as directory:
        bench = Bench(Path(directory), engine, arguments.quick)
        for name, measure in PARTS.items():
            if name in wanted:
                table = Table(name)
                measure(bench, table)
                table.show()
    if "parts" in wanted:
        subprocess.run([os.environ["TRAINYARD_BENCH"]], check=True)


if __name__ == "__main__":
    main()
