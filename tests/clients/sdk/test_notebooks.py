"""The notebooks of compose/examples, executed by the SDK they are for."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from harness.daemon import Daemon
from harness.sdk import PATTERNS, ROWS, example_auc, sdk_version, surroundings


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS)
def test_notebook(
    endpoint: Daemon, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    for name, value in {**surroundings(endpoint, tmp_path), "ROWS": ROWS}.items():
        monkeypatch.setenv(name, value)
    file = examples / pattern / f"sdk_v{sdk_version()}.ipynb"
    notebook = nbformat.read(file, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    NotebookClient(notebook, timeout=500, resources={"metadata": {"path": str(file.parent)}}).execute()
    texts = [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = "".join(texts)
    assert example_auc(shown) > 0.55
    # The job's status and its log came, too.
    assert re.search({2: "Completed - Training job completed", 3: "Final Resource Status"}[sdk_version()], shown)
    assert len(re.findall(r"validation:auc=0\.\d+;", shown)) >= 2
    assert "model saved" in shown
