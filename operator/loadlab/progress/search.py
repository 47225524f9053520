"""The next rate of each cell: chosen when a step of all of them is over, and written down first.

It follows from what stands in the LoadTrials, and stands in the status before a trial is started
that rests on it: whenever the operator dies, the next one plans the same.
"""

from collections.abc import Iterator

from loadlab.analysis.search import Limits, next_step, tried_by_cell
from loadlab.base.quantities import seconds
from loadlab.base.times import epoch
from loadlab.model.status import CellLoad, LoadExperimentStatus, SearchEnd
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan
from loadlab.plan.bounds import TIME_FOR_BLOCKS
from loadlab.progress.conditions import AT_ONCE
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.observed import Observed


def choose_next_rates(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, now: float
) -> Decision:
    """Write down the next rate of each cell, or why its search has ended."""
    has_time = _has_time(plan, status, observed, now)
    loads = tuple(_next_loads(plan, observed, None if has_time else SearchEnd.TIMEOUT))
    chosen = plan.context.chosen.model_copy(update={"loads": loads})
    message = "; ".join(f"{load.cell}: {load.ended or load.rates[-1]}" for load in loads)
    return Decision(
        status.model_copy(update={"chosen": chosen}),
        (Announce(Reason.SEARCH_GOES_ON, message),),
        AT_ONCE,
    )


def _next_loads(plan: Plan, observed: Observed, end: SearchEnd | None) -> Iterator[CellLoad]:
    """Yield each cell with one rate more, or with the end of its search, `end` if not its own."""
    limits, tried = Limits.of(plan.context.spec.load), tried_by_cell(plan, observed.trials)
    room = plan.context.spec.max_trials - len(plan.trials)
    for load in plan.context.chosen.loads:
        step = load.ended or next_step(tried[load.cell], limits)
        if not isinstance(step, SearchEnd):
            step = end or (step if room > 0 else SearchEnd.MAX_TRIALS)
        if isinstance(step, SearchEnd):
            yield load.model_copy(update={"ended": step})
        else:
            room -= 1
            yield load.model_copy(update={"rates": (*load.rates, step)})


def _has_time(plan: Plan, status: LoadExperimentStatus, observed: Observed, now: float) -> bool:
    """Whether another step of each cell ends before `timeouts.total`, if it takes as long."""
    first = observed.trials.get(plan.trials[0].name)
    if first is None or first.status.timings is None or status.start_time is None:
        return True
    spent = (now - first.status.timings.started) / len(plan.trials)
    cells = sum(not load.ended for load in plan.context.chosen.loads)
    left = epoch(status.start_time) + seconds(plan.context.spec.timeouts.total) - now
    return spent * cells <= TIME_FOR_BLOCKS * left
