"""A daemon of the tests' own: started, stopped, killed and started again over one data directory."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.config

from harness.engine import Engine

BINARY = Path(os.environ.get("TRAINYARD_BINARY") or Path(__file__).parents[3] / "build" / "dev" / "trainyard")
REGION = "us-east-1"
ACCOUNT = "123456789012"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": REGION}
POLL_SECONDS = 0.05
READY_SECONDS = 30
STOP_SECONDS = 15


class Daemon:
    def __init__(
        self,
        directory: Path,
        engine: Engine,
        *options: str,
        environment: dict[str, str] | None = None,
        under: Sequence[str] = (),
    ) -> None:
        """`under` is a command that runs the daemon, as its only child."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.data_directory = directory / "data"
        self.engine = engine
        self.options = options
        self.environment = environment or {}
        self.under = under
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    # --- its life

    def start(self, *more: str, environment: dict[str, str] | None = None) -> None:
        """Starts it and waits until it is ready."""
        self.launch(*more, environment=environment)
        self.wait_until_ready()

    def launch(self, *more: str, environment: dict[str, str] | None = None) -> None:
        ready_file = self.directory / "ready"
        ready_file.unlink(missing_ok=True)
        self.forget_clients()
        command = [*self.under, str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data-dir", str(self.data_directory)]
        command += ["--ready-file", str(ready_file), *self.options, *more]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "DOCKER_HOST") if name in os.environ}
        with open(self.directory / "stdout", "wb") as out, open(self.directory / "stderr", "ab") as err:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self.directory,
                env={**kept, **self.environment, **(environment or {})},
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        ready_file = self.directory / "ready"
        while not (ready_file.exists() and ready_file.read_text().endswith("\n")):
            assert self.running, f"the daemon ended with {self.exit_code} before it was ready:\n{self.stderr}"
            assert time.monotonic() < deadline, f"the daemon is not ready:\n{self.stderr}"
            time.sleep(0.01)
        self.url = ready_file.read_text().strip()

    def stop(self) -> None:
        """SIGTERM, as an init system does it. It must end well."""
        if self.process is None:
            return
        if self.running:
            os.kill(self.pid, signal.SIGTERM)
        self.await_exit()
        code = self.exit_code
        self.process = None
        assert code == 0, f"the daemon ended with {code}:\n{self.stderr}"

    def put_away(self) -> None:
        """Its end, after which nothing may be left of it in the Engine; whatever is, goes all the same."""
        try:
            self.stop()
            self.check_gone()
        finally:
            if self.running:
                self.kill()
            if (self.data_directory / "id").exists():
                self.engine.remove_all(self.id)

    def kill(self) -> None:
        """SIGKILL: it gets no chance to do anything more."""
        assert self.process is not None
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def restart(self, *more: str) -> None:
        self.stop()
        self.start(*more)

    def await_exit(self, seconds: float = STOP_SECONDS) -> int:
        """Waits for an end that was caused elsewhere and returns the exit code."""
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"the daemon does not end:\n{self.stderr}") from None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """Of the daemon itself, also where another program runs it."""
        assert self.process is not None
        if not self.under:
            return self.process.pid
        (child,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(child)

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    # --- what it shows

    @property
    def id(self) -> str:
        return (self.data_directory / "id").read_text().strip()

    @property
    def stderr(self) -> str:
        """The end of what it wrote there, of all its lives."""
        path = self.directory / "stderr"
        return path.read_text(errors="replace")[-8000:] if path.exists() else ""

    @property
    def stdout(self) -> str:
        return (self.directory / "stdout").read_text()

    def memory(self, field: str) -> int:
        """A memory figure of its process in bytes: VmRSS, or VmHWM for the peak."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise LookupError(field)

    def scratch(self) -> list[Path]:
        """What lies in the scratch directory of running jobs."""
        return sorted((self.data_directory / "scratch").glob("*"))

    def run_program(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Runs the trainyard program, e.g. `trainyard logs JOB`."""
        done = subprocess.run([str(BINARY), *arguments], capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr.decode()
        return done

    # --- clients of it

    @property
    def keys(self) -> dict[str, str]:
        """The access key of its data directory."""
        return dict(json.loads((self.data_directory / "keys").read_text()))

    def forget_clients(self) -> None:
        for name in ("sm", "s3", "logs"):
            self.__dict__.pop(name, None)

    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client that shows every error at once."""
        settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "read_timeout": 120, **config}
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.keys["access_key_id"],
            aws_secret_access_key=self.keys["secret_access_key"],
            config=botocore.config.Config(**settings),
        )

    @cached_property
    def sm(self) -> Any:
        return self.client("sagemaker")

    @cached_property
    def s3(self) -> Any:
        return self.client("s3", max_pool_connections=20)

    @cached_property
    def logs(self) -> Any:
        return self.client("logs")

    def make_bucket(self) -> str:
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=name)
        return name

    # --- what it leaves behind

    def check_idle(self) -> None:
        """Nothing of any job is left, but for idle networks that wait for the next one."""
        remains = self.engine.remains(self.id)
        assert remains.containers == []
        assert remains.volumes == []
        assert len(remains.networks) <= 3
        assert self.scratch() == []

    def check_gone(self) -> None:
        """After its end: nothing at all is left in the Engine."""
        if not (self.data_directory / "id").exists():
            return  # it never began
        remains = self.engine.remains(self.id)
        assert (remains.containers, remains.volumes, remains.networks) == ([], [], [])
        assert self.scratch() == []
