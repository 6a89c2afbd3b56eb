from __future__ import annotations


class TrainyardError(Exception):
    """What this package raises by itself."""


class DaemonError(TrainyardError):
    """The daemon cannot be found, does not come up, or refuses a control request."""


class JobFailed(TrainyardError):
    """A job did not end as it was expected to; `description` is DescribeTrainingJob's answer."""

    def __init__(self, message: str, description: dict[str, object]) -> None:
        super().__init__(message)
        self.description = description
