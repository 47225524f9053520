"""The trials behind the last block: one of each variant, in which requests are traced.

What traces costs CPU and time, so nothing is measured beside it. Each has the load of the first of
its variant's trials, for a few seconds. An image without instruments traces nothing, and has none;
nor has a script, whose scenarios are as long as they are.
"""

from collections.abc import Sequence

from loadlab.base.names import traced_name
from loadlab.base.quantities import milliseconds, seconds
from loadlab.model.spec.load import Executor, Load
from loadlab.model.spec.trace import Tracing
from loadlab.model.trial import TrialRole
from loadlab.plan.bounds import TRACE_MARGIN_SECONDS, TRACE_WARMUP_SECONDS
from loadlab.plan.context import Context
from loadlab.plan.planned_trial import PlannedTrial

NOTHING_TO_TRACE = "an image tells by instrumentsPort alone, and a script runs as long as it does"


def plan_traced(context: Context, trials: Sequence[PlannedTrial]) -> tuple[PlannedTrial, ...]:
    """Return the traced trials, once all others are known: they come last."""
    spec = context.spec
    if spec.trace is None or _are_more_to_come(context) or spec.load.executor is Executor.SCRIPT:
        return ()
    first = {trial.cell.variant: trial for trial in reversed(trials)}
    traced = [first[v.name] for v in spec.variants if v.name in first and _tells(context, v.name)]
    return tuple(
        PlannedTrial(
            name=traced_name(context.experiment.children_name, position),
            cell=trial.cell,
            load=_traced(trial.load, spec.trace),
            replicate=0,
            position=position,
            role=TrialRole.TRACED,
        )
        for position, trial in enumerate(traced, start=1)
    )


def untraced_variants(context: Context) -> tuple[str, ...]:
    """Return the variants of which nothing can be traced, though it is asked for."""
    if context.spec.trace is None:
        return ()
    is_script = context.spec.load.executor is Executor.SCRIPT
    names = (variant.name for variant in context.spec.variants)
    return tuple(name for name in names if is_script or not _tells(context, name))


def trace_environment(tracing: Tracing | None, load: Load) -> dict[str, int]:
    """Return what tells a service to trace, and when: once it is warm, and its load whole."""
    if tracing is None:
        return {}
    after = milliseconds(load.warmup) + round((load.ramp_seconds + TRACE_MARGIN_SECONDS) * 1000)
    return {"TRACE_SECONDS": tracing.seconds, "TRACE_AFTER_MS": after}


def _tells(context: Context, name: str) -> bool:
    variant = context.variants[name]
    return variant.is_deployed and variant.has_instruments


def _are_more_to_come(context: Context) -> bool:
    """Whether rates, steps of a search or further blocks are not chosen yet."""
    spec, chosen = context.spec, context.chosen
    lacks_rates = spec.load.has_pilots and not chosen.loads
    searches = spec.load.search is not None and any(not load.ended for load in chosen.loads)
    return lacks_rates or searches or (spec.precision is not None and chosen.replicates is None)


def _traced(load: Load, tracing: Tracing) -> Load:
    duration = f"{tracing.seconds + 2 * TRACE_MARGIN_SECONDS}s"
    return load.model_copy(
        update={
            "duration": duration,
            "iterations": None,
            "ramp_up": min(load.ramp_up, duration, key=seconds),
            "warmup": f"{TRACE_WARMUP_SECONDS}s",
        }
    )
