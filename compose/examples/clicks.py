#!/usr/bin/env python3
"""Click-through data in the shape of the Avazu contest's, made from a seed.

    clicks.py [--rows 1000000] [--seed 7] DIRECTORY

Writes train.csv, validation.csv and test.csv: ten days of advertisements that were shown, in the order
of their hours, each clicked or not. The first eight tenths are to learn from, the next to validate on,
the last to test with. Whether somebody clicks depends on the columns, so there is something to learn.
"""

import argparse
import datetime
from pathlib import Path

import numpy as np

DAYS = 10
FIRST_HOUR = datetime.datetime(2014, 10, 21)
SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
HEX = np.array([f"{byte:02x}" for byte in range(256)], "S2")

# How many values a column has, how unevenly they occur (the exponent of Zipf's law), and how much a
# value says about a click (the standard deviation of its weight).
IDS = {
    "site_id": (3000, 1.1, 0.5),
    "site_domain": (4000, 1.2, 0.3),
    "site_category": (24, 1.3, 0.4),
    "app_id": (5000, 1.2, 0.5),
    "app_domain": (400, 1.5, 0.2),
    "app_category": (32, 1.4, 0.3),
    "device_model": (6000, 0.9, 0.2),
}
NUMBERS = {
    "C1": ([1005, 1002, 1010, 1012, 1007, 1001, 1008], 2.5, 0.1),
    "banner_pos": (range(8), 1.8, 0.4),
    "device_type": ([1, 0, 4, 5], 2.5, 0.2),
    "device_conn_type": ([0, 2, 3, 5], 2.2, 0.2),
    "C14": (range(375, 24375, 10), 0.8, 0.3),
    "C15": ([320, 300, 216, 728, 120, 1024, 480, 768], 2.5, 0.1),
    "C16": ([50, 250, 36, 480, 90, 20, 768, 320, 1024], 2.5, 0.3),
    "C17": (range(112, 2800, 7), 0.8, 0.3),
    "C18": (range(4), 0.6, 0.2),
    "C19": (range(33, 2000, 29), 0.9, 0.1),
    "C20": ([-1, *range(100000, 100180)], 0.9, 0.1),
    "C21": (range(1, 256, 4), 0.7, 0.2),
}
COLUMNS = [
    *("id", "click", "hour", "C1", "banner_pos", "site_id", "site_domain", "site_category"),
    *("app_id", "app_domain", "app_category", "device_id", "device_ip", "device_model"),
    *("device_type", "device_conn_type", "C14", "C15", "C16", "C17", "C18", "C19", "C20", "C21"),
]


def make(rows: int, seed: int) -> dict[str, np.ndarray]:
    """The table by columns, each an array of byte strings."""
    random = np.random.default_rng(seed)
    table: dict[str, np.ndarray] = {"id": random_ids(random, rows, 8)}
    logit = np.zeros(rows)

    hours = np.sort(random.integers(0, DAYS * 24, rows))
    names = [f"{FIRST_HOUR + datetime.timedelta(hours=hour):%y%m%d%H}" for hour in range(DAYS * 24)]
    table["hour"] = np.array(names, "S8")[hours]
    logit += 0.3 * np.cos((hours % 24 - 20) / 24 * 2 * np.pi)

    values = {name: random_ids(random, shape[0], 4) for name, shape in IDS.items()}
    values |= {name: np.array([str(number) for number in shape[0]], "S6") for name, shape in NUMBERS.items()}
    in_app = random.random(rows) < 0.37
    for name, (_, skew, influence) in (IDS | NUMBERS).items():
        chance = np.arange(1, len(values[name]) + 1) ** -skew
        chosen = random.choice(len(values[name]), rows, p=chance / chance.sum())
        # An advertisement is shown on a site or in an app; the other one's columns hold a fixed value.
        if name.startswith(("site_", "app_")):
            chosen[in_app == name.startswith("site_")] = 0
        weight = random.normal(0, influence, len(values[name]))
        table[name] = values[name][chosen]
        logit += weight[chosen]

    # Most devices tell no id of theirs; addresses hardly ever repeat.
    known = random.random(rows) < 0.18
    table["device_id"] = np.where(known, random_ids(random, rows, 4), random_ids(random, 1, 4))
    table["device_ip"] = random_ids(random, rows, 4)

    logit += -1.9 - logit.mean()
    clicked = random.random(rows) < 1 / (1 + np.exp(-logit))
    table["click"] = np.where(clicked, b"1", b"0").astype("S1")
    return {name: table[name] for name in COLUMNS}


def random_ids(random: np.random.Generator, count: int, octets: int) -> np.ndarray:
    """Hexadecimal names of `octets` bytes."""
    digits = HEX[random.integers(0, 256, (count, octets), dtype=np.uint8)]
    return digits.view(f"S{2 * octets}").ravel()


def to_csv(table: dict[str, np.ndarray]) -> bytes:
    """A line is built with columns of fixed width, filled up with NULs, which are dropped at the end:
    a million rows take a second."""
    cells = []
    for column in table.values():
        cells += [column.view(np.uint8).reshape(len(column), -1), np.full((len(column), 1), ord(","), np.uint8)]
    cells[-1][:] = ord("\n")
    block = np.hstack(cells)
    return ",".join(table).encode() + b"\n" + block[block != 0].tobytes()


def write(directory: Path, rows: int = 1_000_000, seed: int = 7) -> dict[str, Path]:
    """Makes the data and writes it, one file for each split."""
    table = make(rows, seed)
    directory.mkdir(parents=True, exist_ok=True)
    ends = (np.cumsum([0, *SPLITS.values()]) * rows).round().astype(int)
    files = {}
    for split, begin, end in zip(SPLITS, ends, ends[1:]):
        files[split] = directory / f"{split}.csv"
        files[split].write_bytes(to_csv({name: column[begin:end] for name, column in table.items()}))
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    for split, file in write(arguments.directory, arguments.rows, arguments.seed).items():
        print(f"{split:<10} {file.stat().st_size:>11} bytes  {file}")


if __name__ == "__main__":
    main()
