from common import time_of
from estimator import fit
from sagemaker.session import Session

session = Session()
time_of(lambda: fit(session, "ml.m5.large", "s3://bench/results"))
