"""An experiment against an earlier one: the same cells, unpaired, and what else differs.

A cell of both experiments is the same variant name at the same levels. Its figures are compared by
Welch's t on the logarithms (loadlab.analysis.welch), claimed as those of one experiment are
(loadlab.analysis.comparison), all of them one family. The two runs share no block: a drift of the
machine between them counts as a difference. Where the conditions of the two differ, such as load,
limits or the size of the data set, nothing is claimed: what differs would be measured with it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic.alias_generators import to_camel

from loadlab.analysis.bounds import ENOUGH_BLOCKS
from loadlab.analysis.calibration import as_measured
from loadlab.analysis.comparison import Difference, claims, compared_figures
from loadlab.analysis.environments import Conditions, Contrast, contrasts_of
from loadlab.analysis.not_paired import Pair, alone, gaps
from loadlab.analysis.status_budget import WITH_BASELINE, compared_without
from loadlab.analysis.turns import why_no_turns, why_no_turns_between
from loadlab.analysis.welch import LogMean, difference
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Load
from loadlab.model.status import (
    MAX_BASELINE_COMPARISONS,
    MAX_DIFFERENCES,
    Baseline,
    BaselineComparison,
    Figure,
    LoadExperimentStatus,
    ResultRow,
)

# The steps in which a figure is written into a status, as ResultRow declares them.
STEPS = {"requests_per_second": 0.1, "cpu_micros": 0.1, "p95_ms": 0.01}
_OPEN = ("cpu_micros", "p95_ms")  # the rate is the offered one


@dataclass(frozen=True, slots=True)
class BaselineView:
    """The earlier experiment as it was read: whole, or why it is of no use."""

    name: str
    experiment: Experiment | None = None
    fault: str = ""


def with_baseline(
    status: LoadExperimentStatus, spec: LoadExperimentSpec, found: BaselineView | None
) -> LoadExperimentStatus:
    """Return the status with the comparison, or why there is none; as it is where none is asked."""
    if found is None:
        return status
    known = status.baseline or Baseline(name=found.name)
    compared = _compared(status, spec, known, found)
    former = found.experiment
    cells = len(same_cells(status.results, former.status.results)) if former else 0
    missing = figures_left_out(spec.load, cells) if compared.comparisons else ()
    return status.model_copy(
        update={
            "baseline": compared,
            "omitted": (*status.omitted, *compared_without(missing, WITH_BASELINE)),
        }
    )


def same_cells(rows: Sequence[ResultRow], others: Sequence[ResultRow]) -> list[Pair]:
    """Return the rows that the others have, too, each with its counterpart."""
    known = {row.cell.title(): row for row in others}
    titled = ((row, known.get(row.cell.title())) for row in rows)
    return [(row, other) for row, other in titled if other is not None]


def figures_between(load: Load) -> tuple[str, ...]:
    """Return the figures that are compared, the most important one first, as within one experiment.

    Not all of a large sweep fit the status.
    """
    return _OPEN if load.is_open else compared_figures((), latency=load.shows_latency)


def figures_left_out(load: Load, cells: int) -> tuple[str, ...]:
    """Return the figures that are compared in none of so many cells, as there is no room."""
    names = figures_between(load)[_most(cells) :]
    return tuple(map(to_camel, names))


def _figures_of(load: Load, pairs: Sequence[Pair]) -> tuple[str, ...]:
    return figures_between(load)[: _most(len(pairs))]


def _most(cells: int) -> int:
    return max(1, MAX_BASELINE_COMPARISONS // max(1, cells))


def _compared(
    status: LoadExperimentStatus, spec: LoadExperimentSpec, known: Baseline, found: BaselineView
) -> Baseline:
    former = found.experiment
    if former is None:
        since = "it was there when this experiment was accepted, and now " if known.uid else ""
        return known.model_copy(update={"note": since + found.fault})
    if changed := _why_another(known, former):
        return known.model_copy(update={"note": changed})
    here, there = Conditions(spec, status), Conditions(former.spec, former.status)
    contrasts = contrasts_of(here, there)
    rows = _as_measured(status), _as_measured(former.status)
    pairs = same_cells(*rows)
    why = _why_unlike(contrasts) or _why_no_turns(here, there)
    comparisons = _comparisons(pairs, known.name, spec, why, _own_ms(status, former.status))
    names = _figures_of(spec.load, pairs)
    lacking = gaps(pairs, *rows, _one_sided(pairs, names), _unknown(pairs, names))
    return known.model_copy(
        update={
            "uid": former.metadata.uid,
            "finished": former.status.completion_time or "",
            "note": lacking if comparisons else _why_nothing(pairs),
            "differences": _told([c.text for c in contrasts] + list(alone(pairs, *rows))),
            "comparisons": comparisons,
        }
    )


def _why_nothing(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return "no cell of it is one of this experiment's"
    return "no figure is known of the same cell in both: in one of them no trial counted"


def _why_another(known: Baseline, former: Experiment) -> str:
    """Say in what it is not the one any more that was there when this one was accepted."""
    status = former.status
    if known.uid and former.metadata.uid != known.uid:
        return "it was deleted meanwhile, and another experiment has its name now"
    if known.finished and status.completion_time != known.finished:
        return f"its status was changed meanwhile: it finished at {known.finished} before"
    return "" if status.phase.is_terminal else "its status was changed meanwhile: it is not over"


def _one_sided(pairs: Sequence[Pair], figures: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the cells and figures that one of the two tells, and that cannot be compared."""
    for figure in figures:
        for row, other in pairs:
            is_told = getattr(row, figure) is not None or getattr(other, figure) is not None
            if is_told and _sides((row, other), figure, "") is None:
                yield row.cell.title(), figure


