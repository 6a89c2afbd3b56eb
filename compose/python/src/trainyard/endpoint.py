"""A daemon that answers at some URL, and what a program or a test asks of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import urlsplit

from trainyard import client_files
from trainyard.errors import DaemonError, JobFailed

if TYPE_CHECKING:
    from trainyard.boto import DaemonBotoSession
    from trainyard.session import Session

DEFAULT_URL = "http://127.0.0.1:4747"
DEFAULT_KEY = "trainyard"
POLL_SECONDS = 0.2
CONTROL_SECONDS = 90.0
TERMINAL = ("Completed", "Failed", "Stopped")

# Variables that would send a client somewhere else than the environment of an endpoint says.
MISLEADING = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
              "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")  # fmt: skip


def data_directory() -> Optional[Path]:
    """Where a daemon of this user keeps its files unless it is told otherwise."""
    chosen = os.environ.get("TRAINYARD_DATA_DIR")
    if chosen:
        return Path(chosen)
    xdg = Path(os.environ.get("XDG_DATA_HOME") or "")
    if xdg.is_absolute():
        return xdg / "trainyard"
    try:
        return Path.home() / ".local" / "share" / "trainyard"
    except RuntimeError:
        return None


def misleading(environment: Mapping[str, str]) -> list[str]:
    """Those of its variables that would send a client somewhere else than an endpoint's say."""
    return [name for name in environment if name in MISLEADING or name.startswith("AWS_ENDPOINT_URL_")]


def with_item(variable: str, separator: str, item: str) -> str:
    items = [present for present in os.environ.get(variable, "").split(separator) if present]
    return separator.join(items if item in items else [*items, item])


def control_token(secret_key: str) -> str:
    """What the daemon's own routes take in place of a signature, where it asks for one."""
    return hmac.new(secret_key.encode(), b"trainyard control", hashlib.sha256).hexdigest()


