"""Drives Trainyard, the daemon that runs Amazon SageMaker training jobs on this machine.

    trainyard.Session()      a session for the SageMaker Python SDK v2 that talks to the daemon
    trainyard.Endpoint()     a daemon that runs already: its environment, clients, jobs
    trainyard.Daemon()       a daemon of one's own, gone at the end of the `with` block

and, with pytest, the fixture `trainyard`. boto3 and the SDK are imported when they are first needed;
nothing else is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainyard.daemon import Daemon
from trainyard.endpoint import Endpoint, find_url
from trainyard.errors import DaemonError, JobFailed, TrainyardError

if TYPE_CHECKING:
    from trainyard.session import Session

__all__ = ["Daemon", "DaemonError", "Endpoint", "JobFailed", "Session", "TrainyardError", "find_url"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Session":
        from trainyard.session import Session

        return Session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
