"""How many blocks the wanted precision takes: computed once, from the first ones.

Like the rates that pilot trials find it is computed from what stands in the LoadTrials, and stands
in the status before a trial is started that rests on it. Nobody computes it again.
"""

from loadlab.analysis.precision import plan_precision
from loadlab.base.quantities import seconds
from loadlab.base.times import epoch
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan
from loadlab.plan.bounds import TIME_FOR_BLOCKS
from loadlab.progress.conditions import AT_ONCE
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.observed import Observed


def choose_replicates(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, now: float
) -> Decision:
    """Write down how many replicates there are to be, once the first ones are analysed."""
    if observed.cells is None:
        return Decision(status, requeue_after=AT_ONCE)
    cells = [cell for cell in observed.cells if cell.role is TrialRole.MEASURED]
    rows = [cell.row for cell in cells]
    replicates = [replicate for cell in cells for replicate in cell.replicates]
    in_time = _blocks_in_time(plan, status, observed, now)
    planned = plan_precision(plan, rows, replicates, in_time)
    if planned is None:
        return Decision(status, requeue_after=AT_ONCE)
    chosen = plan.context.chosen.model_copy(update={"replicates": planned.blocks})
    return Decision(
        status.model_copy(update={"chosen": chosen, "precision": planned}),
        (Announce(Reason.REPLICATES_CHOSEN, planned.message),),
        AT_ONCE,
    )


def _blocks_in_time(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, now: float
) -> int | None:
    """Return how many blocks end before `timeouts.total`, if they take as long as the first ones.

    That deadline would fail the experiment, which the first blocks alone would not have met.
    """
    first = observed.trials.get(plan.trials[0].name)
    if first is None or first.status.timings is None or status.start_time is None:
        return None
    spec = plan.context.spec
    block = (now - first.status.timings.started) / spec.replicates
    left = epoch(status.start_time) + seconds(spec.timeouts.total) - now
    return spec.replicates + int(TIME_FOR_BLOCKS * left / block) if block > 0 else None
