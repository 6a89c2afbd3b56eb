# %% [markdown]
# # A script with a library of one's own, with the SageMaker SDK v2
#
# `source/train.py` imports `my_custom_library`, which lies beside this program and is no package of any index.
# `dependencies` names it: it is packed with the source, and lies beside the script in the container.

# %%
import os
import sys
import tempfile
from pathlib import Path

import joblib
import pandas
import sagemaker
from sagemaker.sklearn import SKLearn

sys.path.append("..")
import artifacts
import clicks

ROWS = int(os.environ.get("ROWS", "1_000_000"))

# %%
session = sagemaker.Session()
files = clicks.write(Path(tempfile.mkdtemp(prefix="clicks-")), ROWS)
data = {split: session.upload_data(str(file), key_prefix=f"clicks/{split}") for split, file in files.items()}

# %%
estimator = SKLearn(
    entry_point="train.py",
    source_dir="source",
    dependencies=["my_custom_library"],
    framework_version="1.4-2",
    instance_type="ml.m5.large",
    hyperparameters={"epochs": 2, "learning-rate": 0.03},
    metric_definitions=[{"Name": "validation:auc", "Regex": "validation:auc=([0-9.]+)"}],
    sagemaker_session=session,
)
estimator.fit({split: data[split] for split in ("train", "validation")})

# %% [markdown]
# ## The model
# It is an object of the library, which is at hand here, too.

# %%
model = joblib.load(artifacts.fetch(estimator.model_data) / "model.joblib")
print(f"test:auc={model.auc(pandas.read_csv(files['test'], dtype=str)):.5f}")
