"""Fits a line to the CSV files of channel `train`, and keeps what it was told and found around it."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LinearRegression


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--note", default="")
    parser.add_argument("--wait", type=float, default=0, help="seconds to sleep before learning")
    arguments, _ = parser.parse_known_args()

    found = {"arguments": sys.argv[1:], "directory": os.getcwd(), "environment": dict(os.environ)}
    (Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "found.json").write_text(json.dumps(found))
    print(f"note: {arguments.note}", flush=True)
    time.sleep(arguments.wait)

    files = sorted(Path(os.environ["SM_CHANNEL_TRAIN"]).glob("*.csv"))
    table = np.vstack([np.loadtxt(file, delimiter=",", ndmin=2) for file in files])
    model = LinearRegression().fit(table[:, :1], table[:, 1])
    for number in range(1, arguments.rounds + 1):
        print(f"round={number}; train:slope={model.coef_[0]:.3f};", flush=True)
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"]) / "model.joblib")


if __name__ == "__main__":
    main()
