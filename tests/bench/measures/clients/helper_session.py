import trainyard
from common import time_of
from estimator import fit

session = trainyard.Session()
time_of(lambda: fit(session, "local", "s3://bench/results"))
