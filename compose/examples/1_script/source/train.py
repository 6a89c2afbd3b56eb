"""Learns to predict clicks: feature hashing and a linear model.

Hyperparameters come as arguments, and where things lie is told by SM_* variables, as in every script that
SageMaker runs.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline

CHUNK = 100_000
NO_FEATURES = ("id", "click", "hour", "device_id", "device_ip")


def read(channel: str) -> Iterator[pandas.DataFrame]:
    """The rows of all CSV files of a channel, a chunk at a time. Every value is a category."""
    for file in sorted(Path(channel).glob("*.csv")):
        yield from pandas.read_csv(file, dtype=str, chunksize=CHUNK)


def tokens(rows: pandas.DataFrame) -> list[tuple[str, ...]]:
    """What is hashed of each row: names with their values, and the hour of the day."""
    columns = [f"{name}=" + rows[name] for name in rows.columns if name not in NO_FEATURES]
    columns.append("hour=" + rows["hour"].str[-2:])
    return list(zip(*columns))


def clicked(rows: pandas.DataFrame) -> pandas.Series:
    return rows["click"].astype(int)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--hash-bits", type=int, default=18)
    parser.add_argument("--learning-rate", type=float, default=0.03)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    arguments = parser.parse_args()
    print(f"hyperparameters: {vars(arguments)}")

    hasher = FeatureHasher(2**arguments.hash_bits, input_type="string", alternate_sign=False)
    model = SGDClassifier(
        loss="log_loss", alpha=1e-6, learning_rate="constant", eta0=arguments.learning_rate, average=True, random_state=0
    )
    train = [(hasher.transform(tokens(rows)), clicked(rows)) for rows in read(arguments.train)]
    validation = pandas.concat(read(arguments.validation))
    held, held_clicks = hasher.transform(tokens(validation)), clicked(validation)
    rows = sum(len(known) for _, known in train)
    print(f"{rows} rows to learn from, {len(validation)} to validate on")

    for epoch in range(1, arguments.epochs + 1):
        for features, known in train:
            model.partial_fit(features, known, classes=[0, 1])
        chance = model.predict_proba(held)[:, 1]
        loss, auc = log_loss(held_clicks, chance), roc_auc_score(held_clicks, chance)
        print(f"epoch={epoch}; validation:logloss={loss:.5f}; validation:auc={auc:.5f};")

    joblib.dump(make_pipeline(hasher, model), Path(arguments.model_dir) / "model.joblib")
    print("model saved")


if __name__ == "__main__":
    main()