def _unknown(pairs: Sequence[Pair], figures: Sequence[str]) -> list[str]:
    """Return the cells of which neither of the two tells a figure."""
    return [
        pair[0].cell.title()
        for pair in pairs
        if all(getattr(row, figure) is None for row in pair for figure in figures)
    ]


def _told(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) <= MAX_DIFFERENCES:
        return tuple(texts)
    shown = texts[: MAX_DIFFERENCES - 1]
    return (*shown, f"and {len(texts) - len(shown)} more")


def _why_unlike(contrasts: Sequence[Contrast]) -> str:
    """Say what keeps the two from being compared at all: the first of it."""
    decisive = [contrast.name for contrast in contrasts if contrast.is_condition]
    others = f" and {len(decisive) - 1} more differ" if len(decisive) > 1 else " differs"
    return f"{decisive[0][:60]}{others} between the two" if decisive else ""


def _why_no_turns(*sides: Conditions) -> str:
    """Say that replicates of one cell lay side by side: they differ by less than two runs do."""
    return why_no_turns_between(*(why_no_turns(s.spec, len(s.status.results)) for s in sides))


def _comparisons(
    pairs: Sequence[Pair], baseline: str, spec: LoadExperimentSpec, why: str, own_ms: float | None
) -> tuple[BaselineComparison, ...]:
    if not pairs:
        return ()
    names = _figures_of(spec.load, pairs)
    known = [sides for pair in pairs for name in names if (sides := _sides(pair, name, why))]
    differences = [replace(sides.difference, own_ms=own_ms) for sides in known]
    found = zip(known, claims(differences), strict=True)
    return tuple(
        BaselineComparison(
            **dict(claim)
            | {"over": baseline, "blocks": sides.of.replicates, "blocks_needed": None},
            baseline_blocks=sides.over.replicates,
            value=sides.figures[0].mean,
            baseline_value=sides.figures[1].mean,
        )
        for sides, claim in found
    )


def _as_measured(status: LoadExperimentStatus) -> list[ResultRow]:
    return [as_measured(row, status.calibration) for row in status.results]


def _own_ms(*both: LoadExperimentStatus) -> float | None:
    """Return what k6 itself added to a latency, the more of the two; None unless both know it."""
    known = [status.calibration.p99_ms for status in both if status.calibration]
    return max(known) if len(known) == len(both) else None


@dataclass(frozen=True, slots=True)
class _Sides:
    """One figure of a cell in both experiments."""

    of: LogMean
    over: LogMean
    figures: tuple[Figure, Figure]
    difference: Difference


def _sides(pair: Pair, name: str, why: str) -> _Sides | None:
    """Read a figure on both sides; None where one of them does not have it."""
    figures = [getattr(row, name) for row in pair]
    if None in figures:
        return None
    # The later one may come out of a status, too, and whoever compares it says the same as it.
    of, over = (
        LogMean.of(figure, row.replicates.valid, rounded_to=STEPS[name])
        for figure, row in zip(figures, pair, strict=True)
    )
    if of is None or over is None:
        return None
    estimate = difference(of, over)
    why = next(filter(None, (why, *_why_none(pair, name, of, over))), "")
    ratio = (math.exp(estimate.mean),)
    return _Sides(of, over, (figures[0], figures[1]), Difference(name, *pair, ratio, estimate, why))


def _why_none(pair: Pair, name: str, of: LogMean, over: LogMean) -> Iterator[str]:
    """Yield what keeps the figures of one cell from being compared."""
    if name == "cpu_micros" and len({_components(row) for row in pair}) > 1:
        yield "the CPU of other components is known in one of the two"
    if name == "cpu_micros" and len({row.cpu_per for row in pair}) > 1:
        yield "CPU is per written row in one of the two, and per request in the other"
    if min(of.replicates, over.replicates) < ENOUGH_BLOCKS:
        yield f"fewer than {ENOUGH_BLOCKS} replicates here or in the baseline"
    if of.error is None or over.error is None:
        yield "the replicates lie too far apart for an interval"


def _components(row: ResultRow) -> frozenset[str]:
    costs = row.cpu_micros_per_request
    return frozenset(costs.dump()) - {"generator"} if costs else frozenset()
