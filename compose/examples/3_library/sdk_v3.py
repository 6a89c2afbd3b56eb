# %% [markdown]
# # A script with a library of one's own, with the SageMaker SDK v3
#
# `source/train.py` imports `my_custom_library`, which lies beside this program and is no package of any index.
# The SDK v3 has no `dependencies`, but every channel may be a directory of this machine: the library comes as
# a channel, and `PYTHONPATH` says where channels lie.

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

sys.path.append("..")
import artifacts
import clicks

ROWS = int(os.environ.get("ROWS", "1_000_000"))
logging.basicConfig(level=logging.INFO)  # without it the SDK shows no log of the job

# %%
session = Session()
files = clicks.write(Path(tempfile.mkdtemp(prefix="clicks-")), ROWS)
data = {split: session.upload_data(str(file), key_prefix=f"clicks/{split}") for split, file in files.items()}

# %%
trainer = ModelTrainer(
    training_image=image_uris.retrieve("sklearn", session.boto_region_name, version="1.4-2"),
    source_code=SourceCode(source_dir="source", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large"),
    hyperparameters={"epochs": 2, "learning-rate": 0.03},
    environment={"PYTHONPATH": "/opt/ml/input/data"},
    base_job_name="clicks-library",
    sagemaker_session=session,
)
trainer.with_metric_definitions([MetricDefinition(name="validation:auc", regex="validation:auc=([0-9.]+)")])
channels = {**data, "my_custom_library": "my_custom_library"}
del channels["test"]
trainer.train([InputData(channel_name=name, data_source=source) for name, source in channels.items()])

# %% [markdown]
# ## The model
# It is an object of the library, which is at hand here, too.

# %%
job = trainer._latest_training_job
model = joblib.load(artifacts.fetch(job.model_artifacts.s3_model_artifacts) / "model.joblib")
print(f"test:auc={model.auc(pandas.read_csv(files['test'], dtype=str)):.5f}")
