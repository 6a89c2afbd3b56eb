"""A boto3 session whose every client talks to one daemon."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional
from urllib.parse import urlsplit

import boto3
import botocore.config
import botocore.session

from trainyard import client_files
from trainyard.endpoint import with_item

USER_AGENT = "trainyard-python"
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")

# A user's profiles say how to reach AWS; none of that is wanted here.
NO_PROFILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class DaemonBotoSession(boto3.Session):  # type: ignore[misc,unused-ignore]
    """Clients and resources go to `url`, also those for which a caller names an address of AWS (the
    SageMaker SDK does so for STS). Profiles, proxies and the user's own credentials are left aside."""

    def __init__(self, url: str, region: str, access_key: str, secret_key: str) -> None:
        core = botocore.session.Session(session_vars=NO_PROFILES)
        core.set_config_variable("data_path", with_item("AWS_DATA_PATH", os.pathsep, client_files.aws_data()))
        super().__init__(
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            botocore_session=core,
        )
        self.url = url

    def client(self, service_name: str, *args: Any, **options: Any) -> Any:
        if len(args) > 4:  # the place of endpoint_url in boto3's signature
            args, options = args[:4], {**options, "endpoint_url": args[4]}
        if goes_to_aws(options.get("endpoint_url")):
            options["endpoint_url"] = self.url
        options["config"] = direct(options.get("config"))
        client = super().client(service_name, *args, **options)
        if service_name == "sagemaker":
            event = "provide-client-params.sagemaker.CreateTrainingJob"
            client.meta.events.register(event, accept_file_uris)
        return client


def goes_to_aws(endpoint_url: Optional[str]) -> bool:
    if endpoint_url is None:
        return True
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith(AWS_DOMAINS)


def direct(config: Any) -> Any:
    """`config` without proxies, path-style for S3, and with a user agent of our own instead of the
    SDK's: the daemon holds the SDK's questions back, which asks seldom; we ask often."""
    ours = botocore.config.Config(
        proxies={}, user_agent_extra=USER_AGENT, s3={"addressing_style": "path"}
    )
    return ours if config is None else config.merge(ours)


def accept_file_uris(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Rewrites a CreateTrainingJob request with file:// in it to the form that the daemon takes:
    every source an S3DataSource, every path absolute."""
    request = dict(params)
    if "InputDataConfig" in request:
        request["InputDataConfig"] = [file_channel(channel) for channel in request["InputDataConfig"]]
    for member, uri in (("OutputDataConfig", "S3OutputPath"), ("CheckpointConfig", "S3Uri")):
        place = request.get(member)
        if isinstance(place, dict) and is_file_uri(place.get(uri)):
            request[member] = {**place, uri: absolute_file_uri(place[uri])}
    # The SDK gives these the output path; they are not acted upon, and must name S3.
    for member in ("DebugHookConfig", "ProfilerConfig", "TensorBoardOutputConfig"):
        if is_file_uri(request.get(member, {}).get("S3OutputPath")):
            del request[member]
    return request


def file_channel(channel: dict[str, Any]) -> dict[str, Any]:
    source = dict(channel.get("DataSource", {}))
    local = source.pop("FileDataSource", None)
    if local is not None:
        source["S3DataSource"] = {
            "S3DataType": "S3Prefix",
            "S3Uri": absolute_file_uri(local["FileUri"]),
            "S3DataDistributionType": local.get("FileDataDistributionType", "FullyReplicated"),
        }
    elif is_file_uri(source.get("S3DataSource", {}).get("S3Uri")):
        uri = absolute_file_uri(source["S3DataSource"]["S3Uri"])
        source["S3DataSource"] = {**source["S3DataSource"], "S3Uri": uri}
    return {**channel, "DataSource": source}


def is_file_uri(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("file://")


def absolute_file_uri(uri: str) -> str:
    """As in local mode, file://data/train is relative to the current directory."""
    path = uri[len("file://") :]
    absolute = os.path.join(Path.cwd(), path)
    return "file://" + os.path.normpath(absolute) + ("/" if path.endswith("/") else "")
