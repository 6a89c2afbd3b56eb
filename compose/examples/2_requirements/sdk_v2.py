# %% [markdown]
# # A script that needs more than the image has, with the SageMaker SDK v2
#
# `source/train.py` tunes its model by Optuna, which is in no image of SageMaker's. `source/requirements.txt`
# names it: the image installs it by pip when the job starts. Pip needs its index for that; behind a proxy or
# with a mirror of one's own see `--job-env` and `--job-ca` of `trainyard serve`.

# %%
import os
import sys
import tempfile
from pathlib import Path

import joblib
import pandas
import sagemaker
from sagemaker.sklearn import SKLearn
from sklearn.metrics import roc_auc_score

sys.path.append("..")
import artifacts
import clicks

ROWS = int(os.environ.get("ROWS", "1_000_000"))

# %%
session = sagemaker.Session()
files = clicks.write(Path(tempfile.mkdtemp(prefix="clicks-")), ROWS)
data = {split: session.upload_data(str(file), key_prefix=f"clicks/{split}") for split, file in files.items()}
channels = {split: data[split] for split in ("train", "validation")}

# %%
settings = {
    "framework_version": "1.4-2",
    "instance_type": "ml.m5.large",
    "hyperparameters": {"trials": 8},
    "metric_definitions": [{"Name": "validation:auc", "Regex": "trial=.*validation:auc=([0-9.]+)"}],
    "sagemaker_session": session,
}
estimator = SKLearn(entry_point="train.py", source_dir="source", **settings)
estimator.fit(channels)

# %% [markdown]
# ## The model, with the best settings that were found

# %%
from source import features  # made here as they were made there

model = joblib.load(artifacts.fetch(estimator.model_data) / "model.joblib")
test = pandas.read_csv(files["test"], dtype=str)
auc = roc_auc_score(features.clicked(test), model.predict_proba(features.tokens(test))[:, 1])
print(f"test:auc={auc:.5f}")

# %% [markdown]
# ## A script that calls pip itself
# `self_install.py` installs Optuna and then runs the same training. `dependencies` may name files, too.

# %%
estimator = SKLearn(entry_point="self_install.py", dependencies=["source/train.py", "source/features.py"], **settings)
estimator.fit(channels)
print(estimator.model_data)
