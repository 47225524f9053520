"""What an expectation may decide by figures that are bounds, or tell of something else.

Requests per second that the generator limited are a lower bound: the truth may lie anywhere above.
So a claim is held against all that the truth may be, which reaches up from the interval where the
figure of `of` is such a bound, and down to 0 where that of `over` is one. It is the same with a
latency that is a lower bound, where it is read (`claim_readings`). What tells of something else has
no value.

A replicate that has no value because of what its figure is, such as a latency that is only known to
be long, is not left out by chance: those that are left tell of the better ones. So the truth may
lie anywhere beyond their interval, on the side on which that replicate lies. It is the same with
one that the service spoiled: it lost what it had accepted, or left its users without an answer.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from loadlab.analysis.trial_figures import (
    WHY_LEFT_OUT,
    TrialFigures,
    figure_of,
    has_lower_bound,
)
from loadlab.catalogue import Cell
from loadlab.model.spec.expectations import Expectation, FigureName
from loadlab.model.status import Figure, ResultRow, Standing
from loadlab.validity.judgement import ReasonKind


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows of an experiment tell of its cells that no replicate does, by their titles."""

    bounds: Mapping[str, str] = field(default_factory=dict)  # why a rate is a lower bound alone
    crashes: Mapping[str, int] = field(default_factory=dict)  # runs that the service ended itself

    @classmethod
    def of(cls, rows: Sequence[ResultRow]) -> Self:
        """Read the rows."""
        crashes = {row.cell.title(): row.crashes for row in rows if row.crashes}
        return cls(_rate_bounds(rows), crashes)


def _rate_bounds(rows: Iterable[ResultRow]) -> Mapping[str, str]:
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
    least: float = 1.0  # times the figure: so small, and so large, it may be
    most: float = 1.0

    def beside(self, other: "Reach") -> "Reach":
        """Return how far both of them reach together: both may be off at once.

        Each factor is right by itself, so that their product is, whether they are chances, of
        which the lesser may be beside the greater, or delays that were there in both cells.
        """
        return Reach(
            self.is_open_above or other.is_open_above,
            self.is_open_below or other.is_open_below,
            "; ".join(why for why in (self.why, other.why) if why),
            self.least * other.least,
            self.most * other.most,
        )

    def of_share(self, weight: float) -> "Reach":
        """Return how far a figure reaches in whose logarithm this one has such a weight."""
        return replace(self, least=self.least**weight, most=self.most**weight)

    def around(self, estimate: Figure) -> Figure:
        """Return the figure with the ends between which the truth may lie."""
        if estimate.low is None or estimate.high is None:
            return estimate
        low, high = min(estimate.low, estimate.mean * self.least), estimate.high
        high = max(high, estimate.mean * self.most)
        ends = {
            "low": 0.0 if self.is_open_below else low,
            "high": math.inf if self.is_open_above else high,
        }
        return estimate.model_copy(update=ends)


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


def reach_of_left_out(
    expectation: Expectation,
    groups: Sequence[tuple[Cell, ...]],
    left_out: Mapping[tuple[str, int], TrialFigures],
) -> Reach:
    """Return how far the truth may lie beyond the replicates that have the figure.

    `left_out` are those that have none, by the title of their cell and their block.
    """
    found = Reach()
    for side, is_over in zip(zip(*groups, strict=True), (False, True), strict=False):
        titles = {cell.title() for cell in side}
        for (title, block), trial in sorted(left_out.items(), key=lambda item: item[0]):
            above, below = _beyond(expectation, trial) if title in titles else (False, False)
            if not above and not below:
                continue
            more, less = (below, above) if is_over else (above, below)
            why = _far_away(expectation, title, block, trial, "more" if above else "less")
            found = found.beside(Reach(more, less, "" if found.why else why))
    return found


def reach_of_crashes(
    expectation: Expectation, groups: Sequence[tuple[Cell, ...]], crashes: Mapping[str, int]
) -> Reach:
    """Return how far the truth may lie beyond runs in which the service did not end by itself."""
    found, is_rate = Reach(), expectation.figure is FigureName.REQUESTS_PER_SECOND
    for side, is_over in zip(zip(*groups, strict=True), (False, True), strict=False):
        for title in sorted({cell.title() for cell in side} & crashes.keys()):
            more = is_rate is is_over
            how = "less" if is_rate else "more"
            why = (
                f"the service of {title} ended by itself in {crashes[title]} runs, whose "
                f"{expectation.figure.value} is not known and may be {how}"
            )
            found = found.beside(Reach(more, not more, "" if found.why else why))
    return found


def _far_away(
    expectation: Expectation, title: str, block: int, trial: TrialFigures, how: str
) -> str:
    said = f"{expectation.figure.value} of {title} is not known in replicate {block}"
    if _is_spoiled(trial):
        return f"{said}, which the service spoiled, and may be {how} than in the others"
    return f"{said}, but {how} than in the others"


def _is_spoiled(trial: TrialFigures) -> bool:
    """Whether the service spoiled a replicate, by other than that nothing succeeded."""
    return not (trial.is_usable or trial.only_failed or trial.judgement.is_void)


def _beyond(expectation: Expectation, trial: TrialFigures) -> tuple[bool, bool]:
    """Whether a replicate's figure lies above what is known of others because of it, and below."""
    figure, request = expectation.figure, expectation.request
    is_rate = figure is FigureName.REQUESTS_PER_SECOND
    if _is_spoiled(trial):
        return not is_rate, is_rate
    if not trial.is_usable:  # spoiled from outside, whatever its figures were, or nothing succeeded
        return trial.only_failed and figure.is_latency, trial.only_failed and is_rate
    if figure.is_latency:
        return has_lower_bound(trial, figure, request), False
    if figure is FigureName.SERVICE_CPU and trial.leaves_out_costs:
        return not trial.why_costs_unsound, False
    if is_rate and _is_put_off(trial):
        return False, True
    is_none = figure_of(trial, figure, request) == 0
    return False, is_none and expectation.ratio is not None


def _is_put_off(trial: TrialFigures) -> bool:
    """Whether a closed loop's rate is one at which writes were accepted, and not written."""
    return trial.judgement.is_queue_behind and not trial.open_model


def why_unsound(trial: TrialFigures, figure: FigureName) -> str:
    """Say what a figure of a trial tells of beside good answers of the service; else nothing."""
    if figure is FigureName.SERVICE_CPU:
        return trial.why_costs_unsound or (WHY_LEFT_OUT if trial.leaves_out_costs else "")
    if figure is FigureName.REQUESTS_PER_SECOND and _is_put_off(trial):
        return ReasonKind.QUEUE_BEHIND.value
    if not figure.is_latency:
        return ""
    mixed = ReasonKind.FAILURES_IN_LATENCY
    return mixed.value if any(r.kind is mixed for r in trial.judgement.reasons) else ""
