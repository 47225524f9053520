"""Two means without a common block, held against scipy.stats.ttest_ind(equal_var=False)."""

import math

import pytest

from loadlab.analysis.estimate import Deviation
from loadlab.analysis.statistics import log_estimate, standard_error, t_quantile
from loadlab.analysis.welch import LogMean, difference, welch
from loadlab.model.status import Figure

FIRST, LARGER = (1000, 1010, 985, 1003, 1021), (950, 1100, 900, 1030, 990, 1045)
FASTER = (500.1, 498.2, 503.3, 499.9, 501.0, 497.5, 500.8)
SLOWER = (410.5, 420.2, 405.9, 415.5, 399.1)
NOISY = (40.1, 44.2, 39.5, 60.7, 41.1, 42.9, 38.8, 40.4, 43.3, 41.7)
CALM = (40.0, 40.1, 39.9, 40.05, 39.95)
SAME = (7.01, 7.03, 6.99, 7.02, 7.0)

# of, over, p, degrees, low, high: scipy 1.17.1 on the logarithms
SCIPY = [
    (FIRST, LARGER, 0.9145286895395799, 5.40463700894296, 0.9307730993036885, 1.0816183638258445),
    (FASTER, SLOWER, 1.7230533e-05, 4.208410625351071, 1.1894716830300953, 1.249805883063204),
    (NOISY, CALM, 0.11768559488359365, 9.00848336152704, 0.978570683951282, 1.176486343908675),
    (SAME, SAME, 1.0, 8.0, 0.996715803846345, 1.0032950176379076),
]
IDS = ["equal", "different", "unequal-noise", "same"]


def deviation(values: tuple[float, ...]) -> Deviation:
    return Deviation(standard_error([math.log(value) for value in values]), len(values) - 1)


def log_mean(values: tuple[float, ...]) -> float:
    return math.fsum(map(math.log, values)) / len(values)


@pytest.mark.parametrize(("of", "over", "p", "degrees", "low", "high"), SCIPY, ids=IDS)
def test_error_and_degrees_are_scipys(of, over, p, degrees, low, high):
    found = welch(deviation(of), deviation(over))
    distance = log_mean(of) - log_mean(over)
    half = t_quantile(found.degrees) * found.error

    assert found.degrees == pytest.approx(degrees)
    assert found.doubt(distance) == pytest.approx(p)
    assert (math.exp(distance - half), math.exp(distance + half)) == pytest.approx((low, high))


@pytest.mark.parametrize(("of", "over", "p", "degrees", "low", "high"), SCIPY, ids=IDS)
def test_an_interval_gives_the_error_back_that_it_was_made_of(of, over, p, degrees, low, high):
    sides = [log_estimate(values) for values in (of, over)]
    means = [LogMean.of(f, len(v)) for f, v in zip(sides, (of, over), strict=True) if f]
    read, other = (mean for mean in means if mean)

    found = difference(read, other)

    assert read.error == pytest.approx(deviation(of).error)
    assert found.main is not None
    assert found.main.degrees == math.floor(10 * degrees + 1e-9) / 10
    assert found.doubt(found.mean) == pytest.approx(p, rel=0.03)
    assert found.doubt(found.mean) >= p * (1 - 1e-9)


def test_a_rounded_interval_is_taken_as_wide_as_it_may_have_been():
    written = Figure(mean=2.31, low=2.31, high=2.31)

    read = LogMean.of(written, 5, rounded_to=0.01)

    assert read is not None
    assert read.error == pytest.approx(math.log(2.315 / 2.305) / 2 / t_quantile(4))


@pytest.mark.parametrize(
    ("figure", "replicates"),
    [
        (Figure(mean=100, low=99, high=101), 4),
        (Figure(mean=100, low=99, high=101, replicates=4), 5),
        (Figure(mean=100), 5),
        (Figure(mean=100, least=99, most=101), 2),
        (Figure(mean=100, low=30, high=300), 5),
        (Figure(mean=100, low=-1, high=101), 5),
        (Figure(mean=100, low=101, high=102), 5),
        (Figure(mean=100, low=1e-300, high=1e300), 5),
        (Figure(mean=100, low=float("nan"), high=101), 5),
    ],
)
def test_other_intervals_tell_no_error(figure, replicates):
    read = LogMean.of(figure, replicates)

    assert read is not None
    assert (read.error, read.deviation) == (None, None)


@pytest.mark.parametrize(
    ("mean", "replicates"),
    [(0.0, 5), (-1.0, 5), (float("nan"), 5), (float("inf"), 5), (1e300, 5), (1.0, 0), (1.0, 10**9)],
)
def test_what_is_no_figure_is_not_read(mean, replicates):
    assert LogMean.of(Figure(mean=mean), replicates) is None


def test_values_without_any_spread_have_all_degrees():
    assert welch(Deviation(0.0, 4), Deviation(0.0, 6)) == Deviation(0.0, 10)
