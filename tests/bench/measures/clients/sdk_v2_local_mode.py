import tempfile

from common import time_of
from estimator import fit
from sagemaker.local import LocalSession

session = LocalSession()
time_of(lambda: fit(session, "local", f"file://{tempfile.mkdtemp()}"))
