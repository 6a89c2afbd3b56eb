"""Click data: reading, and the columns to learn from."""

from collections.abc import Iterator
from pathlib import Path

import pandas

CHUNK = 100_000
NO_FEATURES = ("id", "click", "hour", "device_id", "device_ip")


def read(channel: str) -> Iterator[pandas.DataFrame]:
    """The rows of all CSV files of a channel, a chunk at a time. Every value is a category."""
    for file in sorted(Path(channel).glob("*.csv")):
        yield from pandas.read_csv(file, dtype=str, chunksize=CHUNK)


def clicked(rows: pandas.DataFrame) -> pandas.Series:
    return rows["click"].astype(int)


def tokens(rows: pandas.DataFrame) -> list[tuple[str, ...]]:
    """What is hashed of each row: names with their values, and the hour of the day."""
    columns = [f"{name}=" + rows[name] for name in rows.columns if name not in NO_FEATURES]
    columns.append("hour=" + rows["hour"].str[-2:])
    return list(zip(*columns))
