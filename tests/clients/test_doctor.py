"""`trainyard doctor` and `trainyard version`, on this machine as it is."""

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conftest import StartDaemon
from harness.daemon import BINARY
from harness.engine import Engine, Remains


@dataclass(frozen=True)
class Examined:
    process: int
    returncode: int
    stdout: str


def doctor(data_directory: Path, *options: str) -> Examined:
    command = [str(BINARY), "doctor", "--data-dir", str(data_directory), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        printed, _ = process.communicate()
    return Examined(process.pid, process.returncode, printed)


def verdicts(printed: str) -> dict[str, str]:
    """The verdict on each subject."""
    lines = [line for line in printed.splitlines() if line[:1].isalpha() and ": " in line]
    return {subject: verdict for verdict, subject in (line.partition(": ")[0].split(maxsplit=1) for line in lines)}


def test_a_machine_where_jobs_run(tmp_path: Path, engine: Engine) -> None:
    done = doctor(tmp_path / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == 0, done.stdout
    found = verdicts(done.stdout)
    for subject in ("Docker Engine", "Rights on the socket", "Staging of data", "Inside of jobs", "Data directory"):
        assert found[subject] in ("ok", "warning"), done.stdout
    assert found["Address"] == "ok"
    assert "Training jobs can run here." in done.stdout
    assert engine.labelled(f"trainyard.doctor={done.process}") == Remains([], [], [])
    assert not (tmp_path / "data").exists()


def test_a_daemon_that_runs_is_recognised(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    done = doctor(daemon.data_directory, "--listen", daemon.url.removeprefix("http://"))
    assert done.returncode == 0
    assert f"a Trainyard answers at {daemon.url.removeprefix('http://')}" in done.stdout
    assert "is used by the Trainyard that runs" in done.stdout


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = doctor(tmp_path / "data", "--listen", f"127.0.0.1:{other.getsockname()[1]}")
    assert verdicts(done.stdout)["Address"] != "ok", done.stdout


def test_an_engine_that_is_away_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    done = doctor(tmp_path / "data", "--docker-host", f"unix://{tmp_path}/none.sock")
    assert done.returncode == 1
    assert verdicts(done.stdout)["Docker Engine"] == "problem"
    assert "none.sock" in done.stdout


def test_version() -> None:
    done = subprocess.run([str(BINARY), "version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    name, number = done.stdout.split()
    assert name == "trainyard" and number[0].isdigit()
