"""What a Prometheus is told: what ended, what was void and why, what passes and requests took."""

from prometheus_client import generate_latest

from loadlab import __version__
from loadlab.controller.experiment_index import ExperimentIndex
from loadlab.controller.metrics import Metrics
from loadlab.model.status import LoadTrialStatus, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.model.status.trial import Timings
from loadlab.progress.attempts import next_attempt
from loadlab.progress.decision import Failure

RUNNING = LoadTrialStatus(phase=TrialPhase.RUNNING, attempt=1, timings=Timings(started=100.0))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"loadlab_{name}", labels)


def test_a_trial_that_ended_counts_once_with_its_time():
    metrics = Metrics()
    ended = RUNNING.model_copy(
        update={
            "phase": TrialPhase.SUCCEEDED,
            "timings": Timings(started=100.0, collected=112.5),
        }
    )

    for status in (RUNNING, ended):
        metrics.recorded(status)

    assert value(metrics, "trials_total", phase="Succeeded") == 1
    assert value(metrics, "trial_seconds_sum") == 12.5


def test_an_attempt_that_did_not_count_is_told_with_its_reason():
    metrics = Metrics()
    again = next_attempt(RUNNING, Failure(Reason.GENERATOR_LOST, "its pod is gone"))
    started = again.model_copy(update={"timings": Timings(started=120.0)})

    metrics.recorded(again)
    metrics.recorded(started)  # as the second attempt begins

    assert value(metrics, "void_attempts_total", reason=Reason.GENERATOR_LOST.value) == 1


def test_experiments_are_counted_by_phase_when_somebody_asks():
    index = ExperimentIndex()
    metrics = Metrics(index.phases)
    for name, phase in (("a", "Running"), ("b", "Pending"), ("c", "Pending")):
        metadata = {"namespace": "lab", "name": name, "uid": name, "creationTimestamp": name}
        index.note(("lab", name), {"metadata": metadata, "status": {"phase": phase}})

    assert value(metrics, "experiments", phase="Pending") == 2
    assert value(metrics, "experiments", phase="Running") == 1


def test_requests_are_counted_by_what_came_of_them():
    metrics = Metrics()

    metrics.asked("PATCH", 200)
    metrics.asked("PATCH", 409)
    metrics.asked("GET", 0)

    assert value(metrics, "api_requests_total", verb="PATCH", code="409") == 1
    assert value(metrics, "api_requests_total", verb="GET", code="0") == 1


def test_the_text_names_the_version_and_no_experiment():
    metrics = Metrics()
    metrics.passed(0.02)
    metrics.failed()
    text = generate_latest(metrics.registry).decode()

    assert f'loadlab_operator_info{{version="{__version__}"}} 1.0' in text
    assert "loadlab_pass_seconds_count 1.0" in text
    assert "loadlab_pass_failures_total 1.0" in text
