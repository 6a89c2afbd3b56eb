"""That the SDKs' tests show what they seem to: nothing outside of this machine could have answered."""

import os
import socket
import urllib.request
from pathlib import Path

import pytest

from harness.daemon import Daemon

OFFLINE = os.environ.get("TRAINYARD_TEST_OFFLINE")


@pytest.mark.skipif(not OFFLINE, reason="the network is refused to these tests only where root runs them")
def test_the_public_sts_host_cannot_be_reached(endpoint: Daemon) -> None:
    assert endpoint.process is not None
    status = Path(f"/proc/{endpoint.process.pid}/status").read_text()
    assert f"Uid:\t{os.getuid()}\t" in status, "client and daemon run as the user whose network is refused"
    assert os.getuid() == int(OFFLINE or 0)
    for host in ("sts.amazonaws.com", "sts.us-east-1.amazonaws.com"):
        with pytest.raises(OSError):
            socket.create_connection((host, 443), timeout=10)
    # Not for want of a name either: an address beyond this machine (one kept for documents) is refused at once.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("192.0.2.1", 443), timeout=10)


def test_no_proxy_could_have_been_asked_instead(endpoint: Daemon) -> None:
    assert urllib.request.getproxies() == {}
