"""What a container reaches: its own name always, the world only without network isolation."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from conftest import StartDaemon
from harness.jobs import Jobs

SAMPLE = "trainyard/sample"  # it has a resolver of the ordinary kind


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"reached\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def host_port() -> Iterator[int]:
    """A service of this machine that listens on every address."""
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


# Asks every address that might be the host: the default gateway, the first of its own subnet, the
# default bridge's. (nc, since busybox's wget looks up names, which a static program cannot.)
REACH_HOST = """
own=$(ip -4 -o addr show eth0 | awk '{{print $4}}' | cut -d/ -f1)
for address in $(ip route | awk '/^default/ {{print $3}}') ${{own%.*}}.1 172.17.0.1; do
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 $address {port} 2>/dev/null | grep reached
done
echo asked
"""


@pytest.mark.parametrize("isolated", [False, True])
def test_the_own_host_name_resolves(jobs: Jobs, isolated: bool) -> None:
    script = """
own=$(ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1)
ping -c 1 -W 2 algo-1 | head -1 | grep -qF "($own)" && echo resolves
"""
    job = jobs.run(script, EnableNetworkIsolation=isolated)
    assert jobs.log(job["TrainingJobName"]) == ["resolves"]
    assert job["EnableNetworkIsolation"] is isolated


def test_the_name_service_answers_for_the_own_host(jobs: Jobs) -> None:
    job = jobs.run("""python3 -c 'import socket; print(socket.gethostbyname("algo-1"))'; hostname -I""", image=SAMPLE)
    resolved, own = jobs.log(job["TrainingJobName"])
    assert resolved in own.split()


def test_without_isolation_the_host_is_reached(jobs: Jobs, host_port: int) -> None:
    job = jobs.run(REACH_HOST.format(port=host_port))
    assert "reached" in jobs.log(job["TrainingJobName"])


def test_with_isolation_nothing_of_the_host_is_reached(jobs: Jobs, host_port: int) -> None:
    job = jobs.run(REACH_HOST.format(port=host_port), EnableNetworkIsolation=True)
    assert jobs.log(job["TrainingJobName"]) == ["asked"]


# With the system's own resolver, and past /etc/hosts.
LOOK_OUTSIDE = """
import socket
for name in ("example.com", "deb.debian.org", "host.docker.internal"):
    try:
        print("resolved", name, socket.getaddrinfo(name, 80))
    except socket.gaierror:
        pass
for address in ("1.1.1.1", "169.254.169.254"):
    try:
        socket.create_connection((address, 80), timeout=2)
        print("reached", address)
    except OSError:
        pass
print("asked")
"""


def test_with_isolation_nothing_outside_is_found(jobs: Jobs) -> None:
    settings = {"RES_OPTIONS": "timeout:1 attempts:1"}
    script = f"python3 - <<'END'\n{LOOK_OUTSIDE}\nEND"
    job = jobs.run(script, image=SAMPLE, EnableNetworkIsolation=True, Environment=settings)
    assert jobs.log(job["TrainingJobName"]) == ["asked"]


def test_with_isolation_no_resolver_of_this_machine_is_asked(jobs: Jobs) -> None:
    # Wherever the machine itself finds nothing outside either, this is what tells.
    name = jobs.create("echo started; trap 'exit 0' TERM; sleep 600 & wait", EnableNetworkIsolation=True)
    jobs.wait_for_log(name, "started")
    container = jobs.daemon.engine.training_container(jobs.daemon.id, name)
    (network,) = container["NetworkSettings"]["Networks"].values()
    described = jobs.daemon.engine.request("GET", f"/networks/{network['NetworkID']}")
    jobs.stop(name)
    jobs.wait(name)
    assert container["HostConfig"]["Dns"] == ["127.0.0.1"]
    assert described["Internal"] is True


def test_with_isolation_data_still_comes_and_goes(jobs: Jobs) -> None:
    uri = jobs.put("data/x", "x")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    job = jobs.run(
        "cp /opt/ml/input/data/train/x /opt/ml/model/x",
        InputDataConfig=[{"ChannelName": "train", "DataSource": source}],
        EnableNetworkIsolation=True,
    )
    assert jobs.model(job["TrainingJobName"]) == {"x": b"x"}


@pytest.mark.engine
def test_networks_are_cut_from_the_pool_that_was_asked_for(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--network-cidr", "10.87.44.0/23", "--max-instances", "2")
    jobs = Jobs(daemon)
    names = [jobs.create("echo started; trap 'exit 0' TERM; sleep 600 & wait") for _ in range(2)]
    subnets = set()
    for name in names:
        jobs.wait_for_log(name, "started")
        networks = daemon.engine.training_container(daemon.id, name)["NetworkSettings"]["Networks"]
        subnets |= {network["IPAddress"].rsplit(".", 1)[0] for network in networks.values()}
    assert subnets == {"10.87.44", "10.87.45"}
    for name in names:
        jobs.stop(name)
        jobs.wait(name)


def test_jobs_do_not_reach_each_other(jobs: Jobs) -> None:
    server = jobs.create("echo started; trap 'exit 0' TERM; mkdir /www; httpd -f -p 8000 -h /www & wait")
    jobs.wait_for_log(server, "started")
    engine = jobs.daemon.engine
    networks = engine.training_container(jobs.daemon.id, server)["NetworkSettings"]["Networks"]
    (address,) = [network["IPAddress"] for network in networks.values()]
    job = jobs.run(f"ping -c 1 -W 2 {address} >/dev/null && echo reached; echo asked")
    jobs.stop(server)
    jobs.wait(server)
    assert jobs.log(job["TrainingJobName"]) == ["asked"]
