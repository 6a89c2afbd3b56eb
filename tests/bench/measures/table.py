"""A table of figures with the machine's load while they were taken."""

import os
import time


class Table:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[tuple[str, str, str]] = []
        self.began = time.monotonic()

    def add(self, what: str, figure: str, remark: str = "") -> None:
        self.rows.append((what, figure, remark))

    def show(self) -> None:
        seconds = time.monotonic() - self.began
        load = os.getloadavg()[0]
        print(f"{self.name} (took {seconds:.0f} s, load average {load:.1f})")
        widths = [max((len(row[column]) for row in self.rows), default=0) for column in (0, 1)]
        for what, figure, remark in self.rows:
            print(f"  {what:<{widths[0]}}  {figure:>{widths[1]}}  {remark}".rstrip())
        print(flush=True)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def mebibytes(count: float) -> str:
    return f"{count / 2**20:.1f} MiB"


def rate(size: int, seconds: float) -> str:
    return f"{size / seconds / 1e6:.0f} MB/s"
