"""What the model learns from: used by the training script, and by whoever uses the model."""

from pathlib import Path

import pandas

NO_FEATURES = ("id", "click", "hour", "device_id", "device_ip")


def read(channel: str, rows: int | None = None) -> pandas.DataFrame:
    """The rows of all CSV files of a channel, or the last of them. Every value is a category."""
    files = sorted(Path(channel).glob("*.csv"))
    table = pandas.concat([pandas.read_csv(file, dtype=str) for file in files])
    return table if rows is None else table.tail(rows)


def tokens(rows: pandas.DataFrame) -> list[tuple[str, ...]]:
    """What is hashed of each row: names with their values, and the hour of the day."""
    columns = [f"{name}=" + rows[name] for name in rows.columns if name not in NO_FEATURES]
    columns.append("hour=" + rows["hour"].str[-2:])
    return list(zip(*columns))


def clicked(rows: pandas.DataFrame) -> pandas.Series:
    return rows["click"].astype(int)
