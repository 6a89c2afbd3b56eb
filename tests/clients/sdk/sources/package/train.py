"""Entry point of a package, which is installed before it runs."""

from importlib.metadata import version

import learn

if __name__ == "__main__":
    print(f"package line {version('line')}", flush=True)
    learn.main()
