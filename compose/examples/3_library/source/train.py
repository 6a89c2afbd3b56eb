"""Learns to predict clicks by a library of one's own, which comes with the job and is in no image."""

import argparse
import os
from pathlib import Path

import joblib
import pandas
from my_custom_library.data import read
from my_custom_library.model import ClickModel


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--hash-bits", type=int, default=18)
    parser.add_argument("--learning-rate", type=float, default=0.03)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    arguments = parser.parse_args()

    model = ClickModel(arguments.hash_bits, arguments.learning_rate)
    validation = pandas.concat(read(arguments.validation))
    for epoch in range(1, arguments.epochs + 1):
        for rows in read(arguments.train):
            model.learn(rows)
        print(f"epoch={epoch}; validation:auc={model.auc(validation):.5f};")

    joblib.dump(model, Path(arguments.model_dir) / "model.joblib")
    print("model saved")


if __name__ == "__main__":
    main()
