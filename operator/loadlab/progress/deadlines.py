"""When the next deadline passes: nothing changes then, so no event would cause a pass."""

from collections.abc import Iterator

from loadlab.base.quantities import seconds
from loadlab.base.times import epoch
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import Timings, TrialPhase
from loadlab.plan import Plan
from loadlab.plan.generator import run_seconds
from loadlab.progress.infrastructure import building_since, own_preparation
from loadlab.progress.observed import Observed

COLLECTING_MARGIN = 60.0  # seconds beyond all deadlines before a run counts as lost
CPUS_SOUGHT_SECONDS = 3.0  # for which a service that prefers CPUs of its own waits for them
_JUST_AFTER = 0.05  # seconds; a deadline must have passed to be seen


def next_deadline(plan: Plan, experiment: Experiment, observed: Observed, now: float) -> float:
    """Return the seconds until the next deadline that is still ahead; infinity for none."""
    moments = [*_of_experiment(experiment, observed), *_of_trials(plan, observed)]
    ahead = (moment - now for moment in moments if moment > now)
    return min(ahead, default=float("inf")) + _JUST_AFTER


def _of_experiment(experiment: Experiment, observed: Observed) -> Iterator[float]:
    status, timeouts = experiment.status, experiment.spec.timeouts
    if status.start_time is None:
        return
    started = epoch(status.start_time)
    yield started + seconds(timeouts.total)
    if (since := building_since(status)) is not None:
        yield since + seconds(timeouts.prepare)
        given, job = experiment.spec.preparation, own_preparation(observed)
        if given is not None and job is not None:
            yield job.created + seconds(given.timeout)


def _of_trials(plan: Plan, observed: Observed) -> Iterator[float]:
    timeouts = plan.context.spec.timeouts
    for planned in plan.in_order:
        timings = _timings(observed.trials.get(planned.name))
        if timings is not None:
            if plan.context.chosen.service_cpu is None:
                yield timings.started + CPUS_SOUGHT_SECONDS
            yield timings.load_made + seconds(timeouts.ready)
            yield timings.load_made + run_seconds(planned.load, timeouts) + COLLECTING_MARGIN


def _timings(trial: Trial | None) -> Timings | None:
    if trial is None or trial.status.phase is not TrialPhase.RUNNING:
        return None
    return trial.status.timings
