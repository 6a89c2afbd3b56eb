#!/usr/bin/env python3
"""Makes a notebook of each program whose cells are marked with `# %%`, without outputs.

    make_notebooks.py [--check]

With --check nothing is written, and the exit status tells whether the notebooks are those of the programs.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARK = "# %%"


def cells(program: str) -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for number, part in enumerate(f"\n{program}".split(f"\n{MARK}")[1:], 1):
        head, _, body = part.partition("\n")
        markdown = head.strip() == "[markdown]"
        if markdown:
            body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.splitlines())
        cell: dict[str, object] = {"cell_type": "markdown" if markdown else "code", "id": f"cell-{number}"}
        cell |= {"metadata": {}, "source": body.strip("\n").splitlines(keepends=True)}
        made.append(cell if markdown else cell | {"execution_count": None, "outputs": []})
    return made


def notebook(program: str) -> str:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    made = {"cells": cells(program), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    stale = []
    for program in sorted(HERE.glob("*/sdk_v?.py")):
        made, file = notebook(program.read_text()), program.with_suffix(".ipynb")
        if not file.exists() or file.read_text() != made:
            stale.append(str(file.relative_to(HERE)))
            if "--check" not in sys.argv:
                file.write_text(made)
    print("\n".join(stale) or "every notebook is that of its program")
    sys.exit(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    main()
