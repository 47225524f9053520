"""Searches for a capacity that is known, beside the sweep that would find it rate by rate.

The service is one server with Poisson arrivals and exponential work (M/M/1), whose speed differs
from trial to trial. Its p95 has a closed form, ln(20) / (speed - rate), so that its capacity under
a criterion on the p95 has one: speed - ln(20) / bound.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab.analysis.search import Limits, Tried, TriedRates, next_step
from loadlab.analysis.search_outcome import best_of_search
from loadlab.catalogue import Cell
from loadlab.model.status import (
    Best,
    CellCapacity,
    ReplicateCounts,
    ResultRow,
    SearchEnd,
    StepOutcome,
    Validity,
)

SEED = 20261127
SWEEP_STEP = 1.05


@dataclass(frozen=True, slots=True)
class Queue:
    """A service at its mean speed, the noise of it, and how far off its pilot trial may be.

    `undecided` is how near to its bound, as a share of it, the p95 of a trial decides nothing.
    """

    speed: float = 1000.0
    noise: float = 0.05
    bound_in_idle_p95s: float = 5.0
    pilot_off: float = 0.3
    undecided: float = 0.0

    @property
    def _bound(self) -> float:
        return self.bound_in_idle_p95s * math.log(20) / self.speed

    @property
    def capacity(self) -> float:
        """The highest rate at which the p95 keeps its bound."""
        return self.speed - math.log(20) / self._bound

    def holds(self, rate: float, chance: random.Random) -> bool:
        """Whether the p95 of a trial keeps its bound."""
        return self._p95(rate, chance) < self._bound

    def outcome(self, rate: float, chance: random.Random) -> StepOutcome:
        """Return what a trial says of a rate; near the bound it leaves it open."""
        share = self._p95(rate, chance) / self._bound
        if share < 1 - self.undecided:
            return StepOutcome.HELD
        return StepOutcome.FAILED if share >= 1 + self.undecided else StepOutcome.INCONCLUSIVE

    def _p95(self, rate: float, chance: random.Random) -> float:
        speed = self.speed * math.exp(chance.gauss(sigma=self.noise))
        return math.log(20) / (speed - rate) if rate < speed else math.inf

    def pilot(self, chance: random.Random) -> int:
        """Return what a closed loop may have carried."""
        return int(self.speed * chance.uniform(1 - self.pilot_off, 1 + self.pilot_off))


@dataclass(frozen=True, slots=True)
class Found:
    """The rate that was found to hold, as a share of the capacity, and the trials it took."""

    share: float
    trials: int


@dataclass(frozen=True, slots=True)
class Beside:
    """One search, and the sweep of the rates between its lowest and its highest in 5 % steps."""

    search: Found
    sweep: Found


def search(queue: Queue, chance: random.Random, within: float) -> list[Tried]:
    """Return the trials of a search, as the operator would have made them."""
    limits, tried = Limits(1, 100_000, within), list[Tried]()
    step: int | SearchEnd = queue.pilot(chance)
    while not isinstance(step, SearchEnd):
        tried.append(Tried(step, queue.outcome(step, chance)))
        step = next_step(tried, limits)
    return tried


def beside(queue: Queue, chance: random.Random, within: float, replicates: int) -> Beside:
    """Search, and sweep the same range."""
    tried = search(queue, chance, within)
    found = TriedRates.of(tried).at_least or 0
    rates = [each.rate for each in tried]
    swept = list(_steps(min(rates), max(rates)))
    best = _highest_that_holds(queue, chance, swept, replicates)
    return Beside(
        Found(found / queue.capacity, len(tried)),
        Found(best / queue.capacity, len(swept) * replicates),
    )


def _steps(low: float, high: float) -> Iterator[float]:
    """Yield rates in steps of 5 %, both ends included."""
    rate = low
    while rate < high * SWEEP_STEP:
        yield rate
        rate *= SWEEP_STEP


def _highest_that_holds(
    queue: Queue, chance: random.Random, rates: list[float], replicates: int
) -> float:
    """Return the last rate before the first at which most replicates fail."""
    best = 0.0
    for rate in rates:
        held = sum(queue.holds(rate, chance) for _ in range(replicates))
        if 2 * held < replicates:
            break
        best = rate
    return best


def rounds(queue: Queue, count: int, *, within: float = 0.05, replicates: int = 5) -> list[Beside]:
    """Return so many searches and sweeps, always the same ones."""
    chance = random.Random(SEED)
    return [beside(queue, chance, within, replicates) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Told:
    """Of how many experiments a cell is said to be ahead: of all the others, and of any of them."""

    of_all: float
    of_any: float


def told_apart(queues: Sequence[Queue], count: int, *, within: float = 0.05) -> Told:
    """Return how often a search tells so many cells apart, of which the last one carries most."""
    chance = random.Random(SEED)
    bests = [_best(queues, chance, within) for _ in range(count)]
    known = [best for best in bests if best is not None]
    of_any = [best for best in known if len(best.tied_with) < len(queues) - 1]
    right = [best for best in known if best.cell == _row(len(queues) - 1).cell.title()]
    ahead = known if len(set(queues)) == 1 else right
    return Told(sum(not best.tied_with for best in ahead) / count, len(of_any) / count)


def _best(queues: Sequence[Queue], chance: random.Random, within: float) -> Best | None:
    rows = [_row(place) for place in range(len(queues))]
    known = {
        row.cell.title(): TriedRates.of(search(queue, chance, within))
        for row, queue in zip(rows, queues, strict=True)
    }
    fails = {title: rates.fails_from for title, rates in known.items()}
    found = [_capacity(title, rates) for title, rates in known.items()]
    return best_of_search(rows, found, {title: at for title, at in fails.items() if at is not None})


def _capacity(title: str, known: TriedRates) -> CellCapacity:
    return CellCapacity(
        cell=title,
        at_least=known.at_least,
        at_least_trials=known.times(known.at_least),
        below=known.below,
        below_trials=known.times(known.below),
        below_outcome=known.outcome_below(),
        ended=SearchEnd.FOUND,
    )


def _row(place: int) -> ResultRow:
    return ResultRow(
        cell=Cell(variant=f"v{place}"),
        replicates=ReplicateCounts(planned=2, valid=2),
        requests=1000,
        validity=Validity.VALID,
    )


def near(found: list[Found], share: float = 0.1) -> float:
    """Return how many lie within a share of the truth."""
    return sum(abs(each.share - 1) <= share for each in found) / len(found)


def cost(found: list[Beside]) -> float:
    """Return the trials of the searches as a share of those of the sweeps."""
    return sum(it.search.trials for it in found) / sum(it.sweep.trials for it in found)
