"""Two experiments of one cell whose truth is known, compared by what their statuses keep."""

import math
import random
from dataclasses import dataclass

from loadlab.analysis.baseline import STEPS
from loadlab.analysis.statistics import log_estimate
from loadlab.analysis.welch import LogMean, difference
from loadlab.model.status import Figure
from tests.simulations.world import SEED

STEP = STEPS["cpu_micros"]


@dataclass(frozen=True)
class TwoRuns:
    """Replicates of the two and their noise, of the logarithm of a trial's figure."""

    replicates: tuple[int, int]
    noise: tuple[float, float]
    gain: float = 0.0  # of the later one, on the logarithms
    shift: float = 0.0  # of the machine between the two runs


def unpaired_coverage(world: TwoRuns, rounds: int) -> float:
    """Return how often the interval covers the truth, of those that there are."""
    chance = random.Random(SEED)
    answers = [covers for _ in range(rounds) if (covers := _covers(world, chance)) is not None]
    return sum(answers) / len(answers)


def unpaired_claims(world: TwoRuns, rounds: int) -> float:
    """Return how often the two are told apart at 5 %."""
    chance = random.Random(SEED)
    found = (difference(*_sides(world, chance)) for _ in range(rounds))
    return sum(each.doubt(each.mean) < 0.05 for each in found) / rounds


def _covers(world: TwoRuns, chance: random.Random) -> bool | None:
    found = difference(*_sides(world, chance))
    half = found.half()
    return None if half is None else abs(found.mean - world.gain) <= half


def _sides(world: TwoRuns, chance: random.Random) -> tuple[LogMean, LogMean]:
    later = _written(_drawn(world, 0, 6.0 + world.gain + world.shift, chance))
    earlier = _written(_drawn(world, 1, 6.0, chance))
    sides = (
        LogMean.of(later, world.replicates[0], rounded_to=STEP),
        LogMean.of(earlier, world.replicates[1], rounded_to=STEP),
    )
    assert sides[0] is not None
    assert sides[1] is not None
    return sides[0], sides[1]


def _drawn(world: TwoRuns, side: int, level: float, chance: random.Random) -> Figure:
    noise = world.noise[side]
    values = [math.exp(level + chance.gauss(sigma=noise)) for _ in range(world.replicates[side])]
    found = log_estimate(values)
    assert found is not None
    return found


def _written(figure: Figure) -> Figure:
    ends = (figure.mean, figure.low, figure.high)
    mean, low, high = (None if end is None else round(end, 1) for end in ends)
    return figure.model_copy(update={"mean": mean, "low": low, "high": high})
