"""The scalability law is found as it is, and its intervals are those of least squares."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.blocks import Logs, block_noise
from loadlab.analysis.statistics import f_tail
from loadlab.analysis.usl import fit_law, fit_noise
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
# covariance and Student's t with 10 degrees of freedom. That of the rate, which is of an average
# block, is wider by the blocks' component of variance (Montgomery 13.1), t with 2 degrees.
ORACLE = {
    "rate": (998.080376, 966.361591, 1030.840263),
    "contention": (0.05208531, 0.03770087, 0.06646976),
    "coherence": (0.00171759, 0.00084075, 0.00259444),
    # With the loss at the largest size in the place of coherence, as a parameter of the same law.
    "loss": (0.78549940, 0.74794109, 0.82305771),
}


def logs_of(rates: Mapping[int, Sequence[float]], *weather: float) -> Mapping[int, Logs]:
    """Logarithms by size and block, each block faster by its weather."""
    shifts = weather or (0.0, 0.0, 0.0)
    return {
        size: {
            block: math.log(rate) + shift
            for block, (rate, shift) in enumerate(zip(values, shifts, strict=True))
        }
        for size, values in rates.items()
    }


@pytest.mark.parametrize("name", ORACLE)
def test_the_fit_and_its_intervals_are_those_of_the_oracle(name):
    law = fit_law(logs_of(MEASURED))

    assert law is not None
    found = getattr(law, name)
    assert (found.mean, found.low, found.high) == pytest.approx(ORACLE[name], rel=1e-5)


def test_weather_that_differs_from_block_to_block_widens_the_rate_alone():
    law = fit_law(logs_of(MEASURED, 0.1, -0.04, -0.06))

    assert law is not None
    rate, contention = law.rate, law.contention
    assert (rate.mean, rate.low, rate.high) == pytest.approx(
        (998.080375, 813.642212, 1224.327377), rel=1e-5
    )
    assert (contention.low, contention.high) == pytest.approx(ORACLE["contention"][1:], rel=1e-5)


# Two straight lines that bend a little at their end; scipy.stats.f.sf of the nested models.
BENT = {
    0.048: {
        1: (1031.3, 964.3, 1016.8),
        2: (1950.1, 2003.5, 2000.1),
        4: (3758.9, 3993.3, 3917.7),
        8: (8237.1, 7936.1, 7794.4),
        16: (14871.4, 15125.9, 14912.8),
    },
    0.052: {
        1: (1031.3, 964.3, 1016.8),
        2: (1950.2, 2003.6, 2000.2),
        4: (3759.8, 3994.2, 3918.6),
        8: (8241.7, 7940.5, 7798.7),
        16: (14888.5, 15143.4, 14930.0),
    },
}


@pytest.mark.parametrize("p", BENT)
def test_a_line_bends_where_chance_bends_it_so_less_than_once_in_twenty(p):
    law = fit_law(logs_of(BENT[p]))

    assert law is not None
    assert law.bends == (p < 0.05)


def test_misses_beyond_the_trials_noise_are_the_noise():
    """5 sizes less 3 coefficients: two degrees of freedom, over which the misses are shared out."""
    logs = logs_of(MEASURED)
    pure = block_noise(list(logs.values()))
    assert pure is not None
    known = pure.residual * pure.residual_degrees

    missed = fit_noise(logs, known + 2 * 0.04, degrees=10, coefficients=3)
    kept = fit_noise(logs, known + 2 * pure.residual, degrees=10, coefficients=3)

    assert (missed.is_of_misses, missed.degrees) == (True, 2)
    assert missed.variance == pytest.approx(0.04)
    assert (kept.is_of_misses, kept.degrees) == (False, 10)
    assert kept.variance == pytest.approx((known + 2 * pure.residual) / 10)


def test_what_no_law_comes_near_has_parameters_that_nobody_knows():
    """Gunther's fit of these has a negative throughput at size 3."""
    shares = {1: 1.0, 2: 0.001, 3: 1.0, 4: 0.001, 5: 1.0}
    rates = {
        size: [size / share * noise for noise in (1, 1.01, 0.99)] for size, share in shares.items()
    }

    law = fit_law(logs_of(rates))

    assert law is not None
    assert not law.contention.is_known
    assert not law.coherence.is_known


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
