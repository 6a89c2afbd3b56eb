"""DescribeTrainingJob as fast as clients can ask."""

import re
import subprocess
from pathlib import Path

from measures.bench import Bench, Client
from measures.table import Table

SCRIPT = """\
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-amz-json-1.1"
wrk.headers["X-Amz-Target"] = "SageMaker.DescribeTrainingJob"
wrk.body = '{"TrainingJobName": "described"}'
"""


def run_wrk(url: str, script: Path, connections: int, seconds: int) -> tuple[str, str]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    output = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    per_second = re.search(r"Requests/sec:\s*([\d.]+)", output)
    slow = re.search(r"^\s+99%\s+(\S+)", output, re.MULTILINE)
    assert per_second and slow
    return f"{float(per_second[1]):.0f}/s", f"99 % within {slow[1]}"


def measure(bench: Bench, table: Table) -> None:
    script = bench.directory / "describe.lua"
    script.write_text(SCRIPT)
    with bench.daemon() as daemon:
        daemon.s3.create_bucket(Bucket="bench")
        client = Client(daemon)
        client.create("described", ["/bin/true"], HyperParameters={f"parameter-{i}": "0.001" for i in range(10)})
        client.await_end("described")
        for connections in (1, 16, 64):
            figure, remark = run_wrk(daemon.url, script, connections, 2 if bench.quick else 8)
            table.add(f"DescribeTrainingJob, {connections} connections", figure, remark)
