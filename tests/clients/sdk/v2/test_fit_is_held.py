"""What Estimator.fit asks about its job is held by a daemon of which nothing is asked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sagemaker.estimator import Estimator

from harness.daemon import Daemon
from harness.engine import BUSYBOX
from harness.jobs import ROLE, UNTIL_TOLD, Jobs
from harness.questions import await_taken, taken


def test_fit_learns_of_the_end_by_its_first_question(endpoint: Daemon, session: Any) -> None:
    jobs = Jobs(endpoint)
    estimator = Estimator(
        BUSYBOX,
        ROLE,
        instance_count=1,
        instance_type="ml.m5.large",
        container_entry_point=["sh", "-c", UNTIL_TOLD],
        max_run=120,
        sagemaker_session=session,
    )
    before = taken(endpoint)
    with ThreadPoolExecutor(1) as pool:
        fitting = pool.submit(estimator.fit)
        await_taken(endpoint, before + 1)
        # The job ends only after the question was taken, so an answer at once would not tell of it.
        name = estimator.latest_training_job.name
        jobs.wait_for_log(name, "started")
        jobs.tell(name)
        fitting.result()
    assert taken(endpoint) == before + 1
    assert jobs.describe(name)["TrainingJobStatus"] == "Completed"
