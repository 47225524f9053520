"""Claims about differences between cells, held against the replicates.

Replicate r of all cells runs as one block, so that a drift of the machine meets both sides of a
comparison alike (docs/method.md#blocks). A ratio is therefore taken within each block: the mean
of log(of / over) over all pairs of cells. The blocks' means give the interval, so n is the number
of blocks and not of pairs: pairs of one block share its weather. A block counts only when every
cell has the figure in it, because a mean over other pairs would be another quantity. With three or
four blocks the noise is pooled over all cells of the experiment (loadlab.analysis.estimate).

| outcome      | when                                                    |
|--------------|---------------------------------------------------------|
| Reproduced   | the whole interval lies within the bounds               |
| Contradicted | the whole interval lies beyond one of them              |
| Inconclusive | it reaches across a bound, or there is none: less than  |
|              | three blocks (one that is too wide to be told decides   |
|              | as well);                                               |
|              | or the service had fewer CPUs than the claim needs      |
|              | (needsCpus), unless it keeps a lower bound alone;       |
|              | or the figure is a bound on the side that would decide, |
|              | also that of a replicate that is left out because of it;|
|              | or so few requests lie about a percentile that it may   |
|              | be on the other side                                    |

Invalid trials never enter, with one exception. A trial in which no request succeeded has no
latency, and no rate worth the name; but its share of failed requests is known, and it is what a
claim such as "requests fail" is about. So it enters for failedRate, unless anything but the
failures themselves made it Invalid: the generator, its documents, or an account that does not add
up. CountMismatch counts as the failures' doing: a service counts no request that it never ended.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from loadlab import spelling
from loadlab.analysis.blocks import BlockNoise, block_noise
from loadlab.analysis.bounds import FEWEST_BLOCKS
from loadlab.analysis.claim_cpus import too_few_cpus
from loadlab.analysis.claim_reach import reaches_of
from loadlab.analysis.claim_readings import Group, Place, first_gap, readings_of
from loadlab.analysis.claim_standing import Known, Reach
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.shares import (
    Counts,
    ratio_with_counting_error,
    with_counting_error,
)
from loadlab.analysis.statistics import log_estimate, plain_estimate
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.catalogue import Cell
from loadlab.model.spec.expectations import Expectation, FigureName, groups_of
from loadlab.model.status import ExpectationOutcome, ExpectationResult, Figure, Validity
from loadlab.validity.judgement import ReasonKind

TOLD_REACHES = 2
NOTHING_KNOWN = Known()
_NO_PAIR = "its cells were offered different rates, by what they carry (status.chosen.loads)"


@dataclass(frozen=True, slots=True)
class Replicate:
    """The figures of a judged trial and their place: its cell, and its replicate as the block."""

    cell: Cell
    block: int
    trial: TrialFigures

    @property
    def place(self) -> Place:
        """Where its figure belongs."""
        return self.cell.title(), self.block


def judge_expectation(
    expectation: Expectation,
    cells: Sequence[Cell],
    replicates: Iterable[Replicate],
    pilot: int | None = None,
    known: Known = NOTHING_KNOWN,
) -> ExpectationResult:
    """Hold one expectation against the finished trials of all cells.

    `known` has what is known of whole cells: whose rate is a lower bound, and whose service ended.
    """
    places = {replicate.place: replicate.trial for replicate in replicates}
    groups = groups_of(expectation, cells)
    readings = readings_of(expectation, groups, places)
    titles = sorted({cell.title() for group in groups for cell in group})
    blocks = sorted({block for title, block in places if title in titles})
    complete = [b for b in blocks if all((title, b) in readings for title in titles)]
    values = [_of_block(expectation, groups, readings, block) for block in complete]
    estimate = _estimate(expectation, values, _noise(expectation, groups, readings, pilot))
    if expectation.figure is FigureName.FAILED_RATE and estimate:
        estimate = _with_counts(estimate, _counts(groups, places, complete))
    used = [places[title, block] for block in complete for title in titles]
    reaches = reaches_of(expectation, groups, places, readings, known)
    outcome = _outcome(expectation, _reaching(reaches, estimate))
    undecided = _undecided(expectation, reaches, estimate)
    if not undecided:
        undecided = too_few_cpus(expectation, outcome, used)
    if undecided:
        outcome = ExpectationOutcome.INCONCLUSIVE
    wanted = [(t, b) for b in blocks or [1] for t in titles]
    gap = first_gap(expectation, places, readings, wanted) if groups else _NO_PAIR
    why = _why(outcome, estimate, len(complete), gap, undecided)
    note = "; ".join([*why, *_reservations(used)])
    return _result(expectation, estimate, outcome, len(complete), note)


def _reaching(reaches: Iterable[Reach], estimate: Figure | None) -> Figure | None:
    return reduce(Reach.beside, reaches).around(estimate) if estimate else None


def _undecided(expectation: Expectation, reaches: Sequence[Reach], estimate: Figure | None) -> str:
    """Say what keeps an interval from deciding that would decide by itself; nothing where none."""
    alone = _outcome(expectation, estimate)
    if _outcome(expectation, _reaching(reaches, estimate)) is alone:
        return ""
    each = ((reach, _outcome(expectation, _reaching([reach], estimate))) for reach in reaches)
    deciding = [reach for reach, outcome in each if outcome is not alone]
    return _first_told([reach.why for reach in deciding or reaches if reach.why])


def _first_told(whys: Sequence[str]) -> str:
    """Tell so many that all of each is told, and how many there are beside them."""
    told, others = whys[:TOLD_REACHES], len(whys) - TOLD_REACHES
    beside = f"; so with {others} more" if others > 0 else ""
    return "; ".join(told) + beside


def _result(
    expectation: Expectation,
    estimate: Figure | None,
    outcome: ExpectationOutcome,
    blocks: int,
    note: str,
) -> ExpectationResult:
    mean = estimate.mean if estimate else None
    told = estimate if estimate and estimate.least is None else None  # else it is too wide to say
    return ExpectationResult(
        name=expectation.name,
        figure=expectation.title,
        expected=expectation.bounds,
        published=expectation.published,
        ratio=mean if expectation.ratio else None,
        value=mean if expectation.metric else None,
        low=told.low if told else None,
        high=told.high if told else None,
        replicates=blocks,
        outcome=outcome,
        note=note,
    )


def _of_block(
    expectation: Expectation, groups: Iterable[Group], readings: Mapping[Place, float], block: int
) -> float:
    """Return the mean over the groups of cells within one block."""
    values = []
    for group in groups:
        figures = [readings[cell.title(), block] for cell in group]
        values.append(figures[0] if len(figures) == 1 else figures[0] / figures[1])
    ordered = sorted(values)  # a float sum depends on its order, the result must not
    is_share = expectation.metric is FigureName.FAILED_RATE
    estimate = plain_estimate(ordered) if is_share else log_estimate(ordered)
    return estimate.mean if estimate else 0.0


@dataclass(frozen=True, slots=True)
class _Noise:
    """The noise of the figure in all cells, and the trials of a block's value by their weight."""

    pooled: BlockNoise | None
    squared_weights: float


