# %% [markdown]
# # A script of one's own, with the SageMaker SDK v3
#
# `source/train.py` learns to predict clicks. The trainer uploads the directory `source` as a channel of the job,
# and a small program of the SDK's runs the script in the container, with the hyperparameters as its arguments.
#
# Nothing here is special to Trainyard: `eval "$(trainyard env)"`, said in the shell before, makes it the
# endpoint, and names the bucket and the role that are used where none are given.

# %%
import logging
import os
import sys
import tempfile
from pathlib import Path

import joblib
import pandas
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.train import ModelTrainer
from sagemaker.core.training.configs import Compute, InputData, MetricDefinition, SourceCode
from sklearn.metrics import roc_auc_score

sys.path.append("..")
import artifacts
import clicks

ROWS = int(os.environ.get("ROWS", "1_000_000"))
logging.basicConfig(level=logging.INFO)  # without it the SDK shows no log of the job

# %% [markdown]
# ## The data
# Made here, split in three and uploaded. The test data is not shown to the job.

# %%
session = Session()
files = clicks.write(Path(tempfile.mkdtemp(prefix="clicks-")), ROWS)
data = {split: session.upload_data(str(file), key_prefix=f"clicks/{split}") for split, file in files.items()}
data

# %% [markdown]
# ## The job
# `train` waits until the job is over and prints its log.

# %%
settings = {
    "training_image": image_uris.retrieve("sklearn", session.boto_region_name, version="1.4-2"),
    "compute": Compute(instance_type="ml.m5.large"),
    "hyperparameters": {"epochs": 3, "learning-rate": 0.03},
    "base_job_name": "clicks",
    "sagemaker_session": session,
}
channels = [InputData(channel_name=split, data_source=data[split]) for split in ("train", "validation")]

trainer = ModelTrainer(source_code=SourceCode(source_dir="source", entry_script="train.py"), **settings)
trainer.with_metric_definitions([MetricDefinition(name="validation:auc", regex="validation:auc=([0-9.]+)")])
trainer.train(channels)

# %% [markdown]
# ## The model
# It comes as `model.tar.gz`, and is tried on the test data.

# %%
from source import train  # the features are made here as they were made there

job = trainer._latest_training_job
model = joblib.load(artifacts.fetch(job.model_artifacts.s3_model_artifacts) / "model.joblib")
test = pandas.read_csv(files["test"], dtype=str)
auc = roc_auc_score(train.clicked(test), model.predict_proba(train.tokens(test))[:, 1])
print(f"test:auc={auc:.5f}")

# %% [markdown]
# ## The source may lie in S3 already

# %%
source = session.upload_data("source", key_prefix="sources/clicks") + "/"  # a directory
again = ModelTrainer(source_code=SourceCode(source_dir=source, entry_script="train.py"), **settings)
again.train(channels, logs=False)
print(again._latest_training_job.model_artifacts.s3_model_artifacts)
