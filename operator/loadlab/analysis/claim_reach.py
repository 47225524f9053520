"""How far beyond its figures a claim must be held, by all that leaves them open."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadlab.analysis.claim_readings import Group, Place
from loadlab.analysis.claim_standing import (
    Known,
    Reach,
    reach_of,
    reach_of_crashes,
    reach_of_left_out,
)
from loadlab.analysis.percentile_ends import Leeway, leeway_of, requests_needed_in_each
from loadlab.analysis.trial_figures import (
    PERCENTS,
    TrialFigures,
    has_lower_bound,
    share_from_send,
)
from loadlab.analysis.usual_delay import in_half, usual_delay
from loadlab.model.spec.expectations import Expectation, FigureName
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.standing import weighing, worked_more_by

_OF_WORK = {FigureName.SERVICE_CPU, FigureName.EVENT_LOOP_LAG_P99}


def reaches_of(
    expectation: Expectation,
    groups: Sequence[Group],
    places: Mapping[Place, TrialFigures],
    readings: Mapping[Place, float],
    known: Known,
) -> tuple[Reach, ...]:
    """Return all of them: bounds, replicates that are left out, few requests, a warm-up, k6, …"""
    left_out = {place: trial for place, trial in places.items() if place not in readings}
    sides = tuple(_sides(groups, places, readings))
    latencies = sides if expectation.figure.is_latency else ()
    return (
        reach_of(expectation, groups, known.bounds),
        reach_of_left_out(expectation, groups, left_out),
        reach_of_crashes(expectation, groups, known.crashes),
        *_by_few_requests(expectation, sides),
        *_by_more(expectation, sides),
        *_by_stops(expectation, latencies),
        *_by_lateness(expectation, latencies),
        *_by_lower_bounds(expectation, latencies),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """A cell on one side of a claim."""

    title: str
    is_over: bool  # what others are divided by
    weight: float  # of its logarithm in that of the claim's figure, the mean over the groups
    used: Sequence[TrialFigures]
    known: Sequence[TrialFigures]  # those that have the figure
    mean: float  # of their figures; 0 where it has none, or one of them is 0

    def reach(self, least: float, most: float, why: str) -> Reach:
        """Return how far the claim's figure reaches where the cell's does so, as factors of it."""
        if self.is_over:
            least, most = 1 / most, 1 / least if least else math.inf
        return Reach(why=why, least=least, most=most).of_share(self.weight)


def _sides(
    groups: Sequence[Group],
    places: Mapping[Place, TrialFigures],
    readings: Mapping[Place, float],
) -> Iterator[_Side]:
    """Yield each cell of a claim on each side on which it stands."""
    for side, is_over in zip(zip(*groups, strict=True), (False, True), strict=False):
        times = Counter(cell.title() for cell in side)
        for title in sorted(times):
            own = {place: trial for place, trial in places.items() if place[0] == title}
            known = [place for place in readings if place[0] == title]
            yield _Side(
                title,
                is_over,
                times[title] / len(groups),
                used=[trial for trial in own.values() if trial.is_usable],
                known=[own[place] for place in known],
                mean=_mean([readings[place] for place in known]),
            )


def _by_few_requests(expectation: Expectation, sides: Iterable[_Side]) -> Iterator[Reach]:
    """Yield how far a percentile may lie from what so few requests tell of it, cell by cell."""
    key = (expectation.request or "", expectation.figure)
    for side in sides:
        found = [trial.percentile_ends.get(key) for trial in side.known]
        ends = [each for each in found if each is not None]
        leeway = leeway_of(ends)
        if leeway is None or leeway.least == leeway.most or not side.mean:
            continue
        why = _few_told(expectation.figure, side.title, leeway, side.mean, len(ends))
        yield side.reach(leeway.least, leeway.most, why)


def _mean(values: Sequence[float]) -> float:
    if not values or min(values) <= 0:
        return 0.0
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def _few_told(
    figure: FigureName, title: str, leeway: Leeway, own_ms: float, replicates: int
) -> str:
    if leeway.is_unanswered:
        return (
            f"{figure.value} of {title} lies so near requests without an answer that it may be one "
            "of them; raise spec.load.request.timeout, or measure longer"
        )
    if math.isinf(leeway.most):
        needed = requests_needed_in_each(PERCENTS[figure], replicates)
        return (
            f"too few requests: {figure.value} of {title} takes {needed:,} in each of {replicates} "
            "replicates, or more; measure longer or with more load"
        )
    low, high = leeway.around(own_ms)
    return (
        f"so few requests lie about {figure.value} of {title} that it may be {low:.4g} to "
        f"{high:.4g} ms; measure longer or with more load"
    )


def _by_more(expectation: Expectation, sides: Iterable[_Side]) -> Iterator[Reach]:
    """Yield where a figure is larger than the service's own, and never smaller, cell by cell.

    A latency is no less than its time-outs make it, whatever the warm-up did to the answers.
    """
    figure = expectation.figure
    if not figure.is_latency and figure not in _OF_WORK:
        return
    for side in sides:
        used = [trial.judgement for trial in side.used]
        reasons = weighing((reason for each in used for reason in each.reasons), used)
        if why := worked_more_by(reasons):
            said = f"{_more_told(figure, side.title, why)}: the cell's reasons say what to do"
            least_ms = _least_by_time_outs(expectation, side.known)
            if not least_ms:
                yield Reach(side.is_over, not side.is_over, said)
            elif least_ms < side.mean:
                yield side.reach(least_ms / side.mean, 1.0, said)


def _least_by_time_outs(expectation: Expectation, known: Iterable[TrialFigures]) -> float:
    """Return what a latency is at least in each of some trials, in ms; 0 of other figures."""
    figure, name = expectation.figure, expectation.request or ""
    if not figure.is_latency:
        return 0.0
    found = (trial.time_outs.get(name) for trial in known)
    times = (each.percentile_ms(PERCENTS[figure]) if each else 0.0 for each in found)
    return min(times, default=0.0)


def _by_stops(expectation: Expectation, sides: Iterable[_Side]) -> Iterator[Reach]:
    """Yield how much less a latency may be without what the generator was stopped or busy for.

    In half of the replicates or more: what fewer have is in the interval. What it waited for a CPU
    where no reason says so is told with a latency; what it waited longer beside one of two cells
    may be all that they differ by.
    """
    known = [side for side in sides if side.mean]
    waits = [in_half(trial.generator_wait_ms for trial in side.used) for side in known]
    for side, wait in zip(known, waits, strict=True):
        own, delay, kind = side.mean, usual_delay(side.used), _why_stopped(side.used)
        stopped = delay.of_ms(own) if delay and kind else 0.0
        waited = wait - min(waits)
        if not (stopped or waited):
            continue
        said = _more_told(expectation.figure, side.title, kind if stopped else None)
        rest = max(0.0, own - max(stopped, waited))
        yield side.reach(rest / own, 1.0, f"{said}: raise spec.resources.k6.cpu")


def _why_stopped(used: Sequence[TrialFigures]) -> ReasonKind | None:
    """Return why a generator is known to have been late in half of the replicates, if it was."""
    throttled, busy = ReasonKind.GENERATOR_THROTTLED, ReasonKind.GENERATOR_SATURATED
    if 2 * sum(any(r.kind is throttled for r in t.judgement.reasons) for t in used) >= len(used):
        return throttled
    delay = usual_delay(used)
    return busy if delay and delay.share else None


def _by_lateness(expectation: Expectation, sides: Iterable[_Side]) -> Iterator[Reach]:
    """Yield how much less a latency may be from the send, where requests were sent late."""
    figure, request = expectation.figure, expectation.request
    for side in sides:
        shares = [share_from_send(trial, figure, request) for trial in side.known]
        if not shares or min(shares) == 1:
            continue
        said = _more_told(figure, side.title, ReasonKind.SENT_LATE)
        remedy = "give the node less other work, or raise spec.resources.k6"
        yield side.reach(_mean(shares), 1.0, f"{said}: {remedy}")


def _by_lower_bounds(expectation: Expectation, sides: Iterable[_Side]) -> Iterator[Reach]:
    """Yield where a latency is only known to be so long, as it is in one of the replicates."""
    figure, request = expectation.figure, expectation.request
    for side in sides:
        if any(has_lower_bound(trial, figure, request) for trial in side.known):
            said = f"only a lower bound of {figure.value} is known of {side.title}, as requests "
            yield Reach(
                not side.is_over, side.is_over, f"{said}were not sent, not answered or ever slower"
            )


def _more_told(figure: FigureName, title: str, why: ReasonKind | None) -> str:
    reason = why or "k6 waited for a CPU"
    return f"{figure.value} of {title} is more than the service's own ({reason})"
