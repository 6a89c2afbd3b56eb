"""What the programs of the measurement share; each runs with its own client library, as a user's does."""

import os
import sys
import time
import uuid
from collections.abc import Callable

IMAGE = os.environ["BENCH_IMAGE"]
COMMAND = ["/bin/sh", "-c", f"sleep {sys.argv[1]}; echo one line"]
ROLE = "arn:aws:iam::123456789012:role/trainyard"


def new_name() -> str:
    return f"job-{uuid.uuid4().hex[:12]}"


def time_of(run: Callable[[], object]) -> None:
    """Prints the seconds, without those that the library takes to load, as the last line."""
    began = time.perf_counter()
    run()
    print(f"\n{time.perf_counter() - began:.3f}")
