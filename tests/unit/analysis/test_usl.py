"""The scalability law is found as it is, and its intervals are those of least squares."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.statistics import f_tail
from loadlab.analysis.usl import fit_law
from tests.simulations.growth import Growth


@given(
    contention=st.floats(0, 0.5),
    coherence=st.floats(0, 0.05),
    sizes=st.sets(st.integers(1, 64), min_size=4, max_size=8),
)
def test_parameters_are_exact_without_noise(contention, coherence, sizes):
    world = Growth(tuple(sizes), contention=contention, coherence=coherence, noise=0, weather=0)

    law = fit_law(world.logs(random.Random(1)))

    assert law is not None
    # To the digits that ill-placed sizes, such as 61 to 64, leave of a double.
    precise = 1e-9 * (max(sizes) / (max(sizes) - min(sizes))) ** 4
    assert law.rate.mean == pytest.approx(world.rate, rel=precise)
    assert law.contention.mean == pytest.approx(contention, abs=precise)
    assert law.coherence.mean == pytest.approx(coherence, abs=precise)


def test_exact_data_of_a_law_have_its_peak():
    law = fit_law(
        Growth(contention=0.05, coherence=0.002, noise=0, weather=0).logs(random.Random(1))
    )

    assert law is not None
    assert law.peak == pytest.approx(math.sqrt(0.95 / 0.002))
    assert law.throughput(8) == pytest.approx(1000 * 8 / (1 + 0.05 * 7 + 0.002 * 56))
    assert law.bends
    assert not law.is_missed


# Three blocks of five sizes, in requests a second.
MEASURED = {
    1: (1003.1, 962.4, 1034.9),
    2: (1840.2, 1905.7, 1911.0),
    4: (3411.5, 3296.8, 3490.3),
    8: (5321.9, 5610.4, 5462.8),
    16: (7421.0, 7093.6, 7330.7),
}
# scipy.optimize.curve_fit 1.16 of the logarithms on three blocks and the law; intervals by its
# covariance and Student's t with 10 degrees of freedom.
ORACLE = {
    "contention": (0.05208531, 0.03770087, 0.06646976),
    "coherence": (0.00171759, 0.00084075, 0.00259444),
}


@pytest.mark.parametrize("name", ORACLE)
def test_the_fit_and_its_intervals_are_those_of_the_oracle(name):
    logs = {n: dict(enumerate(map(math.log, values))) for n, values in MEASURED.items()}

    law = fit_law(logs)

    assert law is not None
    found = getattr(law, name)
    assert (found.mean, found.low, found.high) == pytest.approx(ORACLE[name], rel=1e-5)


def test_a_straight_line_does_not_bend():
    law = fit_law(Growth(contention=0, coherence=0, noise=0).logs(random.Random(1)))

    assert law is not None
    assert not law.bends
    assert law.peak is None


def test_a_hard_limit_is_not_of_this_law():
    """100 ms of waiting in 40 threads: 10/s a user up to 400/s."""
    chance = random.Random(1)
    logs = {
        users: {b: math.log(min(10.0 * users, 400.0)) + chance.gauss(0, 0.01) for b in range(5)}
        for users in (1, 10, 20, 40, 80, 160)
    }

    law = fit_law(logs)

    assert law is not None
    assert law.is_missed


@pytest.mark.parametrize(
    ("sizes", "blocks"), [((1, 2, 4), 5), ((1, 2, 4, 8), 2), ((1, 2, 4, 8), 1)]
)
def test_too_few_sizes_or_blocks_have_no_law(sizes, blocks):
    assert fit_law(Growth(sizes, blocks=blocks).logs(random.Random(1))) is None


def test_a_trial_that_is_missing_takes_nothing_from_a_law_without_noise():
    logs = Growth(noise=0, weather=0.2).logs(random.Random(1))
    whole = {size: dict(blocks) for size, blocks in logs.items()}
    del whole[1][0]
    del whole[8][2]

    law = fit_law(whole)

    assert law is not None
    assert law.contention.mean == pytest.approx(0.05)
    assert law.coherence.mean == pytest.approx(0.002)


@pytest.mark.parametrize(
    ("f", "above", "below", "tail"),
    # scipy.stats.f.sf
    [(4.10, 2, 10, 0.0500775), (1.0, 3, 7, 0.4470796), (0.0, 2, 9, 1.0), (9.5, 1, 12, 0.0094989)],
)
def test_the_tail_of_f_is_that_of_the_oracle(f, above, below, tail):
    assert f_tail(f, above, below) == pytest.approx(tail, rel=1e-4)
