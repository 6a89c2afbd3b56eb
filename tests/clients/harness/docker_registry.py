"""A real registry on 127.0.0.1, which the Engine trusts without TLS: Debian's docker-registry."""

import http.client
import socket
import subprocess
import time
from pathlib import Path

from harness.engine import docker

CONFIGURATION = """
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
http:
  addr: 127.0.0.1:{port}
{auth}
"""
AUTH = "auth: {{htpasswd: {{realm: tests, path: {path}}}}}"
USER, PASSWORD = "trainer", "correct horse"


class DockerRegistry:
    def __init__(self, directory: Path, with_password: bool = False) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"127.0.0.1:{self.port}"
        auth = ""
        if with_password:
            passwords = directory / "htpasswd"
            subprocess.run(["htpasswd", "-Bbc", str(passwords), USER, PASSWORD], check=True, capture_output=True)
            auth = AUTH.format(path=passwords)
        configuration = directory / "config.yml"
        configuration.write_text(CONFIGURATION.format(storage=directory / "storage", port=self.port, auth=auth))
        self.log = open(directory / "log", "wb")
        self.process = subprocess.Popen(
            ["docker-registry", "serve", str(configuration)], stdout=self.log, stderr=self.log
        )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/v2/")
                connection.getresponse()
                return
            except OSError:
                assert time.monotonic() < deadline, "docker-registry does not start"
                time.sleep(0.05)
            finally:
                connection.close()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.log.close()

    def push(self, image: str, name: str, docker_config: Path | None = None) -> str:
        """Pushes a local image as `name` and forgets it locally. Returns its digest reference."""
        reference = f"{self.address}/{name}"
        options = ["--config", str(docker_config)] if docker_config else []
        docker("tag", image, reference)
        docker(*options, "push", "-q", reference)
        digests = docker("image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", reference)
        docker("image", "rm", reference)
        (digest,) = [line for line in digests.splitlines() if line.startswith(self.address)]
        return digest

    def login(self, docker_config: Path) -> None:
        docker_config.mkdir(parents=True, exist_ok=True)
        docker(
            "--config", str(docker_config), "login", "-u", USER, "--password-stdin", self.address,
            stdin=PASSWORD.encode(),
        )  # fmt: skip
