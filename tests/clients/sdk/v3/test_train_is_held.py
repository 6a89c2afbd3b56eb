"""What ModelTrainer.train asks about its job is held by a daemon of which nothing is asked, but for what it
asks while it makes the job."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sagemaker.core.training.configs import StoppingCondition

from harness.daemon import Daemon
from harness.jobs import UNTIL_TOLD, Jobs
from harness.questions import await_taken, taken
from harness.sdk import logged

MakeTrainer = Callable[..., Any]


def trainer_that_runs(make_trainer: MakeTrainer, command: str) -> Any:
    source = {"source_dir": None, "entry_script": None, "command": command}
    limit = StoppingCondition(max_runtime_in_seconds=120)
    return make_trainer(source, training_image="trainyard/sample", stopping_condition=limit, base_job_name="held")


def test_train_learns_of_the_end_by_the_question_after_creation(endpoint: Daemon, make_trainer: MakeTrainer) -> None:
    jobs = Jobs(endpoint)
    trainer = trainer_that_runs(make_trainer, UNTIL_TOLD)
    before = taken(endpoint)
    with logged() as lines, ThreadPoolExecutor(1) as pool:
        training = pool.submit(trainer.train)
        await_taken(endpoint, before + 2)
        # The job ends only after the question was taken, so an answer at once would not tell of it.
        name = trainer._latest_training_job.training_job_name
        jobs.wait_for_log(name, "started")
        jobs.tell(name)
        training.result()
    assert taken(endpoint) == before + 2
    assert trainer._latest_training_job.training_job_status == "Completed"
    assert "started" in lines


def test_what_it_asks_while_it_makes_the_job_is_answered_at_once(endpoint: Daemon, make_trainer: MakeTrainer) -> None:
    trainer = trainer_that_runs(make_trainer, "sleep 3")
    before = taken(endpoint)
    trainer.train(wait=False)
    assert taken(endpoint) == before + 1
    # The end of so short a job would have been waited for.
    assert trainer._latest_training_job.training_job_status == "InProgress"
    trainer._latest_training_job.wait()
