"""The figures of a cell with an interval, each with what it may be taken for."""

from collections.abc import Iterable, Sequence, Set

from loadlab.analysis.statistics import log_estimate
from loadlab.analysis.trial_figures import WHY_LEFT_OUT, TrialFigures
from loadlab.analysis.usual_delay import usual_delay
from loadlab.model.status import Figure
from loadlab.validity.judgement import Reason, ReasonKind
from loadlab.validity.lateness import Ends
from loadlab.validity.standing import (
    mixes_failures,
    stand_busy,
    stand_cost,
    stand_disturbed,
    stand_latency,
    stand_samples,
    stand_sent,
    stand_throughput,
    weighing,
)

_STOPPED = {ReasonKind.GENERATOR_THROTTLED}


def cost_of(
    used: Sequence[TrialFigures], components: Set[str], reasons: Sequence[Reason]
) -> Figure | None:
    """Return the CPU per request of all these components, in µs; None where it is not known."""
    known = (trial.cpu_micros(components) for trial in used)
    figure = log_estimate(sorted(micros for micros in known if micros is not None))
    if figure is None:
        return None
    if why := next((why for trial in used if (why := trial.why_costs_unsound)), ""):
        return figure.as_unsound(why)
    leaves_out = any(trial.leaves_out_costs for trial in used)
    return stand_cost(figure.as_lower_bound(WHY_LEFT_OUT) if leaves_out else figure, reasons)


def p95_of(
    used: Sequence[TrialFigures], reasons: Sequence[Reason], apart: Iterable[Ends], samples: int
) -> Figure | None:
    """Return the p95 in ms, which rests on so many samples of all replicates."""
    # Sorted: a float sum depends on its order, the result must not.
    known = [trial.latency_ms for trial in used if trial.latency_ms]
    figure = log_estimate(sorted(latency.p95 for latency in known))
    if figure is None:
        return None
    if mixes_failures(reasons):
        return figure.as_unsound(ReasonKind.FAILURES_IN_LATENCY)
    if any(latency.is_lower_bound("p95") for latency in known):
        return stand_latency(figure, reasons)
    busy = stand_busy(stand_samples(figure, samples), usual_delay(used))
    judgements = [trial.judgement for trial in used]
    # What is known least of comes last, and is what it stands for.
    return stand_sent(stand_disturbed(busy, weighing(reasons, judgements, _STOPPED)), apart)


def throughput_of(used: Sequence[TrialFigures], reasons: Sequence[Reason]) -> Figure | None:
    """Return the requests that succeeded a second."""
    figure = log_estimate(sorted(trial.requests_per_second for trial in used))
    is_open = any(trial.open_model for trial in used)
    return figure and stand_throughput(figure, reasons, open_model=is_open)
