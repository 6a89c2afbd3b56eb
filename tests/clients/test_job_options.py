"""What the owner of a machine gives every job: variables, certificates, a cache of pip's."""

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import package_index, packages
from harness.daemon import Daemon
from harness.engine import Engine
from harness.jobs import Jobs

StartDaemon = Callable[..., Daemon]
SAMPLE = "trainyard/sample"
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
pytestmark = pytest.mark.engine


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
    server = serve_files(package_index.files("tiny"))
    settings = package_index.settings(host_address, server.server_port)
    members = packages.members(pip_directory, **settings)
    script = "python3 -m pip install --target /tmp/packages tiny && PYTHONPATH=/tmp/packages python3 -c 'import tiny'"
    daemon = start_daemon("--pip-cache")
    jobs = Jobs(daemon)
    try:
        for _ in range(2):
            jobs.run(script, image=image, **members)
        assert server.asked.count(package_index.wheel_path("tiny")) == 1
        assert daemon.engine.remains(daemon.id).volumes == [f"trainyard-{daemon.id}-pip-cache"]
    finally:
        jobs.stop_all()
        daemon.engine.request("DELETE", f"/volumes/trainyard-{daemon.id}-pip-cache")
