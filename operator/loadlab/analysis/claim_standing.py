"""What an expectation may decide by figures that are bounds, or tell of something else.

Requests per second that the generator limited are a lower bound: the truth may lie anywhere above.
So a claim is held against all that the truth may be, which reaches up from the interval where the
figure of `of` is such a bound, and down to 0 where that of `over` is one. A latency that is a lower
bound has no value here (`figure_of`), and neither has one that tells of something else.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadlab.analysis.trial_figures import WHY_LEFT_OUT, TrialFigures
from loadlab.catalogue import Cell
from loadlab.model.spec.expectations import Expectation, FigureName
from loadlab.model.status import Figure, LatencyMs, ResultRow, Standing
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.lateness import are_apart


def rate_bounds(rows: Iterable[ResultRow]) -> Mapping[str, str]:
    """Return why the rate of a cell is a lower bound, by title, of those of which it is one."""
    rates = ((row.cell.title(), row.requests_per_second) for row in rows)
    return {
        title: rate.why or "Bound"
        for title, rate in rates
        if rate is not None and rate.standing is Standing.BOUND
    }


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the truth may lie beyond the figures of a claim, and why."""

    is_open_above: bool = False
    is_open_below: bool = False
    why: str = ""

    def around(self, estimate: Figure) -> Figure:
        """Return the figure with the ends between which the truth may lie."""
        ends = {
            **({"high": math.inf} if self.is_open_above else {}),
            **({"low": 0.0} if self.is_open_below else {}),
        }
        return estimate if estimate.low is None else estimate.model_copy(update=ends)


def reach_of(
    expectation: Expectation, groups: Sequence[tuple[Cell, ...]], bounds: Mapping[str, str]
) -> Reach:
    """Return how far a claim's figure reaches; `groups` are (of, over), or (of,) of a metric."""
    if expectation.figure is not FigureName.REQUESTS_PER_SECOND:
        return Reach()
    sides = [[c.title() for c in side if c.title() in bounds] for side in zip(*groups, strict=True)]
    of, over = (*sides, [], [])[:2]
    known = [f"{title} ({bounds[title]})" for title in dict.fromkeys([*of[:1], *over[:1]])]
    why = f"only a lower bound of {expectation.figure.value} is known of {' and '.join(known)}"
    return Reach(bool(of), bool(over), why if known else "")


def why_unsound(trial: TrialFigures, figure: FigureName, request: str | None) -> str:
    """Say what a figure of a trial tells of beside good answers of the service; else nothing."""
    if figure is FigureName.SERVICE_CPU:
        return trial.why_costs_unsound or (WHY_LEFT_OUT if trial.leaves_out_costs else "")
    if not figure.is_latency:
        return ""
    if any(reason.kind is ReasonKind.FAILURES_IN_LATENCY for reason in trial.judgement.reasons):
        return ReasonKind.FAILURES_IN_LATENCY.value
    named = (trial.latency_by_request, trial.from_send_by_request)
    whole, sent = (
        [known.get(request) for known in named]
        if request
        else (trial.latency_ms, trial.from_send_ms)
    )
    return ReasonKind.SENT_LATE.value if _is_late(whole, sent, figure) else ""


def _is_late(whole: LatencyMs | None, sent: LatencyMs | None, figure: FigureName) -> bool:
    """Whether the generator's own lateness is a part of a percentile that matters."""
    if whole is None or sent is None:
        return False
    name = figure.value.partition(".")[2]
    return are_apart(getattr(sent, name), getattr(whole, name))
