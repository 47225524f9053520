"""What of the judged trials an expectation reads, and why it reads nothing of the others."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from loadlab.analysis.bounds import FEWEST_BLOCKS
from loadlab.analysis.claim_standing import why_unsound
from loadlab.analysis.shares import share_above_0
from loadlab.analysis.trial_figures import (
    TrialFigures,
    figure_of,
    has_lower_bound,
    lower_bound_of,
)
from loadlab.catalogue import Cell
from loadlab.model.spec.expectations import Expectation, FigureName
from loadlab.model.status import Validity
from loadlab.validity.judgement import Judgement, ReasonKind

_FAILURES = {ReasonKind.NO_SUCCESS, ReasonKind.ERROR_RATE}
_MADE_BY_FAILURES = {ReasonKind.NO_SUCCESS, ReasonKind.COUNT_MISMATCH}

Group = tuple[Cell, ...]  # (of, over) of a ratio, (of,) of a metric
Place = tuple[str, int]  # a cell's title and the block


def readings_of(
    expectation: Expectation, groups: Sequence[Group], places: Mapping[Place, TrialFigures]
) -> dict[Place, float]:
    """Read the figure wherever it may be used; a ratio needs figures above 0.

    A replicate without a failure is no reason to leave its block out of a ratio of failures: the
    others would be those in which more failed. A latency of which a lower bound is known is read
    as that where too few blocks have more: else those tell more without it.
    """
    usable = {
        place: trial
        for place, trial in places.items()
        if _may_enter(trial.judgement, expectation.figure)
        and not why_unsound(trial, expectation.figure)
    }
    known = _read(figure_of, expectation, usable)
    if expectation.figure.is_latency and _blocks(groups, known) < FEWEST_BLOCKS:
        known |= _read(lower_bound_of, expectation, usable)
    if expectation.ratio is None:
        return known
    if expectation.figure is FigureName.FAILED_RATE and _each_fails(groups, places, known):
        return {
            place: share_above_0(places[place].failed, places[place].requests) for place in known
        }
    return {place: value for place, value in known.items() if value > 0}


def _read(
    read: Callable[[TrialFigures, FigureName, str | None], float | None],
    expectation: Expectation,
    places: Mapping[Place, TrialFigures],
) -> dict[Place, float]:
    found = (
        (place, read(trial, expectation.figure, expectation.request))
        for place, trial in places.items()
    )
    return {place: value for place, value in found if value is not None}


def _blocks(groups: Iterable[Group], known: Iterable[Place]) -> int:
    """Count the blocks in which all cells have the figure."""
    titles, found = {cell.title() for group in groups for cell in group}, set(known)
    return sum(
        all((title, block) in found for title in titles) for block in {block for _, block in found}
    )


def _each_fails(
    groups: Iterable[Group], places: Mapping[Place, TrialFigures], known: Iterable[Place]
) -> bool:
    """Whether a request failed in each of the cells: one that never fails has no ratio."""
    failing = {place[0] for place in known if places[place].failed}
    return all(cell.title() in failing for group in groups for cell in group)


def _may_enter(judgement: Judgement, figure: FigureName) -> bool:
    if judgement.validity is not Validity.INVALID:
        return True
    if figure is not FigureName.FAILED_RATE:
        return False
    kinds = {reason.kind for reason in judgement.reasons}
    invalid = {r.kind for r in judgement.reasons if r.level is Validity.INVALID}
    return bool(kinds & _FAILURES) and invalid <= _MADE_BY_FAILURES


def first_gap(
    expectation: Expectation,
    places: Mapping[Place, TrialFigures],
    readings: Mapping[Place, float],
    wanted: Iterable[Place],
) -> str:
    """Name the first cell and replicate without a usable figure, and why; empty without any."""
    for place in wanted:
        if place in readings:
            continue
        title, block = place
        why = _absence(expectation, places.get(place))
        return f"{expectation.figure.value} of {title}, replicate {block}: {why}"
    return ""


def _absence(expectation: Expectation, trial: TrialFigures | None) -> str:
    if trial is None:
        return "no result"
    if not _may_enter(trial.judgement, expectation.figure):
        kinds = (r.kind.value for r in trial.judgement.reasons if r.level is Validity.INVALID)
        return f"Invalid ({', '.join(kinds)})"
    value = figure_of(trial, expectation.figure, expectation.request)
    if why := why_unsound(trial, expectation.figure):
        return f"something else was measured ({why})"
    if value is not None:
        return "0, which has no ratio"
    if has_lower_bound(trial, expectation.figure, expectation.request):
        return "only a lower bound is known, as requests were not sent, not answered or ever slower"
    return f"no request {expectation.request}" if expectation.request else "not measured"
