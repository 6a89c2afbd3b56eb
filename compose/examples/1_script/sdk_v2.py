# %% [markdown]
# # A script of one's own, with the SageMaker SDK v2
#
# `source/train.py` learns to predict clicks. The estimator packs the directory `source` and uploads it; the
# training image unpacks it and runs the script, with the hyperparameters as its arguments.
#
# Nothing here is special to Trainyard: `eval "$(trainyard env)"`, said in the shell before, makes it the
# endpoint, and names the bucket and the role that are used where none are given.

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

# %% [markdown]
# ## The data
# Made here, split in three and uploaded. The test data is not shown to the job.

# %%
session = sagemaker.Session()
files = clicks.write(Path(tempfile.mkdtemp(prefix="clicks-")), ROWS)
data = {split: session.upload_data(str(file), key_prefix=f"clicks/{split}") for split, file in files.items()}
data

# %% [markdown]
# ## The job
# `fit` waits until the job is over and prints its log.

# %%
settings = {
    "entry_point": "train.py",
    "framework_version": "1.4-2",
    "instance_type": "ml.m5.large",
    "hyperparameters": {"epochs": 3, "learning-rate": 0.03},
    "metric_definitions": [{"Name": "validation:auc", "Regex": "validation:auc=([0-9.]+)"}],
    "sagemaker_session": session,
}
channels = {split: data[split] for split in ("train", "validation")}

estimator = SKLearn(source_dir="source", **settings)
estimator.fit(channels)

# %% [markdown]
# ## The model
# It comes as `model.tar.gz`, and is tried on the test data.

# %%
from source import train  # the features are made here as they were made there

model = joblib.load(artifacts.fetch(estimator.model_data) / "model.joblib")
test = pandas.read_csv(files["test"], dtype=str)
auc = roc_auc_score(train.clicked(test), model.predict_proba(train.tokens(test))[:, 1])
print(f"test:auc={auc:.5f}")

# %% [markdown]
# ## The source may lie in S3 already
# Such as that of the job before.

# %%
again = SKLearn(source_dir=estimator.uploaded_code.s3_prefix, **settings)
again.fit(channels, logs=False)
print(again.model_data)