def find_url() -> str:
    """The daemon's base URL: of TRAINYARD_URL, of AWS_ENDPOINT_URL (as `trainyard env` sets it), of
    the daemon that runs in the user's data directory, or else the default."""
    for name in ("TRAINYARD_URL", "AWS_ENDPOINT_URL"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    return announced_url() or DEFAULT_URL


def announced_url() -> Optional[str]:
    """Of the daemon that runs in the user's data directory."""
    directory = data_directory()
    try:
        return (directory / "address").read_text().strip() if directory else None
    except OSError:
        return None


def announced_keys() -> tuple[str, str]:
    """What the daemon that runs in the user's data directory takes where it asks for signatures."""
    directory = data_directory()
    try:
        keys = json.loads((directory / "keys").read_text()) if directory else {}
        return str(keys["access_key_id"]), str(keys["secret_access_key"])
    except (OSError, ValueError, KeyError):
        return DEFAULT_KEY, DEFAULT_KEY


class Endpoint:
    """`url`: as `find_url` finds it unless given. Nothing is sent before something is asked."""

    def __init__(
        self,
        url: Optional[str] = None,
        *,
        region: Optional[str] = None,
        access_key: Optional[str] = None,
        secret_key: Optional[str] = None,
    ) -> None:
        self.url = (url or find_url()).rstrip("/")
        # Keys that `trainyard env` exported are for this daemon; any others are for somebody else.
        exported = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/") == self.url
        environment = os.environ if exported else {}
        self._region = region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
        known = announced_keys() if announced_url() == self.url else (DEFAULT_KEY, DEFAULT_KEY)
        self.access_key = access_key or environment.get("AWS_ACCESS_KEY_ID") or known[0]
        self.secret_key = secret_key or environment.get("AWS_SECRET_ACCESS_KEY") or known[1]

    # --- for clients

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point AWS clients of another process, or of this one, at the daemon. Those
        that `misleading` names should not be set beside them."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAGEMAKER_USER_CONFIG_OVERRIDE": self.sdk_config_file,
            "AWS_DATA_PATH": with_item("AWS_DATA_PATH", os.pathsep, client_files.aws_data()),
            "TRAINYARD_URL": self.url,
            **self._no_proxy(),
        }

    def _no_proxy(self) -> dict[str, str]:
        """A proxy elsewhere cannot reach this machine's loopback. Programs read either name."""
        if not any(os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY")):
            return {}
        host = urlsplit(self.url).hostname or ""
        return {name: with_item(name, ",", host) for name in ("NO_PROXY", "no_proxy")}

    @cached_property
    def region(self) -> str:
        """The one that was given, else the daemon's."""
        return self._region or str(self.health()["region"])

    @cached_property
    def account_id(self) -> str:
        return str(self.health()["account_id"])

    @property
    def default_bucket(self) -> str:
        """The bucket that the SDK makes and uses where it is given none."""
        return f"sagemaker-{self.region}-{self.account_id}"

    @property
    def role_arn(self) -> str:
        """Of a role that a job may name. Any does."""
        return f"arn:aws:iam::{self.account_id}:role/trainyard"

    @property
    def sdk_config_file(self) -> str:
        """A SageMaker SDK configuration for this daemon; there until the process ends."""
        return client_files.sdk_config(self.default_bucket, self.role_arn)

    def boto_session(self) -> DaemonBotoSession:
        """A boto3 session whose every client talks to the daemon, whatever the environment says."""
        from trainyard.boto import DaemonBotoSession

        return DaemonBotoSession(self.url, self.region, self.access_key, self.secret_key)

    @cached_property
    def _boto_session(self) -> DaemonBotoSession:
        return self.boto_session()

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client: client("s3"), client("sagemaker"), …"""
        return self._boto_session.client(service, **options)

    def resource(self, service: str, **options: Any) -> Any:
        return self._boto_session.resource(service, **options)

    def session(self, **options: Any) -> Session:
        """A `trainyard.Session` of the SageMaker SDK v2 for this daemon."""
        from trainyard.session import Session

        return Session(endpoint=self, **options)

    # --- the daemon's own routes

    def health(self) -> dict[str, Any]:
        return dict(json.loads(self._control("GET", "/_trainyard/health")))

    def reset(self) -> None:
        """Stops every job and forgets everything: jobs, tags, buckets and objects, logs, metrics.
        It is true when this returns."""
        self._control("POST", "/_trainyard/reset", json.dumps({}).encode())

    def logs(self, job: str) -> list[str]:
        """The lines of a job's log that are there by now."""
        return self._control("GET", f"/_trainyard/jobs/{job}/log").decode(errors="replace").splitlines()

    def _control(self, method: str, path: str, body: Optional[bytes] = None) -> bytes:
        request = urllib.request.Request(self.url + path, data=body, method=method)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if self.secret_key != DEFAULT_KEY:
            request.add_header("Authorization", f"Bearer {control_token(self.secret_key)}")
        # No proxy stands between us and this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=CONTROL_SECONDS) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace").strip()
            raise DaemonError(f"{method} {self.url}{path}: {error.code} {said}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise DaemonError(
                f"no Trainyard answers at {self.url} ({reason}); start it with `trainyard serve`, or "
                "name another URL by TRAINYARD_URL"
            ) from None

    # --- jobs

    def describe(self, job: str) -> dict[str, Any]:
        return dict(self._sagemaker.describe_training_job(TrainingJobName=job))

    @cached_property
    def _sagemaker(self) -> Any:
        return self.client("sagemaker")

    def wait_for_job(
        self,
        job: str,
        *,
        expect: Optional[Sequence[str]] = ("Completed",),
        timeout: float = 600.0,
        poll: float = POLL_SECONDS,
    ) -> dict[str, Any]:
        """Waits until the job has ended and returns its description. `JobFailed` when its status is
        none of `expect` (None: any will do), with the end of its log; TimeoutError when it goes on."""
        deadline = time.monotonic() + timeout
        while True:
            description = self.describe(job)
            status = description["TrainingJobStatus"]
            if status in TERMINAL:
                break
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{job} has not ended after {timeout:g} s: {description['SecondaryStatus']}")
            time.sleep(poll)
        if expect is not None and status not in expect:
            reason = description.get("FailureReason", "no reason given")
            log = "\n".join("    " + line for line in self.logs(job)[-20:])
            raise JobFailed(f"{job} ended {status}: {reason}\nthe end of its log:\n{log}", description)
        return description
