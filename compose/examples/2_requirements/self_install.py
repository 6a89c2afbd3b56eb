"""The same without a requirements.txt: a script that asks pip itself for what it needs, and goes on."""

import subprocess
import sys

subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "optuna>=4,<5"], check=True)

import train  # noqa: E402  (it needs what was just installed)

train.main()
