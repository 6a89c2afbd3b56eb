"""What a client sees of a job that prints one line: from the call to its return, with unmodified clients."""

import json
import os
import statistics
import subprocess
from pathlib import Path

from harness.daemon import BINARY, Daemon
from harness.engine import BUSYBOX

from measures.bench import Bench
from measures.table import Table

PROGRAMS = Path(__file__).parent / "clients"
TREE = Path(__file__).parents[3]
PYTHONS = {name: TREE / "build" / name / "bin" / "python" for name in ("venv", "venv-sdk-v2", "venv-sdk-v3")}
IMAGE = "trainyard-bench/line"
DOCKERFILE = f'FROM {BUSYBOX}\nENTRYPOINT ["/bin/sh", "-c", "echo one line"]\n'
PEER = "SDK v2, its local mode"
ROWS = [
    (PEER, "venv-sdk-v2", "sdk_v2_local_mode"),
    ("boto3, waiter", "venv", "boto3_waiter"),
    ("AWS CLI, wait", "venv", "cli_wait"),
    ("SDK v3, train()", "venv-sdk-v3", "sdk_v3_train"),
    ("SDK v2, fit() with the helper's session", "venv-sdk-v2", "helper_session"),
    ("SDK v2, fit()", "venv-sdk-v2", "sdk_v2_fit"),
]


def surroundings(daemon: Daemon, home: Path) -> dict[str, str]:
    """As after `eval "$(trainyard env)"`, but with the clients' own pauses between two questions."""
    command = [str(BINARY), "env", "--format", "json", "--data-dir", str(daemon.data_directory)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    variables = {name: value for name, value in json.loads(printed).items() if value is not None}
    del variables["AWS_DATA_PATH"]
    return {
        **variables,
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(TREE / "compose" / "python" / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BENCH_IMAGE": IMAGE,
    }


def seconds(python: str, program: str, job_seconds: int, environment: dict[str, str]) -> float:
    command = [str(PYTHONS[python]), str(PROGRAMS / f"{program}.py"), str(job_seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{program}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return float(done.stdout.rsplit("\n", 2)[-2])


def measure(bench: Bench, table: Table) -> None:
    subprocess.run(["docker", "build", "-q", "-t", IMAGE, "-"], input=DOCKERFILE, text=True, check=True)
    with bench.daemon() as daemon:
        daemon.s3.create_bucket(Bucket="bench")
        daemon.s3.put_object(Bucket="bench", Key="train/data.csv", Body=b"1,2\n")
        environment = surroundings(daemon, bench.directory)
        peer = 0.0
        for label, python, program in ROWS:
            runs = [seconds(python, program, 0, environment) for _ in range(bench.runs(20) // 4 + 1)]
            median = statistics.median(runs)
            peer = peer or median
            note = f"{len(runs)} runs" if label == PEER else f"{median - peer:+.2f} s to local mode"
            table.add(f"{label}: one line", f"{median:.2f} s", note)
        ten = seconds("venv-sdk-v2", "sdk_v2_fit", 10, environment)
        table.add("SDK v2, fit(): ten seconds", f"{ten:.2f} s", "kept" if ten <= 12 else "aim: 12 s")
