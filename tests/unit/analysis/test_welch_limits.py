"""Where a figure of a status is still read, and from where on it is not."""

import math
from typing import Any

import pytest

from loadlab.analysis.estimate import Deviation, LogEstimate
from loadlab.analysis.statistics import t_quantile
from loadlab.analysis.welch import LogMean, difference, welch
from loadlab.model.status import Figure


def near(value: float) -> Any:
    return pytest.approx(value)


@pytest.mark.parametrize(
    ("mean", "replicates"), [(1e-6, 5), (1e12, 5), (1.0, 1), (1.0, 1000), (100.0, 2)]
)
def test_a_plausible_figure_is_read_up_to_the_limits(mean: float, replicates: int) -> None:
    read = LogMean.of(Figure(mean=mean), replicates)

    assert read == LogMean(math.log(mean), replicates, None)


@pytest.mark.parametrize(("mean", "replicates"), [(0.9e-6, 5), (1e12 + 1, 5), (1.0, 1001)])
def test_beyond_the_limits_nothing_is_read(mean: float, replicates: int) -> None:
    assert LogMean.of(Figure(mean=mean), replicates) is None


@pytest.mark.parametrize(
    "figure",
    [
        Figure(mean=10.0, low=10.0, high=12.0),  # the mean may lie at an end
        Figure(mean=12.0, low=10.0, high=12.0),
    ],
)
def test_five_replicates_tell_their_error(figure: Figure) -> None:
    read = LogMean.of(figure, 5)

    assert read is not None
    assert read.error == pytest.approx(math.log(1.2) / 2 / t_quantile(4))
    assert read.deviation == Deviation(read.error or 0.0, 4)


@pytest.mark.parametrize(("high", "known"), [(6.0, True), (6.001, False)])
def test_an_interval_tells_its_error_up_to_three_to_one(high: float, known: bool) -> None:
    read = LogMean.of(Figure(mean=3.0, low=2.0, high=high), 6)

    assert read is not None
    assert (read.error is not None) == known


@pytest.mark.parametrize("figure", [Figure(mean=3.0, low=2.0), Figure(mean=3.0, high=4.0)])
def test_half_an_interval_tells_no_error(figure: Figure) -> None:
    read = LogMean.of(figure, 6)

    assert read is not None
    assert read.error is None


def test_a_rounded_mean_may_lie_beside_its_interval_by_half_a_step() -> None:
    written = Figure(mean=2.0, low=2.004, high=2.1)

    rounded, exact = LogMean.of(written, 5, rounded_to=0.01), LogMean.of(written, 5)

    assert rounded is not None
    assert exact is not None
    assert rounded.error == pytest.approx(math.log(2.105 / 1.999) / 2 / t_quantile(4))
    assert exact.error is None


def test_a_difference_has_the_blocks_of_the_smaller_side() -> None:
    of, over = LogMean(2.0, 5, 0.03), LogMean(1.5, 8, 0.04)

    found = difference(of, over)

    # 0.0025^2 / (0.0009^2 / 4 + 0.0016^2 / 7) = 10.999, rounded down to a tenth
    assert found == LogEstimate(0.5, 5, Deviation(near(0.05), 10.9))


@pytest.mark.parametrize("errors", [(None, 0.04), (0.03, None), (None, None)])
def test_a_side_without_an_error_leaves_the_difference_without(errors) -> None:
    first, second = errors

    assert difference(LogMean(2.0, 4, first), LogMean(1.5, 3, second)) == LogEstimate(0.5, 3, None)


def test_degrees_are_rounded_down_to_a_tenth() -> None:
    exact = welch(Deviation(0.03, 4), Deviation(0.04, 7))
    found = difference(LogMean(2.0, 5, 0.03), LogMean(1.5, 8, 0.04)).main

    assert found is not None
    assert exact.degrees == pytest.approx(0.0025**2 / (0.0009**2 / 4 + 0.0016**2 / 7))
    assert found.degrees == math.floor(exact.degrees * 10) / 10
