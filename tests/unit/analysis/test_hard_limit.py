"""Two lines that meet are found where they are, and nothing else passes for them."""

import math
import random

import pytest

from loadlab.analysis.hard_limit import fit_limit
from tests.simulations.growth import Growth

SIZES = (1, 10, 20, 40, 80, 160)


def limited(noise: float, sizes=SIZES, blocks: int = 3, rounding: float = 0.0):
    """Forty threads of 100 ms; near the knee `rounding` is lost."""
    chance = random.Random(3)
    weather = [chance.gauss(0, 0.05) for _ in range(blocks)]
    return {
        size: {
            block: math.log(min(10.0 * size, 400.0))
            - rounding * (size == 40)
            + shift * noise
            + chance.gauss(0, noise)
            for block, shift in enumerate(weather)
        }
        for size in sizes
    }


def test_without_noise_both_lines_and_their_knee_are_exact():
    found = fit_limit(limited(0))

    assert found is not None
    assert found.rate.mean == pytest.approx(10)
    assert found.ceiling.mean == pytest.approx(400)
    assert found.knee.mean == pytest.approx(40)


@pytest.mark.parametrize("rounding", [0.0, 0.03])
def test_the_knee_is_found_also_where_something_is_lost_at_it(rounding):
    found = fit_limit(limited(0.01, rounding=rounding))

    assert found is not None
    assert found.knee.mean == pytest.approx(40, rel=0.03)
    assert found.rate.low < 10 < found.rate.high
    assert found.ceiling.mean == pytest.approx(400, rel=0.03)


# Two sizes on each line, in three blocks.
MEASURED = {
    1: (10.1, 9.9, 10.2),
    10: (99.0, 101.0, 102.0),
    80: (402.0, 396.0, 407.0),
    160: (398.0, 401.0, 404.0),
}
# statsmodels 0.14, OLS of the logarithms (less that of the size below the knee) on two levels and
# three blocks: the difference of the levels and its interval.
ORACLE = (39.86898349, 39.42128111, 40.32177037)


def test_the_knee_and_its_interval_are_those_of_the_oracle():
    found = fit_limit({n: dict(enumerate(map(math.log, of))) for n, of in MEASURED.items()})

    assert found is not None
    assert (found.knee.mean, found.knee.low, found.knee.high) == pytest.approx(ORACLE, rel=1e-8)


@pytest.mark.parametrize(
    "logs",
    [
        limited(0.01, rounding=0.10),
        limited(0.01, sizes=(1, 40, 80)),
        limited(0.01, blocks=2),
        Growth(contention=0.3, coherence=0.01, noise=0.01).logs(random.Random(1)),
    ],
    ids=["a round knee", "three sizes", "two blocks", "contention"],
)
def test_nothing_else_is_a_hard_limit(logs):
    assert fit_limit(logs) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    # The same fit by numpy; beside its error the weather, 0.0224 of the logarithm.
    [
        ("rate", (10.065891543512624, 9.829127424515322, 10.308358838959217)),
        ("ceiling", (401.3168637983754, 391.8773190461549, 410.9837883983146)),
    ],
)
def test_each_line_bears_the_weather_of_its_blocks(name, expected):
    found = fit_limit({n: dict(enumerate(map(math.log, of))) for n, of in MEASURED.items()})

    line = getattr(found, name)
    assert (line.mean, line.low, line.high) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("beside", "is_limit"), [(1.0499, True), (1.0501, False)])
def test_a_size_lies_less_than_a_twentieth_beside_the_lines(beside, is_limit):
    """The other sizes move the lines: 160 alone, of two, lies half as far from their mean."""
    rates = {1: 10.0, 10: 100.0, 80: 400.0 * beside, 160: 400.0 / beside}
    logs = {n: dict.fromkeys(range(3), math.log(rate)) for n, rate in rates.items()}

    assert (fit_limit(logs) is not None) == is_limit


@pytest.mark.parametrize("sizes", [(10, 80, 160, 320), (5, 10, 20, 160)])
def test_one_size_alone_may_lie_on_either_line(sizes):
    found = fit_limit(limited(0, sizes=sizes))

    assert found is not None
    assert found.knee.mean == pytest.approx(40)
