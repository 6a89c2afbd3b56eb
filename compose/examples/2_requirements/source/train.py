"""Learns to predict clicks, and finds the model's settings itself: Optuna tries some, on a part of the rows.

SageMaker's images have no Optuna: requirements.txt beside this script names it, and it is installed when the
job starts.
"""

import argparse
import os
from pathlib import Path

import joblib
import optuna
from features import clicked, read, tokens
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline


def linear_model(learning_rate: float, alpha: float) -> SGDClassifier:
    return SGDClassifier(
        loss="log_loss", learning_rate="constant", eta0=learning_rate, alpha=alpha, average=True, max_iter=3, tol=None
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--rows", type=int, default=200_000, help="rows to learn from")
    parser.add_argument("--hash-bits", type=int, default=18)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output-data-dir", default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    arguments = parser.parse_args()

    hasher = FeatureHasher(2**arguments.hash_bits, input_type="string", alternate_sign=False)
    train, validation = read(arguments.train, arguments.rows), read(arguments.validation)
    features, known = hasher.transform(tokens(train)), clicked(train)
    held, held_clicks = hasher.transform(tokens(validation)), clicked(validation)
    print(f"Optuna {optuna.__version__}; {len(train)} rows to learn from, {len(validation)} to validate on")

    def score(trial: optuna.Trial) -> float:
        settings = {
            "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.3, log=True),
            "alpha": trial.suggest_float("alpha", 1e-8, 1e-3, log=True),
        }
        model = linear_model(**settings).fit(features, known)
        auc = roc_auc_score(held_clicks, model.predict_proba(held)[:, 1])
        print(f"trial={trial.number}; validation:auc={auc:.5f}; {settings}")
        return auc

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(score, n_trials=arguments.trials)
    print(f"best: validation:auc={study.best_value:.5f}; {study.best_params}")

    model = linear_model(**study.best_params).fit(features, known)
    joblib.dump(make_pipeline(hasher, model), Path(arguments.model_dir) / "model.joblib")
    study.trials_dataframe().to_csv(Path(arguments.output_data_dir) / "trials.csv", index=False)
    print("model saved")


if __name__ == "__main__":
    main()
