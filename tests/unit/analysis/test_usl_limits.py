"""Where a law has a peak, where a parameter is known, and what its noise is taken from."""

import math
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
