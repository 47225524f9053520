"""The t quantile is right, and the 95 % interval covers the truth 95 % of the time."""

import math
import random

import pytest

from loadlab.analysis.statistics import log_estimate, plain_estimate, t_quantile
from loadlab.model.status import Figure

# Two-sided 95 % quantiles of Student's t as printed in every table (NIST handbook 1.3.6.7.2).
PRINTED = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 30: 2.042, 100: 1.984}


@pytest.mark.parametrize(("degrees", "printed"), PRINTED.items())
def test_t_quantiles_are_those_of_the_printed_table(degrees: int, printed: float) -> None:
    assert t_quantile(degrees) == pytest.approx(printed, abs=5e-4)


def test_other_confidences_are_right_too() -> None:
    assert t_quantile(5, 0.99) == pytest.approx(4.032, abs=5e-4)
    assert t_quantile(100_000, 0.95) == pytest.approx(1.95996, abs=1e-4)


def test_no_degree_of_freedom_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="0 degrees"):
        t_quantile(0)


@pytest.mark.parametrize("replicates", [3, 5])
def test_the_interval_covers_the_median_of_lognormal_rates_95_times_in_100(
    replicates: int,
) -> None:
    chance = random.Random(42)
    rounds = 10_000
    covered = 0
    for _ in range(rounds):
        found = log_estimate([chance.lognormvariate(7.0, 0.3) for _ in range(replicates)])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= math.exp(7.0) <= found.high

    assert 0.93 <= covered / rounds <= 0.97


def test_one_replicate_has_a_mean_and_no_interval() -> None:
    assert log_estimate([12.5]) == plain_estimate([12.5]) == Figure(mean=12.5)


def test_no_replicate_has_no_estimate() -> None:
    assert log_estimate([]) is None
    assert plain_estimate([]) is None


def test_a_zero_among_the_values_forces_the_plain_scale() -> None:
    assert log_estimate([0.0, 2.0]) == plain_estimate([0.0, 2.0])


def test_the_plain_interval_is_mean_and_t_times_standard_error() -> None:
    found = plain_estimate([1.0, 2.0, 3.0])

    assert found is not None
    assert found.mean == pytest.approx(2.0)
    assert found.high == pytest.approx(2.0 + 4.303 / math.sqrt(3), abs=1e-3)


def test_equal_replicates_have_an_interval_of_no_width() -> None:
    found = log_estimate([700.0, 700.0, 700.0])

    assert found is not None
    assert found.low == pytest.approx(700.0)
    assert found.high == pytest.approx(700.0)