def _noise(
    expectation: Expectation,
    groups: Sequence[Group],
    readings: Mapping[Place, float],
    pilot: int | None,
) -> _Noise:
    cells: dict[str, dict[int, float]] = {}
    for (title, block), value in readings.items():
        if value > 0:
            cells.setdefault(title, {})[block] = math.log(value)
    weights: dict[str, float] = {}
    for group in groups:
        for cell, sign in zip(group, (1, -1), strict=False):
            title = cell.title()
            weights[title] = weights.get(title, 0.0) + sign / len(groups)
    squared = math.fsum(weight**2 for weight in weights.values())
    # The mean of several cells bears less of the trials' noise than one does.
    known = expectation.ratio is not None or len(groups) == 1
    return _Noise(block_noise(list(cells.values()), pilot) if known else None, squared)


def _estimate(expectation: Expectation, values: Sequence[float], noise: _Noise) -> Figure | None:
    """Estimate on the log scale; a share of failures may be 0 and stays on the plain one."""
    if expectation.metric is FigureName.FAILED_RATE:
        return plain_estimate(sorted(values))
    if not values or min(values) <= 0:
        return log_estimate(sorted(values))
    logs = [math.log(value) for value in values]
    estimate = (
        LogEstimate.of_difference(logs, noise.pooled, noise.squared_weights)
        if expectation.ratio
        else LogEstimate.of_mean(logs, noise.pooled)
    )
    is_counted = expectation.figure is FigureName.FAILED_RATE
    return estimate.figure(values) if is_counted else estimate.to_decide_by(values)


def _counts(
    groups: Iterable[Group], places: Mapping[Place, TrialFigures], blocks: Iterable[int]
) -> list[list[Counts]]:
    """Return failed and all requests of each trial of `of`, and of `over` where there is one."""
    sides = [sorted({cell.title() for cell in side}) for side in zip(*groups, strict=True)]
    known = [[places[title, block] for block in blocks for title in side] for side in sides]
    return [[(trial.failed, trial.requests) for trial in side] for side in known]


def _with_counts(estimate: Figure, counts: Sequence[Sequence[Counts]]) -> Figure:
    if len(counts) == 1:
        return with_counting_error(estimate, counts[0])
    return ratio_with_counting_error(estimate, *counts)


def _outcome(expectation: Expectation, estimate: Figure | None) -> ExpectationOutcome:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ExpectationOutcome.INCONCLUSIVE
    floor = float("-inf") if expectation.at_least is None else expectation.at_least
    ceiling = float("inf") if expectation.at_most is None else expectation.at_most
    if floor <= estimate.low and estimate.high <= ceiling:
        return ExpectationOutcome.REPRODUCED
    if estimate.high < floor or estimate.low > ceiling:
        return ExpectationOutcome.CONTRADICTED
    return ExpectationOutcome.INCONCLUSIVE


def _why(
    outcome: ExpectationOutcome, estimate: Figure | None, blocks: int, gap: str, undecided: str
) -> Iterable[str]:
    if undecided:
        yield undecided
    elif estimate is None:
        yield f"no replicate has all figures: {gap}"
    elif blocks == 1:
        yield "one replicate gives no interval; raise spec.replicates to 5"
    elif estimate.least is not None and estimate.most is not None:
        spread = f"{spelling.number(estimate.least)} to {spelling.number(estimate.most)}"
        if outcome is not ExpectationOutcome.INCONCLUSIVE:
            yield f"{blocks} replicates lie far apart ({spread}), and all on one side of the bound"
            return
        why = "give no" if blocks < FEWEST_BLOCKS else "lie too far apart for an"
        yield f"{blocks} replicates {why} interval ({spread}); raise spec.replicates"
    elif outcome is ExpectationOutcome.INCONCLUSIVE:
        yield "the interval reaches across a bound; more replicates narrow it"
    if blocks and gap:
        yield f"a replicate is left out: {gap}"


def _reservations(used: Iterable[TrialFigures]) -> Iterable[str]:
    reasons = [reason for trial in used for reason in trial.judgement.reasons]
    suspect = {r.kind for r in reasons if r.level is Validity.SUSPECT}
    if any(r.level is Validity.INVALID for r in reasons):
        yield "counts trials in which nearly all requests failed"
    if suspect:
        yield f"rests on Suspect trials ({', '.join(k.value for k in ReasonKind if k in suspect)})"
