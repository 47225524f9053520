"""Which rate is tried next, by what the finished trials of a cell say: nothing else decides.

The bounds are those of MLRsearch (draft-ietf-bmwg-mlrsearch): the relevant upper bound is the
lowest rate that did not hold, the relevant lower bound the highest one below it that held. A rate
stands by the majority of its trials. As long as one bound lacks the rate is doubled or halved; then
the geometric mean is tried until they lie as near as is wanted, and each of the two is tried a
second time, so that no single trial decides. Two trials that disagree ask for a third. A crash is
no noise: a rate under which the service ended by itself once does not hold, however often it
did not.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from loadlab.analysis.crashes import step_of_crash
from loadlab.model.resources import Trial
from loadlab.model.spec.load import Load
from loadlab.model.spec.search import Search
from loadlab.model.status import LoadTrialStatus, SearchEnd, StepOutcome, TrialStep
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan
from loadlab.plan.bounds import MOST_STEPS, MOST_VOID, NEAR_THE_MIDDLE, TIMES_TRIED
from loadlab.plan.cells import Arm
from loadlab.plan.rates import lowest_rate, without_rate

_NOT_HELD = (StepOutcome.FAILED, StepOutcome.INCONCLUSIVE, StepOutcome.NOT_OFFERED)


@dataclass(frozen=True, slots=True)
class Tried:
    """A finished trial: its rate, and what it says; None where it was void or lost."""

    rate: int
    outcome: StepOutcome | None
    has_crashed: bool = False  # whether the service ended by itself in one of its attempts


@dataclass(frozen=True, slots=True)
class Limits:
    """The rates that may be tried, and how near the bounds are to be: 0.1 is 10 %."""

    lowest: int
    highest: int
    share: float

    @classmethod
    def of(cls, load: Load) -> "Limits":
        """Return what a load says of them, or would say with an empty `search`."""
        search = load.search or Search()
        return cls(lowest_rate(load), search.max_rate, search.share)


@dataclass(frozen=True, slots=True)
class TriedRates:
    """What the trials of one cell say of each rate, in whatever order they came."""

    votes: Mapping[int, Counter[StepOutcome]]
    crashed: Set[int] = frozenset()  # rates under which the service ended by itself

    @classmethod
    def of(cls, tried: Iterable[Tried]) -> "TriedRates":
        """Count the outcomes of each rate, in the order of the rates."""
        votes: dict[int, Counter[StepOutcome]] = {}
        ordered = sorted(tried, key=lambda it: it.rate)
        for each in ordered:
            if each.outcome is not None:
                votes.setdefault(each.rate, Counter())[each.outcome] += 1
        return cls(votes, frozenset(each.rate for each in ordered if each.has_crashed))

    @property
    def below(self) -> int | None:
        """The lowest rate of which most trials did not hold."""
        return min((rate for rate in self.votes if self._lead(rate) < 0), default=None)

    @property
    def at_least(self) -> int | None:
        """The highest rate below it of which most trials held."""
        end = math.inf if self.below is None else self.below
        return max((r for r in self.votes if r < end and self._lead(r) > 0), default=None)

    @property
    def fails_from(self) -> int | None:
        """The lowest rate of which most trials did not hold and one has Failed.

        Below it may lie one that was undecided, of which nobody knows whether it holds.
        """
        votes = self.votes
        failed = (r for r in votes if self._lead(r) < 0 and votes[r][StepOutcome.FAILED])
        return min(failed, default=None)

    def outcome_below(self) -> StepOutcome | None:
        """Return what became of the lowest rate that did not hold: Failed where any trial has."""
        if (below := self.below) is None:
            return None
        return next(outcome for outcome in _NOT_HELD if self.votes[below][outcome])

    def times(self, rate: int | None) -> int:
        """Return how many trials of a rate said anything."""
        return self.votes[rate].total() if rate is not None and rate in self.votes else 0

    def disputed(self) -> int | None:
        """Return a rate of which as many trials held as did not."""
        return next((rate for rate in self.votes if not self._lead(rate)), None)

    def unconfirmed(self, rates: Sequence[int | None]) -> int | None:
        """Return the first of these rates that was tried too seldom.

        What the generator could not offer was tried in several attempts already, and a crash is
        not taken back.
        """
        return next((rate for rate in rates if rate is not None and self._may_change(rate)), None)

    def _may_change(self, rate: int) -> bool:
        is_settled = rate in self.crashed or StepOutcome.NOT_OFFERED in self.votes[rate]
        return self.times(rate) < TIMES_TRIED and not is_settled

    def _lead(self, rate: int) -> int:
        if rate in self.crashed:
            return -self.times(rate)
        return 2 * self.votes[rate][StepOutcome.HELD] - self.times(rate)


def next_step(tried: Sequence[Tried], limits: Limits) -> int | SearchEnd:
    """Return the rate of a cell's next trial, or why there is none.

    The trials alone decide, in whatever order they are given.

    Raises:
        ValueError: nothing was tried yet; the pilot trial says where to begin.
    """
    if not tried:
        raise ValueError("the first rate comes from the pilot trial")
    wanted = _wanted(tried, limits)
    if isinstance(wanted, SearchEnd):
        return wanted
    if sum(each.rate == wanted and each.outcome is None for each in tried) >= MOST_VOID:
        return SearchEnd.NOT_MEASURED
    return wanted if len(tried) < MOST_STEPS else SearchEnd.MAX_STEPS


def _wanted(tried: Sequence[Tried], limits: Limits) -> int | SearchEnd:
    known = TriedRates.of(tried)
    if (disputed := known.disputed()) is not None:
        return disputed
    low, high = known.at_least, known.below
    match low, high:
        case None, None:
            return tried[0].rate  # there is no other, and nothing is known of it
        case None, int():
            end, further = SearchEnd.MIN_RATE, max(limits.lowest, high // 2)
        case int(), None:
            end, further = SearchEnd.MAX_RATE, min(limits.highest, low * 2)
        case int(), int():
            end, further = SearchEnd.FOUND, _between(low, high, limits.share)
    if further not in {low, high}:
        return further
    unconfirmed = known.unconfirmed((low, high))
    return end if unconfirmed is None else unconfirmed


def _between(low: int, high: int, share: float) -> int:
    """Return the geometric mean in few digits; one of the two where nothing is left between."""
    if high <= low * (1 + share):
        return low
    middle, width = math.sqrt(low * high), math.log(high / low)
    for digits in (1, 2, 3, 4):
        rounded = int(float(f"{middle:.{digits}g}"))
        if abs(math.log(rounded / middle)) <= NEAR_THE_MIDDLE * width:
            return rounded
    return round(middle)


def tried_by_cell(plan: Plan, trials: Mapping[str, Trial]) -> dict[str, list[Tried]]:
    """Return the finished trials of each cell, by its title without a rate, in their order."""
    found: dict[str, list[Tried]] = {cell.title(): [] for cell in plan.cells}
    for planned in plan.trials:
        trial, rate = trials.get(planned.name), planned.rate
        if trial is not None and rate is not None and _is_over(trial):
            found[without_rate(planned.cell).title()].append(_tried(trial, rate))
    return found


def arms_to_analyse(plan: Plan, trials: Mapping[str, Trial]) -> tuple[Arm, ...]:
    """Return the arms of which the status has a row: of a search each cell at the rate it carries.

    A cell that carries none has its lowest; one that was not tried has no row.
    """
    if plan.context.spec.load.search is None:
        return plan.arms
    return tuple(_searched_arms(plan, trials))


def _searched_arms(plan: Plan, trials: Mapping[str, Trial]) -> Iterator[Arm]:
    arms = {(without_rate(t.cell).title(), t.rate): t.arm for t in plan.trials}
    for title, tried in tried_by_cell(plan, trials).items():
        known = TriedRates.of(tried)
        rates = (known.at_least, known.below, *(each.rate for each in tried))
        rate = next((rate for rate in rates if rate is not None), None)
        if rate is not None:
            yield arms[title, rate]


def _is_over(trial: Trial) -> bool:
    return trial.status.phase is not None and trial.status.phase.is_terminal


def _tried(trial: Trial, rate: int) -> Tried:
    step = step_said(trial.status)
    has_crashed = step_of_crash(trial.status) is not None
    return Tried(rate, step.outcome if step else None, has_crashed)


def step_said(status: LoadTrialStatus) -> TrialStep | None:
    """Return what a finished trial says of its rate; None where it was void or lost.

    A trial that has no figures says something all the same where the service ended by itself, and
    where it no longer fits.
    """
    if (crashed := step_of_crash(status)) is not None:
        return crashed
    if status.reason == Reason.NO_LONGER_FITS:  # so many users take memory
        return TrialStep(outcome=StepOutcome.NOT_OFFERED)
    return status.step
