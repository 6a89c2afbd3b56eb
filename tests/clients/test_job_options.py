"""What the owner of a machine gives every job: variables, certificates, a cache of pip's."""

import base64
import hashlib
import http.server
import io
import ipaddress
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import packages
from harness.daemon import Daemon
from harness.engine import Engine
from harness.jobs import Jobs

StartDaemon = Callable[..., Daemon]
SAMPLE = "trainyard/sample"
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
pytestmark = pytest.mark.engine


@pytest.fixture(scope="session")
def host_address(engine_door: Engine) -> str:
    """An address of this machine that containers of every network reach."""
    subnet = engine_door.request("GET", "/networks/bridge")["IPAM"]["Config"][0]["Subnet"]
    return str(next(ipaddress.ip_network(subnet).hosts()))


class Files(http.server.BaseHTTPRequestHandler):
    """Answers with the server's files and notes what was asked for."""

    def do_GET(self) -> None:
        server: Any = self.server
        body = server.files.get(self.path)
        server.asked.append(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Cache-Control", "max-age=86400")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def serve_files() -> Iterator[Callable[..., Any]]:
    servers = []

    def serve(files: dict[str, bytes], context: ssl.SSLContext | None = None) -> Any:
        server: Any = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Files)
        server.files, server.asked = files, []
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return server

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_variables_of_the_owner_are_in_every_job(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--job-env", "COLOUR=red", "--job-env", "SHAPE=round=yes,of course")
    jobs = Jobs(daemon)
    script = 'echo "$COLOUR $SHAPE"'
    assert jobs.log(jobs.run(script)["TrainingJobName"]) == ["red round=yes,of course"]
    job = jobs.run(script, Environment={"COLOUR": "blue"})
    assert jobs.log(job["TrainingJobName"]) == ["blue round=yes,of course"]


def test_the_endpoint_is_reached_past_a_proxy(start_daemon: StartDaemon) -> None:
    jobs = Jobs(start_daemon("--job-env", "HTTP_PROXY=http://proxy.invalid:1", "--job-env", "NO_PROXY=.internal"))
    job = jobs.run('echo "$NO_PROXY $no_proxy $AWS_ENDPOINT_URL"')
    (line,) = jobs.log(job["TrainingJobName"])
    upper, lower, url = line.split()
    host = url.removeprefix("http://").split(":")[0]
    assert upper == lower == f".internal,{host}"


def test_certificates_of_the_owner_are_trusted(
    start_daemon: StartDaemon, serve_files: Callable[..., Any], host_address: str, tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "root.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test root"]
        + ["-addext", f"subjectAltName=IP:{host_address}", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = serve_files({"/secret": b"reached"}, context)
    jobs = Jobs(start_daemon("--job-ca", str(certificate)))
    script = f"""python3 - <<'END'
import os, urllib.request
print(urllib.request.urlopen("https://{host_address}:{server.server_port}/secret").read().decode())
for name in ("REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO"):
    assert os.environ[name] == os.environ["SSL_CERT_FILE"]
for path in (os.environ["SSL_CERT_FILE"], "{SYSTEM_ROOTS}"):
    print(open(path).read().count("BEGIN CERTIFICATE") if os.path.exists(path) else 0)
END"""
    reached, roots, of_image = jobs.log(jobs.run(script, image=SAMPLE)["TrainingJobName"])
    assert reached == "reached"
    of_machine = SYSTEM_ROOTS.read_text().count("BEGIN CERTIFICATE") if SYSTEM_ROOTS.exists() else 0
    assert int(roots) == (int(of_image) or of_machine) + 1


def wheel(name: str) -> bytes:
    """A package that is there and does nothing."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        f"{len(text.encode())}\n"
        for path, text in files.items()
    )
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return packed.getvalue()


@pytest.fixture(scope="session")
def pip_directory(file_root: Path) -> Path:
    directory = file_root / "pip"
    directory.mkdir()
    packages.install(directory, ("pip",))
    return directory


@pytest.mark.parametrize("user", ["root", "1000"])
def test_a_second_job_downloads_no_package_again(
    start_daemon: StartDaemon,
    serve_files: Callable[..., Any],
    host_address: str,
    pip_directory: Path,
    engine_door: Engine,
    user: str,
) -> None:
    image = SAMPLE
    if user != "root":
        image = engine_door.build_image("trainyard/test-pip-user", f"FROM {SAMPLE}\nUSER {user}\n")
    package = "/files/tiny-1.0-py3-none-any.whl"
    page = f'<html><body><a href="{package}">tiny-1.0-py3-none-any.whl</a></body></html>'.encode()
    server = serve_files({"/simple/tiny/": page, package: wheel("tiny")})
    index = f"{host_address}:{server.server_port}"
    members = packages.members(pip_directory, PIP_INDEX_URL=f"http://{index}/simple", PIP_TRUSTED_HOST=index)
    script = "python3 -m pip install --target /tmp/packages tiny && PYTHONPATH=/tmp/packages python3 -c 'import tiny'"
    daemon = start_daemon("--pip-cache")
    jobs = Jobs(daemon)
    try:
        for _ in range(2):
            jobs.run(script, image=image, **members)
        assert server.asked.count(package) == 1
        assert daemon.engine.remains(daemon.id).volumes == [f"trainyard-{daemon.id}-pip-cache"]
    finally:
        jobs.stop_all()
        daemon.engine.request("DELETE", f"/volumes/trainyard-{daemon.id}-pip-cache")
