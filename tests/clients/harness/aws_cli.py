"""The AWS CLI as users run it, pointed at a daemon by environment variables alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.daemon import CREDENTIALS


# The CLI's second version, as Debian packages it.
DEBIAN_AWS = Path("/usr/bin/aws")


class AwsCli:
    def __init__(self, url: str, home: Path, *program: str) -> None:
        self.program = program or (sys.executable, "-m", "awscli")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": url,
            "AWS_MAX_ATTEMPTS": "1",
            **CREDENTIALS,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.program, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def __call__(self, *arguments: str) -> str:
        """What the command printed; a failure fails the test."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments))

    def error(self, *arguments: str) -> str:
        """What a command said that had to fail."""
        done = self.run(*arguments)
        assert done.returncode != 0, f"aws {' '.join(arguments)} succeeded: {done.stdout}"
        return done.stderr
