"""Where a law has a peak, where a parameter is known, and what its noise is taken from."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.blocks import block_noise
from loadlab.analysis.statistics import t_quantile
from loadlab.analysis.usl import Parameter, ScalabilityLaw, fit_law, fit_noise, weather_of

LAW = ScalabilityLaw(
    rate=Parameter(100.0, 95.0, 105.0),
    contention=Parameter(0.1, 0.05, 0.15),
    coherence=Parameter(0.01, 0.005, 0.015),
    loss=Parameter(0.4, 0.3, 0.5),
    bends=True,
    is_missed=False,
)
# Two blocks apart by 0.2, of two sizes; the last value lies 0.04 beside them.
LOGS = {1: {1: 0.0, 2: 0.2}, 2: {1: 0.7, 2: 0.94}}


def test_a_law_predicts_what_gunther_has_it_predict() -> None:
    """100 * 4 / (1 + 0.1 * 3 + 0.01 * 12)."""
    assert LAW.throughput(4) == pytest.approx(400 / 1.42)
    assert LAW.peak == pytest.approx(math.sqrt(0.9 / 0.01))


@pytest.mark.parametrize(
    "changes",
    [
        {"coherence": Parameter(0.01, 0.0, 0.02)},
        {"coherence": Parameter(0.01, -0.001, 0.021)},
        {"contention": Parameter(1.0, 0.9, 1.1)},
        {"contention": Parameter(1.2, 0.9, 1.5)},
    ],
)
def test_a_law_that_is_not_known_to_fall_has_no_peak(changes: dict[str, Any]) -> None:
    assert replace(LAW, **changes).peak is None


def test_a_little_coherence_is_enough_for_a_peak() -> None:
    assert replace(LAW, coherence=Parameter(0.01, 1e-9, 0.02)).peak == pytest.approx(9.486833)


@pytest.mark.parametrize(
    ("mean", "low", "high", "known"),
    [(0.5, 0.25, 0.75, True), (0.5, 0.25, 0.76, False), (-0.5, -0.75, -0.25, True)],
)
def test_a_parameter_is_known_up_to_an_interval_as_wide_as_itself(mean, low, high, known) -> None:
    assert Parameter(mean, low, high).is_known == known


def test_noise_is_that_of_the_misses_where_the_trials_have_less() -> None:
    """Of 6 values in 3 blocks the trials have 0.0004 with 2 degrees; the misses are 1000 times."""
    logs = {1: {1: 0.0, 2: 0.0, 3: 0.04}, 2: {1: 1.0, 2: 1.0, 3: 1.0}}
    pure = block_noise(list(logs.values()))
    assert pure is not None
    squares = 1000 * pure.residual

    found = fit_noise(logs, squares, 4, 1)

    assert found.is_of_misses
    assert found.degrees == 1
    assert found.variance == pytest.approx(squares - 2 * pure.residual)


def test_noise_is_that_of_the_whole_fit_where_the_misses_are_no_more() -> None:
    logs = {1: {1: 0.0, 2: 0.0, 3: 0.04}, 2: {1: 1.0, 2: 1.0, 3: 1.0}}

    found = fit_noise(logs, 0.002, 4, 1)

    assert (found.is_of_misses, found.degrees) == (False, 4)
    assert found.variance == pytest.approx(0.0005)


def test_weather_is_the_variance_of_the_blocks_beside_that_of_the_trials() -> None:
    noise = block_noise(list(LOGS.values()))
    assert noise is not None
    variance = noise.total - noise.residual

    assert variance > 0
    assert weather_of(LOGS, 3) == pytest.approx(t_quantile(2) * math.sqrt(variance / 3))


def test_without_two_trials_of_a_size_there_is_no_weather() -> None:
    assert weather_of({1: {1: 0.0}, 2: {2: 0.7}}, 3) == 0.0


def test_a_trial_more_than_there_are_sizes_and_blocks_is_enough() -> None:
    """Of 5 trials 3 are for the law and one for the blocks, which two of one size tell apart."""
    few = {1: {1: 0.0}, 2: {2: 0.6}, 4: {3: 1.1}, 8: {1: 1.5, 2: 1.5}}

    assert fit_law(few) is not None


# All past the knee, at 5 % noise: what is left of them at size 1 is nothing, or less.
PAST_THE_KNEE = {
    20: (407, 377, 393),
    40: (398, 427, 385),
    80: (420, 392, 401),
    160: (389, 411, 404),
}


@pytest.mark.parametrize("bent", [0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05])
def test_sizes_past_the_knee_do_not_tell_the_rate_of_one(bent: float) -> None:
    """Where chance made it almost nothing its interval overflowed, and the analysis was lost."""
    logs = {
        size: {block: math.log(rate) - bent * (size == 20) for block, rate in enumerate(rates)}
        for size, rates in PAST_THE_KNEE.items()
    }

    law = fit_law(logs)

    assert law is not None
    assert law.is_unknown
    assert not law.contention.is_known
    assert law.peak is None


def test_a_law_that_has_less_than_nothing_at_size_one_is_unknown() -> None:
    """Exact data of N / X = (N - 1) / 5 - 1, which at 1 is -1."""
    logs = {n: dict.fromkeys(range(3), math.log(n / ((n - 1) / 5 - 1))) for n in (10, 20, 40, 80)}

    law = fit_law(logs)

    assert law is not None
    assert law.is_unknown


def test_no_noise_of_such_sizes_ends_an_analysis() -> None:
    """One in thousands has a rate of one so small that e to its interval is beyond a double."""
    chance, known = random.Random(5), 0
    for _ in range(1500):
        law = fit_law(
            {
                users: {block: math.log(400.0) + chance.gauss(0, 0.05) for block in range(3)}
                for users in (20, 40, 80, 160)
            }
        )
        assert law is not None
        known += not law.is_unknown
        assert law.is_unknown or 0 < law.rate.low <= law.rate.high <= 3 * law.rate.low

    assert known < 100


@pytest.mark.parametrize("weather", [0.1, 0.6, 1000.0])
def test_what_all_sizes_of_a_block_share_is_in_the_rate_of_one_alone(weather: float) -> None:
    """Blocks that lie apart as a whole had "the rate of one is not known", though one was there."""
    sizes = (1, 2, 4, 8)
    exact = {n: {block: math.log(n / (1 + 0.05 * (n - 1))) for block in range(3)} for n in sizes}
    # Three blocks, apart by what makes the interval of their mean so wide.
    step = weather / t_quantile(2) * math.sqrt(3)
    shifted = {
        n: {block: value + step * (block - 1) for block, value in logs.items()}
        for n, logs in exact.items()
    }

    law = fit_law(shifted)

    assert law is not None
    assert not law.is_unknown
    assert math.log(law.rate.high / law.rate.mean) == pytest.approx(min(weather, 100.0))
    assert law.contention.mean == pytest.approx(0.05)
    assert law.contention.high - law.contention.low < 0.001


# The trials of each size lie apart, those of a block on the whole do not.
APART = {1: (1, -1, 0), 2: (-1, 0, 1), 4: (0, 1, -1), 8: (0, 0, 0)}


@pytest.mark.parametrize(("apart", "ratio"), [(0.401, 2.5), (0.47, 2.92), (0.49, None)])
def test_a_rate_of_one_is_known_up_to_an_interval_of_three_to_one(
    apart: float, ratio: float | None
) -> None:
    law = fit_law(
        {
            n: {b: math.log(n / (1 + 0.05 * (n - 1))) + apart * each for b, each in enumerate(all_)}
            for n, all_ in APART.items()
        }
    )

    assert law is not None
    assert law.is_unknown is (ratio is None)
    if ratio:
        assert law.rate.high / law.rate.low == pytest.approx(ratio, rel=0.01)
