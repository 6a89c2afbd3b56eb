"""A daemon of one's own: for a test, a notebook, a script."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Callable, Optional

from trainyard.endpoint import Endpoint
from trainyard.errors import DaemonError

START_SECONDS = 30.0
STOP_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


def find_binary() -> str:
    """The program `trainyard`: of TRAINYARD_BINARY, on the PATH, or of the checkout that this package
    or the current directory lies in."""
    named = os.environ.get("TRAINYARD_BINARY")
    if named:
        return named
    found = shutil.which("trainyard")
    if found:
        return found
    for start in (Path(__file__).resolve().parent, Path.cwd()):
        for directory in (start, *start.parents):
            built = directory / "build" / "release" / "trainyard"
            if built.is_file() and os.access(built, os.X_OK):
                return str(built)
    raise DaemonError(
        "the program `trainyard` is nowhere: name it by TRAINYARD_BINARY, put it on the PATH, or build "
        "it (cmake --preset release && cmake --build --preset release)"
    )


def environment_of_programs() -> dict[str, str]:
    """The environment for programs of ours: what its user exported for a daemon is not meant for this one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRAINYARD_")}


class Daemon(Endpoint):
    """Runs from `start` to `stop`, or for the length of a `with` block, on a free port. Everything it
    keeps is in a temporary directory and gone at its end, with its containers; unless `data_dir` is
    given. `options` are those of `trainyard serve`.

    It also ends when the process that started it does, however that happens.
    """

    def __init__(
        self,
        *options: str,
        binary: Optional[str] = None,
        data_dir: Optional[os.PathLike[str]] = None,
        environment: Optional[Mapping[str, str]] = None,
        region: Optional[str] = None,
        start_timeout: float = START_SECONDS,
    ) -> None:
        super().__init__("http://127.0.0.1:0", region=region)
        self.process: Optional[subprocess.Popen[bytes]] = None
        self._binary = binary
        self._options = options
        self._data_dir = data_dir
        self._more_environment = dict(environment or {})
        self._start_timeout = start_timeout
        self._files: Optional[tempfile.TemporaryDirectory[str]] = None

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def stderr(self) -> str:
        """The end of what it wrote there."""
        if self._files is None:
            return ""
        try:
            return (Path(self._files.name) / "stderr").read_text(errors="replace")[-8000:]
        except OSError:
            return ""

    def start(self) -> None:
        """Returns when it is ready. `DaemonError` with its own words when it does not come up."""
        if self.running:
            return
        self._forget()
        self._files = tempfile.TemporaryDirectory(prefix="trainyard-daemon-")
        ready_file = Path(self._files.name) / "ready"
        command = [self._binary or find_binary(), "serve", "--listen", "127.0.0.1:0"]
        command += ["--ready-file", str(ready_file)]
        command += ["--ephemeral"] if self._data_dir is None else ["--data-dir", os.fspath(self._data_dir)]
        if self._region is not None:
            command += ["--region", self._region]
        if not any(option.startswith("--config") for option in self._options):
            command += ["--config", os.devnull]  # not the one of this machine's user
        command += self._options
        try:
            with open(Path(self._files.name) / "stderr", "wb") as stderr:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    env={**environment_of_programs(), "TMPDIR": self._files.name, **self._more_environment},
                    start_new_session=True,  # an interrupt from the keyboard is for us, not for it
                    preexec_fn=end_with_parent(),
                )
        except OSError as error:
            raise DaemonError(f"{command[0]} cannot be run: {error}") from error
        try:
            self._await(ready_file)
            if any(option.split("=")[0] == "--auth" for option in self._options):
                self._take_keys(command[0])
        except BaseException:
            self.kill()
            raise

    def _await(self, ready_file: Path) -> None:
        assert self.process is not None
        deadline = time.monotonic() + self._start_timeout
        while not ready_file.exists():
            code = self.process.poll()
            if code is not None:
                raise DaemonError(f"trainyard ended with {code} before it was ready:\n{self.stderr}")
            if time.monotonic() > deadline:
                raise DaemonError(f"trainyard is not ready after {self._start_timeout:g} s:\n{self.stderr}")
            time.sleep(0.005)
        self.url = ready_file.read_text().strip()

    @property
    def data_directory(self) -> Path:
        if self._data_dir is not None:
            return Path(self._data_dir)
        assert self._files is not None, "the daemon was never started"
        return next(Path(self._files.name).glob("trainyard-??????")) / "data"

    def _take_keys(self, binary: str) -> None:
        command = [binary, "env", "--data-dir", str(self.data_directory), "--format", "json"]
        # Only the keys are wanted of it, whatever is wrong with a configuration of the SDK.
        environment = environment_of_programs()
        environment.pop("SAGEMAKER_USER_CONFIG_OVERRIDE", None)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise DaemonError(f"trainyard env ended with {done.returncode}: {done.stderr}")
        variables = json.loads(done.stdout)
        self.access_key = variables["AWS_ACCESS_KEY_ID"]
        self.secret_key = variables["AWS_SECRET_ACCESS_KEY"]

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Asks it to end, and waits until it has; an ephemeral daemon takes its jobs with it."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise DaemonError(f"trainyard did not end within {timeout:g} s:\n{self.stderr}") from None
        finally:
            self._forget_clients()
        if code != 0:
            raise DaemonError(f"trainyard ended with {code}:\n{self.stderr}")

    def kill(self) -> None:
        """Ends it at once. What it made in the Engine stays."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
        self._forget_clients()

    def _forget_clients(self) -> None:
        for name in ("_boto_session", "_sagemaker", "account_id", "region", "sdk_config_file"):
            self.__dict__.pop(name, None)

    def _forget(self) -> None:
        self._forget_clients()
        if self._files is not None:
            self._files.cleanup()


def end_with_parent() -> Optional[Callable[[], None]]:
    """Makes the kernel send SIGTERM to the child when this process dies by whatever. Linux ties that
    to the thread that makes the child, so it is done for the main thread only."""
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return None
    import ctypes

    with contextlib.suppress(OSError):
        libc = ctypes.CDLL(None)
        return lambda: libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0) and None
    return None
