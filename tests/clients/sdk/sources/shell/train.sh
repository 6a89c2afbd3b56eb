#!/bin/sh
set -e
echo "shell command: $*"
exec python learn.py "$@"
