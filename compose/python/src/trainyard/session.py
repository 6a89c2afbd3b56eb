"""The session that makes a program of the SageMaker Python SDK v2 talk to the daemon.

The SDK takes instance_type='local', file:// inputs and file:// outputs only from a LocalSession. This
one is a LocalSession by type and an ordinary Session by behaviour: requests go to an API, here the
daemon's. The SDK's asking habits (a nap of 5 s first, then every 10 to 30 s) are replaced too.
"""

from __future__ import annotations

import copy
import sys
import time
from functools import cached_property
from typing import Any, Optional

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from trainyard.endpoint import POLL_SECONDS, Endpoint

try:
    import sagemaker.estimator
    import sagemaker.session
    from sagemaker.local import LocalSession
except ImportError as error:
    raise ImportError(
        "trainyard.Session needs the SageMaker Python SDK v2 (pip install 'trainyard[sagemaker]'). "
        "SDK v3 needs no session of ours: set the variables of trainyard.Endpoint().environment, or "
        'eval "$(trainyard env)", before the program starts.'
    ) from error

from trainyard.training_log import TrainingLog

TERMINAL = ("Completed", "Failed", "Stopped")


class Session(LocalSession):  # type: ignore[misc,unused-ignore]
    """Takes what sagemaker.Session and sagemaker.local.LocalSession take, by keyword, and `url` for a
    daemon that is not found by itself (see `trainyard.find_url`).

    Of a `boto_session` only the region is used: credentials of a real account have no business here.
    Clients that are handed in are used as they are.
    """

    sagemaker_config: Any
    _default_bucket_name_override: Optional[str]

    def __init__(
        self,
        boto_session: Optional[Any] = None,
        *,
        url: Optional[str] = None,
        endpoint: Optional[Endpoint] = None,
        default_bucket: Optional[str] = None,
        default_bucket_prefix: Optional[str] = None,
        sagemaker_config: Optional[dict[str, Any]] = None,
        settings: Optional[Any] = None,
        poll: float = POLL_SECONDS,
        **clients: Any,
    ) -> None:
        if endpoint is None:
            region = getattr(boto_session, "region_name", None)
            endpoint = Endpoint(url, region=region or configured_region())
        endpoint.health()  # says at once, and in plain words, when there is none
        self.trainyard = endpoint
        self._poll = poll
        # LocalSession's own; neither means anything for the daemon.
        clients.pop("s3_endpoint_url", None)
        clients.pop("disable_local_code", None)
        self.s3_endpoint_url = None
        self._disable_local_code = True
        take_checkpoints_and_spot()
        # Past LocalSession, whose constructor takes no settings.
        sagemaker.session.Session.__init__(
            self,
            boto_session=endpoint.boto_session(),
            default_bucket=default_bucket,
            settings=settings,
            sagemaker_config=sagemaker_config,
            default_bucket_prefix=default_bucket_prefix,
            **clients,
        )

    def _initialize(self, *arguments: Any, **options: Any) -> None:
        sagemaker.session.Session._initialize(self, *arguments, **options)
        # By this the SDK lets file:// through.
        self.local_mode = True
        # The SDK checks a configuration against its schema with every value it looks up, which costs
        # seconds; so there is none where the user has none.
        if self.sagemaker_config or not keep_telemetry_home():
            self.sagemaker_config = without_telemetry(self.sagemaker_config)
        # The SDK would ask STS for the account, a few times.
        self._default_bucket_name_override = (
            self._default_bucket_name_override or self.trainyard.default_bucket
        )

    @property
    def config(self) -> Any:
        """The configuration of local mode. Code always travels through S3, as with the real service:
        `local_code` would mount directories that the daemon need not share."""
        kept = copy.deepcopy(self._config)
        if isinstance(kept, dict) and isinstance(kept.get("local"), dict):
            kept["local"]["local_code"] = False
        return kept

    @config.setter
    def config(self, value: Any) -> None:
        self._config = value

    # --- who we are: the daemon knows

    def get_caller_identity_arn(self) -> str:
        """What sagemaker.get_execution_role(session) returns."""
        return self.trainyard.role_arn

    def account_id(self) -> str:
        return self.trainyard.account_id

    def _create_s3_bucket_if_it_does_not_exist(self, bucket_name: str, region: str) -> None:
        # The SDK's own asks a few times whose the bucket is, and gives up where there is none and a
        # default prefix is set.
        try:
            self.s3_client.head_bucket(Bucket=bucket_name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            self.create_bucket_for_not_exist_error(bucket_name, region, self.s3_resource)

    # --- waiting

    def wait_for_job(self, job: str, poll: Optional[float] = None) -> Any:
        """As the SDK's, without its naps."""
        del poll
        log = TrainingLog(self._logs_client, job, show_events=False)
        while True:
            description = self.sagemaker_client.describe_training_job(TrainingJobName=job)
            log.show_status(description)
            if description["TrainingJobStatus"] in TERMINAL:
                break
            time.sleep(self._poll)
        log.end_line()
        sagemaker.session._check_job_status(job, description, "TrainingJobStatus")
        return description

    def logs_for_job(
        self,
        job_name: str,
        wait: bool = False,
        poll: Optional[float] = None,
        log_type: str = "All",
        timeout: Optional[float] = None,
    ) -> Any:
        """As the SDK's: prints status and log lines, here as they come."""
        del poll
        deadline = None if timeout is None else time.monotonic() + timeout
        log = TrainingLog(self._logs_client, job_name, show_events=log_type not in ("None", "Rules"))
        while True:
            # In this order: a job's last line is there before its last status is.
            description = self.sagemaker_client.describe_training_job(TrainingJobName=job_name)
            log.show_status(description)
            log.show_new_events(description)
            if description["TrainingJobStatus"] in TERMINAL or not wait:
                break
            if deadline is not None and time.monotonic() > deadline:
                print(f"Timeout Exceeded. {timeout} seconds elapsed.")
                break
            time.sleep(self._poll)
        log.end_line()
        if wait:
            sagemaker.session._check_job_status(job_name, description, "TrainingJobStatus")
            show_seconds(description)
        return description

    @cached_property
    def _logs_client(self) -> Any:
        return self.boto_session.client("logs")


def configured_region() -> Optional[str]:
    """The region of the user's own AWS configuration."""
    try:
        region: Optional[str] = boto3.Session().region_name
    except BotoCoreError:  # a profile that does not exist
        return None
    return region


def without_telemetry(config: Any) -> dict[str, Any]:
    """A copy of the SDK's configuration with telemetry off: it would go to a public address."""
    result: dict[str, Any] = copy.deepcopy(config) if config else {}
    result.setdefault("SchemaVersion", "1.0")
    modules = result.setdefault("SageMaker", {}).setdefault("PythonSDK", {}).setdefault("Modules", {})
    modules["TelemetryOptOut"] = True
    return result


def keep_telemetry_home() -> bool:
    """Makes the SDK send nothing about sessions of ours; False where it has no such place."""
    try:
        from sagemaker.telemetry import telemetry_logging

        send = telemetry_logging._send_telemetry_request
    except (ImportError, AttributeError):
        return False
    if getattr(send, "_of_trainyard", False):
        return True

    def send_unless_ours(status: Any, features: Any, session: Any, *more: Any, **named: Any) -> Any:
        return None if isinstance(session, Session) else send(status, features, session, *more, **named)

    send_unless_ours._of_trainyard = True  # type: ignore[attr-defined]
    telemetry_logging._send_telemetry_request = send_unless_ours
    return True


def show_seconds(description: dict[str, Any]) -> None:
    resources = description["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    instances = sum(group.get("InstanceCount", 0) for group in groups)
    for label, member in (("Training", "TrainingTimeInSeconds"), ("Billable", "BillableTimeInSeconds")):
        if description.get(member) is not None:
            print(f"{label} seconds: {description[member] * instances}")
    sys.stdout.flush()


def take_checkpoints_and_spot() -> None:
    """Local mode refuses checkpoints and spot instances on the client's side. Whether they work is
    for the daemon to say."""
    job = sagemaker.estimator._TrainingJob
    refuse = getattr(job, "_add_spot_checkpoint_args", None)
    if refuse is None or getattr(refuse, "_of_trainyard", False):
        return

    def add_spot_checkpoint_args(cls: Any, local_mode: bool, estimator: Any, train_args: Any) -> Any:
        ours = isinstance(estimator.sagemaker_session, Session)
        return refuse(local_mode and not ours, estimator, train_args)

    add_spot_checkpoint_args._of_trainyard = True  # type: ignore[attr-defined]
    job._add_spot_checkpoint_args = classmethod(add_spot_checkpoint_args)
