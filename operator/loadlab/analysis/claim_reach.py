"""How far beyond its figures a claim must be held, by all that leaves them open."""

import math
from collections.abc import Iterator, Mapping, Sequence

from loadlab.analysis.claim_readings import Group, Place
from loadlab.analysis.claim_standing import Reach, reach_of, reach_of_left_out
from loadlab.analysis.percentile_ends import Ends, ends_together, requests_needed
from loadlab.analysis.trial_figures import PERCENTS, TrialFigures
from loadlab.model.spec.expectations import Expectation, FigureName
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.standing import lengthened_by, weighing, worked_more_by

_OF_WORK = {FigureName.SERVICE_CPU, FigureName.EVENT_LOOP_LAG_P99}


def reaches_of(
    expectation: Expectation,
    groups: Sequence[Group],
    places: Mapping[Place, TrialFigures],
    readings: Mapping[Place, float],
    bounds: Mapping[str, str],
) -> tuple[Reach, ...]:
    """Return all of them: bounds, replicates that are left out, few requests, a warm-up."""
    left_out = {place: trial for place, trial in places.items() if place not in readings}
    return (
        reach_of(expectation, groups, bounds),
        reach_of_left_out(expectation, groups, left_out),
        *_by_few_requests(expectation, groups, places, readings),
        *_by_more(expectation, groups, places),
    )


def _sides(groups: Sequence[Group]) -> Iterator[tuple[str, bool]]:
    """Yield the title of each cell of a claim, and whether it is what others are divided by."""
    for side, is_over in zip(zip(*groups, strict=True), (False, True), strict=False):
        for title in sorted({cell.title() for cell in side}):
            yield title, is_over


def _by_few_requests(
    expectation: Expectation,
    groups: Sequence[Group],
    places: Mapping[Place, TrialFigures],
    readings: Mapping[Place, float],
) -> Iterator[Reach]:
    """Yield how far a percentile may lie from what so few requests tell of it, cell by cell."""
    key = (expectation.request or "", expectation.figure)
    for title, is_over in _sides(groups):
        known = {place: value for place, value in readings.items() if place[0] == title}
        found = [places[place].percentile_ends.get(key) for place in known]
        ends = ends_together([each for each in found if each is not None])
        if ends is None or min(known.values()) <= 0:
            continue
        own = math.exp(math.fsum(map(math.log, known.values())) / len(known))
        why = _few_told(expectation.figure, title, ends)
        least, most = ends[0] / own, ends[1] / own
        if is_over:
            least, most = 1 / most, 1 / least if least else math.inf
        yield Reach(why=why, least=least, most=most)


def _few_told(figure: FigureName, title: str, ends: Ends) -> str:
    low, high = ends
    if math.isinf(high):
        needed = requests_needed(PERCENTS[figure])
        return (
            f"too few requests: {figure.value} of {title} takes {needed:,} of all replicates "
            "together, or more; measure longer or with more load"
        )
    return (
        f"so few requests lie about {figure.value} of {title} that it may be {low:.4g} to "
        f"{high:.4g} ms; measure longer or with more load"
    )


def _by_more(
    expectation: Expectation, groups: Sequence[Group], places: Mapping[Place, TrialFigures]
) -> Iterator[Reach]:
    """Yield where a figure is larger than the service's own, and never smaller, cell by cell."""
    figure = expectation.figure
    for title, is_over in _sides(groups):
        why = _why_more(figure, [trial for place, trial in places.items() if place[0] == title])
        if why:
            said = f"{figure.value} of {title} is more than the service's own ({why})"
            remedy = "the cell's reasons say what to change"
            yield Reach(is_over, not is_over, f"{said}: {remedy}")


def _why_more(figure: FigureName, trials: Sequence[TrialFigures]) -> ReasonKind | None:
    used = [trial.judgement for trial in trials if trial.is_usable]
    reasons = weighing((reason for each in used for reason in each.reasons), used)
    if figure.is_latency:
        return lengthened_by(reasons)
    return worked_more_by(reasons) if figure in _OF_WORK else None
