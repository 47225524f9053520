"""`retain: OnFailure`: what a failed experiment leaves running for people to look at.

The generator goes at once, as its load would go on. The rest stays for `retainFor`, until the
experiment is told `retain: Never` or deleted, which somebody's finalizer may hold up, or until
another one has its turn: nobody waits for it, and it is gone before that one's first load.
"""

from dataclasses import replace

from loadlab.base.names import EXPERIMENT_LABEL, Component
from loadlab.base.quantities import seconds
from loadlab.base.times import epoch, rfc3339
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.retain import Retain
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.status.conditions import ConditionType, Reason, find, is_true
from loadlab.model.status.retained import Retained
from loadlab.progress.clearing import clear_all
from loadlab.progress.decision import Decision
from loadlab.progress.observed import Observed

LOOK_FOR_OTHERS = 2.0  # seconds: the stores of another one take longer to become ready
LOOK_AT_REMAINS = 5.0  # seconds, until what was deleted is gone
# Endings of what cannot be looked at: it is going already, or is not ours to keep.
_NOT_KEPT = {
    Reason.NOT_CLEARED,
    Reason.SUPERSEDED,
    Reason.REQUEST_REFUSED,
    Reason.NOT_ANSWERED,
}


def retains(spec: LoadExperimentSpec, status: LoadExperimentStatus) -> bool:
    """Whether an experiment that ends keeps what it has."""
    failed = find(status.conditions, ConditionType.FAILED)
    if spec.retain is not Retain.ON_FAILURE or failed is None:
        return False
    return is_true(status.conditions, ConditionType.FAILED) and failed.reason not in _NOT_KEPT


def to_clear(
    spec: LoadExperimentSpec, status: LoadExperimentStatus, observed: Observed
) -> Observed:
    """Return what has to go before an experiment ends: all of it, or the generator alone."""
    if not retains(spec, status):
        return observed
    return replace(
        observed,
        pods=tuple(pod for pod in observed.pods if pod.component is Component.K6),
        departing=tuple(pod for pod in observed.departing if pod.component is Component.K6),
        jobs=tuple(job for job in observed.jobs if job.component is Component.K6),
        controllers=(),
        services=(),
    )


def with_retained(
    experiment: Experiment, status: LoadExperimentStatus, observed: Observed, now: float
) -> LoadExperimentStatus:
    """Say in the status what is kept and until when; nothing where nothing is."""
    kept = [pod.name for pod in observed.pods if not pod.has_ended and not pod.deleting]
    if not (retains(experiment.spec, status) and observed.makers()):
        return status
    name, namespace = experiment.metadata.name, experiment.metadata.namespace
    limit = experiment.spec.retain_for
    retained = Retained(
        until=rfc3339(now + seconds(limit)),
        pods=tuple(sorted(kept)[: Retained.MOST_PODS]),
        look=f"kubectl get all -n {namespace} -l {EXPERIMENT_LABEL}={name}",
        clear=(
            f"kubectl patch loadexperiment {name} -n {namespace} --type=merge "
            """-p '{"spec":{"retain":"Never"}}'"""
        ),
    )
    return status.model_copy(update={"retained": retained})


def end_retention(experiment: Experiment, observed: Observed, now: float) -> Decision | None:
    """Return what to do about what a failed experiment keeps; None where it keeps nothing."""
    status = experiment.status
    left = epoch(status.retained.until) - now if status.retained else 0.0
    is_wanted = observed.place.wanted_by or experiment.metadata.deletion_timestamp
    if left > 0 and experiment.spec.retain is Retain.ON_FAILURE and not is_wanted:
        return Decision(status, requeue_after=min(left, LOOK_FOR_OTHERS))
    return let_go(status, observed)


def let_go(status: LoadExperimentStatus, observed: Observed) -> Decision | None:
    """Return what clears away what was kept; None where nothing is."""
    if status.retained is None:
        return None
    if observed.makers() or observed.pods:
        return Decision(status, clear_all(observed), LOOK_AT_REMAINS)
    return Decision(status.model_copy(update={"retained": None}))
