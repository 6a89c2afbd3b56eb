"""The programs of compose/examples, run by the SDK they are for; and what they share."""

import os
import re
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.sdk import EXAMPLES, PATTERNS, ROWS, example_auc, run_python, sdk_version, surroundings


@pytest.mark.parametrize("pattern", PATTERNS)
def test_program(endpoint: Daemon, examples: Path, tmp_path: Path, pattern: str) -> None:
    environment = {**surroundings(endpoint, tmp_path), "ROWS": ROWS}
    out = run_python(f"sdk_v{sdk_version()}.py", directory=examples / pattern, environment=environment)
    assert example_auc(out) > 0.55
    # The job's log came, too.
    assert len(re.findall(r"validation:auc=0\.\d+;", out)) >= 2
    assert "model saved" in out


def test_notebooks_are_those_of_the_programs(tmp_path: Path) -> None:
    run_python(str(EXAMPLES / "make_notebooks.py"), "--check", directory=tmp_path, environment=dict(os.environ))


def test_data_comes_from_its_seed(tmp_path: Path) -> None:
    def made(name: str, *arguments: str) -> dict[str, bytes]:
        program = str(EXAMPLES / "clicks.py")
        run_python(program, "--rows", "2000", *arguments, name, directory=tmp_path, environment=dict(os.environ))
        return {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}

    first = made("first")
    lines = {name: content.decode().splitlines() for name, content in first.items()}
    assert {name: len(rows) - 1 for name, rows in lines.items()} == {
        "train.csv": 1600,
        "validation.csv": 200,
        "test.csv": 200,
    }
    assert made("second") == first
    assert made("third", "--seed", "8") != first
    for rows in lines.values():
        assert len(rows[0].split(",")) == 24
        assert {len(row.split(",")) for row in rows} == {24}
        clicked = sum(row.split(",")[1] == "1" for row in rows[1:]) / (len(rows) - 1)
        assert 0.08 < clicked < 0.3


@pytest.mark.slow
def test_a_million_rows_are_made_where_nothing_is_said(tmp_path: Path) -> None:
    run_python(str(EXAMPLES / "clicks.py"), "data", directory=tmp_path, environment=dict(os.environ))
    lines = {file.stem: file.read_bytes().count(b"\n") - 1 for file in (tmp_path / "data").iterdir()}
    assert lines == {"train": 800_000, "validation": 100_000, "test": 100_000}
