"""Of a service of several pods the load begins when all of them are ready, as Kubernetes says.

Its Service leads to a pod before that is ready, and to the first that listens. A virtual user keeps
the connection that it got, so that pods that come a second later would have no load in the trial.
"""

from loadlab.base.names import Component
from loadlab.model.status import LoadTrialStatus
from loadlab.plan import Plan, PlannedTrial
from loadlab.progress.decision import Action, Ensure, RecordTrial
from loadlab.progress.observed import Observed


def load_waits(plan: Plan, planned: PlannedTrial, status: LoadTrialStatus) -> bool:
    """Whether the generator of a run under way is still to be made."""
    made = status.timings is None or status.timings.served is not None
    return plan.load_waits(planned) and not made


def begin_load(
    plan: Plan, planned: PlannedTrial, status: LoadTrialStatus, observed: Observed, now: float
) -> tuple[Action, ...]:
    """Return what makes the generator once all pods of the service are ready; nothing till then.

    The generator first: a pass that was cut short after it finds it, and notes down the moment.
    """
    run = planned.run(status.attempt).name
    servers = observed.pods_of(run, Component.SERVICE)
    ready = [pod for pod in servers if pod.is_serving and not pod.deleting]
    is_made = observed.job(run, Component.K6) is not None
    if status.timings is None:
        return ()
    if not is_made and len(ready) < plan.variant(planned.cell).pods_in(planned.cell):
        return ()
    timings = status.timings.model_copy(update={"served": now})
    return (
        Ensure((plan.generator_manifest(planned, status.attempt),)),
        RecordTrial(planned.name, status.model_copy(update={"timings": timings})),
    )
