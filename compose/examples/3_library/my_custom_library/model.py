"""A linear model over hashed features, which learns a chunk of rows at a time."""

import numpy as np
import pandas
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import roc_auc_score

from my_custom_library.data import clicked, tokens


class ClickModel:
    """Takes rows as they were read and says how likely each is clicked."""

    def __init__(self, hash_bits: int, learning_rate: float) -> None:
        self.hasher = FeatureHasher(2**hash_bits, input_type="string", alternate_sign=False)
        self.linear = SGDClassifier(
            loss="log_loss", alpha=1e-6, learning_rate="constant", eta0=learning_rate, average=True, random_state=0
        )

    def learn(self, rows: pandas.DataFrame) -> None:
        self.linear.partial_fit(self.hasher.transform(tokens(rows)), clicked(rows), classes=[0, 1])

    def predict(self, rows: pandas.DataFrame) -> np.ndarray:
        return self.linear.predict_proba(self.hasher.transform(tokens(rows)))[:, 1]

    def auc(self, rows: pandas.DataFrame) -> float:
        return float(roc_auc_score(clicked(rows), self.predict(rows)))
