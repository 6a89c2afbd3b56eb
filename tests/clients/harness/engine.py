"""The Docker Engine as it is, asked past the daemon: what is there, and what is left behind."""

import http.client
import io
import json
import os
import socket
import subprocess
import tarfile
import urllib.parse
from dataclasses import dataclass
from typing import Any

BUSYBOX = "trainyard/busybox"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@dataclass(frozen=True)
class Remains:
    """Names of what carries one data directory's label."""

    containers: list[str]
    volumes: list[str]
    networks: list[str]


class Engine:
    def __init__(self) -> None:
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        if not host.startswith("unix://"):
            raise ValueError(f"the tests reach the Engine by its socket only, not at {host}")
        self.socket = host.removeprefix("unix://")

    def request(self, method: str, path: str, **query: Any) -> Any:
        """One call; the decoded answer, or None when there is none. Errors raise LookupError."""
        encoded = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, f"{path}?{urllib.parse.urlencode(encoded)}")
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise LookupError(f"{method} {path}: {response.status} {body.decode()}")
        return json.loads(body) if body else None

    def containers(self, *labels: str) -> list[Any]:
        return list(self.request("GET", "/containers/json", all="1", filters={"label": list(labels)}))

    def remains(self, data_directory_id: str) -> Remains:
        return self.labelled(f"trainyard.data-dir={data_directory_id}")

    def labelled(self, label: str) -> Remains:
        volumes = self.request("GET", "/volumes", filters={"label": [label]})["Volumes"] or []
        networks = self.request("GET", "/networks", filters={"label": [label]})
        return Remains(
            containers=[container["Names"][0] for container in self.containers(label)],
            volumes=[volume["Name"] for volume in volumes],
            networks=[network["Name"] for network in networks],
        )

    def training_container(self, data_directory_id: str, job_name: str) -> Any:
        """The job's running container, inspected."""
        labels = (f"trainyard.data-dir={data_directory_id}", f"trainyard.job={job_name}", "trainyard.host=algo-1")
        (container,) = self.containers(*labels)
        return self.request("GET", f"/containers/{container['Id']}/json")

    def remove_all(self, data_directory_id: str) -> None:
        """Clears up behind a test that has failed."""
        label = f"trainyard.data-dir={data_directory_id}"
        for container in self.containers(label):
            self.try_request("DELETE", f"/containers/{container['Id']}", force="1", v="1")
        remains = self.remains(data_directory_id)
        for volume in remains.volumes:
            self.try_request("DELETE", f"/volumes/{volume}", force="1")
        for network in remains.networks:
            self.try_request("DELETE", f"/networks/{network}")

    def try_request(self, method: str, path: str, **query: Any) -> None:
        try:
            self.request(method, path, **query)
        except LookupError as error:
            print(f"left behind: {error}")

    def build_image(self, tag: str, dockerfile: str, files: dict[str, str] | None = None) -> str:
        """Builds a small image on top of busybox; `files` are executable scripts of its context."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, text in {"Dockerfile": dockerfile, **(files or {})}.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                member.mode = 0o755
                archive.addfile(member, io.BytesIO(text.encode()))
        docker("build", "-q", "-t", tag, "-", stdin=context.getvalue())
        return tag


def docker(*arguments: str, stdin: bytes = b"") -> str:
    """Runs the docker program and returns what it printed."""
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout.decode().strip()
