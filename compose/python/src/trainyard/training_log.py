"""Shows a job on the terminal as the SDK does: status changes, and log lines coloured by host."""

from __future__ import annotations

import sys
from typing import Any, Optional

import sagemaker.logs
from botocore.exceptions import ClientError
from sagemaker.utils import secondary_training_status_changed, secondary_training_status_message

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingLog:
    def __init__(self, logs: Any, job: str, *, show_events: bool) -> None:
        self._logs = logs
        self._job = job
        self._show_events = show_events
        self._shown: Optional[dict[str, Any]] = None  # the description whose status is on the screen
        self._in_line = False
        self._tokens: dict[str, Optional[str]] = {}  # by stream, in the order they are coloured
        self._color = sagemaker.logs.ColorWrap()

    def show_status(self, description: dict[str, Any]) -> None:
        if not secondary_training_status_changed(description, self._shown):
            return
        message = secondary_training_status_message(description, self._shown)
        self.end_line()
        print(message, end="")
        self._in_line = bool(message) and not message.endswith("\n")
        self._shown = description
        sys.stdout.flush()

    def show_new_events(self, description: dict[str, Any]) -> None:
        """Whatever is there and was not shown."""
        if not self._show_events:
            return
        resources = description["ResourceConfig"]
        groups = resources.get("InstanceGroups") or [resources]
        if len(self._tokens) < sum(group.get("InstanceCount", 0) for group in groups):
            self._find_streams()
        for number, stream in enumerate(self._tokens):
            self._show_stream(number, stream)
        sys.stdout.flush()

    def end_line(self) -> None:
        if self._in_line:
            print()
        self._in_line = False

    def _find_streams(self) -> None:
        pages = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=LOG_GROUP, logStreamNamePrefix=self._job + "/", orderBy="LogStreamName"
        )
        try:
            names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return  # nothing has been written yet
        for name in names:
            self._tokens.setdefault(name, None)

    def _show_stream(self, number: int, stream: str) -> None:
        while True:
            token = self._tokens[stream]
            more = {} if token is None else {"nextToken": token}
            page = self._logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, **more
            )
            for event in page["events"]:
                self.end_line()
                self._color(number, event["message"])
            self._tokens[stream] = page["nextForwardToken"]
            if not page["events"]:
                return
