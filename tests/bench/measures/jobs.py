"""What the daemon adds to a container: a job that does nothing, against the Engine alone."""

import http.client
import json
import statistics
import time
from typing import Any

from harness.engine import BUSYBOX, UnixConnection

from measures.bench import Bench, Client
from measures.table import Table, milliseconds

NETWORK = "trainyard-bench"
COMMAND = ["/bin/true"]


class BareEngine:
    """Containers by the Engine's API over one kept connection, in a network that is there already."""

    def __init__(self, socket: str) -> None:
        self.connection = UnixConnection(socket)
        self.network = self.call("POST", "/networks/create", {"Name": NETWORK, "CheckDuplicate": True})["Id"]

    def close(self) -> None:
        self.call("DELETE", f"/networks/{self.network}")
        self.connection.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response: http.client.HTTPResponse = self.connection.getresponse()
        text = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {text.decode()}")
        return json.loads(text) if text else None

    def run(self) -> None:
        host = {"NetworkMode": self.network}
        container = {"Image": BUSYBOX, "Entrypoint": COMMAND, "HostConfig": host}
        identity = self.call("POST", "/containers/create", container)["Id"]
        try:
            self.call("POST", f"/containers/{identity}/start")
            self.call("POST", f"/containers/{identity}/wait")
        finally:
            self.call("DELETE", f"/containers/{identity}?force=1&v=1")


def measure(bench: Bench, table: Table) -> None:
    through_daemon, bare = [], []
    engine = BareEngine(bench.engine.socket)
    try:
        with bench.daemon() as daemon:
            daemon.s3.create_bucket(Bucket="bench")
            client = Client(daemon)
            for number in range(-1, bench.runs(20)):
                began = time.perf_counter()
                client.create(f"job-{number + 1}", COMMAND)
                client.await_end(f"job-{number + 1}")
                between = time.perf_counter()
                engine.run()
                ended = time.perf_counter()
                if number >= 0:  # the first makes the network, and warms the Engine
                    through_daemon.append(between - began)
                    bare.append(ended - between)
    finally:
        engine.close()
    job, container = statistics.median(through_daemon), statistics.median(bare)
    pairs = statistics.median(a - b for a, b in zip(through_daemon, bare, strict=True))
    aim = container * 1.1 + 0.03
    table.add("job: create to terminal", milliseconds(job), f"{len(bare)} runs, interleaved")
    table.add("container: create, start, wait, remove", milliseconds(container))
    table.add("difference of medians", milliseconds(job - container), f"median of pairs {milliseconds(pairs)}")
    table.add("aim: 10 % + 30 ms", milliseconds(aim), "kept" if job <= aim else f"missed by {milliseconds(job - aim)}")
