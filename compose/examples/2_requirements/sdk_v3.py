# %% [markdown]
# # A script that needs more than the image has, with the SageMaker SDK v3
#
# `source/train.py` tunes its model by Optuna, which is in no image of SageMaker's. `source/requirements.txt`
# names it: it is installed by pip when the job starts. Pip needs its index for that; behind a proxy or with a
# mirror of one's own see `--job-env` and `--job-ca` of `trainyard serve`.

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

# %%
session = Session()
files = clicks.write(Path(tempfile.mkdtemp(prefix="clicks-")), ROWS)
data = {split: session.upload_data(str(file), key_prefix=f"clicks/{split}") for split, file in files.items()}
channels = [InputData(channel_name=split, data_source=data[split]) for split in ("train", "validation")]

# %%
settings = {
    "training_image": image_uris.retrieve("sklearn", session.boto_region_name, version="1.4-2"),
    "compute": Compute(instance_type="ml.m5.large"),
    "hyperparameters": {"trials": 8},
    "sagemaker_session": session,
}
code = SourceCode(source_dir="source", entry_script="train.py", requirements="requirements.txt")
trainer = ModelTrainer(source_code=code, base_job_name="clicks-optuna", **settings)
trainer.with_metric_definitions([MetricDefinition(name="validation:auc", regex="trial=.*validation:auc=([0-9.]+)")])
trainer.train(channels)

# %% [markdown]
# ## The model, with the best settings that were found

# %%
from source import features  # made here as they were made there

job = trainer._latest_training_job
model = joblib.load(artifacts.fetch(job.model_artifacts.s3_model_artifacts) / "model.joblib")
test = pandas.read_csv(files["test"], dtype=str)
auc = roc_auc_score(features.clicked(test), model.predict_proba(features.tokens(test))[:, 1])
print(f"test:auc={auc:.5f}")

# %% [markdown]
# ## A script that calls pip itself
# `self_install.py` installs Optuna and then runs the same training, so nothing is said of requirements. It is
# found beside the training script because both are put into one directory.

# %%
joined = Path(tempfile.mkdtemp(prefix="source-"))
for file in ("self_install.py", "source/train.py", "source/features.py"):
    (joined / Path(file).name).write_bytes(Path(file).read_bytes())

code = SourceCode(source_dir=str(joined), entry_script="self_install.py")
trainer = ModelTrainer(source_code=code, base_job_name="clicks-pip", **settings)
trainer.train(channels)
print(trainer._latest_training_job.model_artifacts.s3_model_artifacts)
