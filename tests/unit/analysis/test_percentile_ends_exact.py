"""Which ranks bound a percentile, and as what multiples of it: by an oracle and by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis import percentile_ends
from loadlab.analysis.percentile_ends import Leeway, PercentileEnds, leeway_of
from loadlab.analysis.statistics import incomplete_beta
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency
from loadlab.measurement.nearby import Nearby

STEP = 1.05  # from each latency to the next: more than a bucket of a histogram


def ascending(count: int) -> Latency:
    return Latency(Histogram.of([round(10_000 * STEP**rank) for rank in range(1, count + 1)]))


@pytest.mark.parametrize(
    ("count", "percent", "low", "own", "high"),
    # Ranks by scipy.stats.binom.cdf 1.17, each missed in 2.5 % at most; None where there is none.
    [
        (5, 50.0, None, 3, None),
        (6, 50.0, 1, 3, 6),
        (20, 50.0, 6, 10, 15),
        (71, 95.0, 63, 67, None),
        (72, 95.0, 64, 68, 72),
        (72, 5.0, 1, 4, 9),
        (2, 0.1, None, 1, 1),
        (2, 99.9, 2, 2, None),
    ],
)
def test_the_ends_are_the_order_statistics_of_the_oracle(count, percent, low, own, high):
    found = leeway_of([PercentileEnds.of_latency(ascending(count), percent)])

    assert found is not None
    least = 0.0 if low is None else STEP ** (low - own)
    most = math.inf if high is None else STEP ** (high - own)
    assert (found.least, found.most) == pytest.approx((least, most), rel=0.02)


@pytest.mark.parametrize("count", [1, 10, 300, 4_800, 300_000])
@pytest.mark.parametrize("percent", [0.1, 5.0, 50.0, 90.0, 99.0, 99.9])
def test_they_are_found_in_few_steps_however_many_requests_there_are(count, percent, monkeypatch):
    asked: list[float] = []

    def counted(x: float, a: float, b: float) -> float:
        asked.append(x)
        return incomplete_beta(x, a, b)

    monkeypatch.setattr(percentile_ends, "incomplete_beta", counted)
    percentile_ends._most_longer.cache_clear()
    PercentileEnds.of_latency(Latency(Histogram.of([1000] * count)), percent)

    # Of those that are longer and of those that are shorter, by each of five chances.
    assert len(asked) <= 10 * 3


@given(
    count=st.one_of(st.integers(1, 100), st.integers(1, 10**6)),
    share=st.one_of(st.floats(1e-4, 0.5), st.floats(1e-4, 0.5).map(lambda share: 1 - share)),
    replicates=st.integers(1, 5),
)
def test_the_most_that_are_longer_by_chance_are_so_many_and_no_more(count, share, replicates):
    tail = 0.025 ** (1 / replicates)

    found = percentile_ends._most_longer(count, share, tail)

    most = -1 if found is None else found
    assert most < count
    assert most < 0 or incomplete_beta(1 - share, count - most, most + 1) <= tail
    more = most + 1
    assert more == count or incomplete_beta(1 - share, count - more, more + 1) > tail


def of_values(own: float, low: float, high: float) -> Leeway | None:
    """Return the leeway of a median of 20 values, of which the 6th and the 15th are such."""
    nearby = Nearby(count=20, below=((1, low), (7, own)), above=((14, own), (15, high)))
    return leeway_of([PercentileEnds.of_values(nearby, own, 50.0)])


@pytest.mark.parametrize(
    ("own", "low", "high", "expected"),
    [
        (0.5, 0.25, 1.0, Leeway(0.5, 2.0)),
        (0.0, 0.0, 0.0, Leeway(1.0, 1.0)),
        (0.0, -1.0, 1.0, Leeway(-math.inf, math.inf)),
        (-5.0, -5.0, -5.0, Leeway(1.0, 1.0)),
        (-5.0, -9.0, -2.0, Leeway(-math.inf, math.inf)),
    ],
)
def test_of_a_value_of_0_and_less_only_itself_is_a_multiple(own, low, high, expected):
    found = of_values(own, low, high)

    assert found is not None
    assert (found.least, found.most) == (expected.least, expected.most)


@pytest.mark.parametrize(
    ("leeway", "value", "ends"),
    [
        (Leeway(0.5, 2.0), 10.0, (5.0, 20.0)),
        (Leeway(0.5, 2.0), 0.5, (0.25, 1.0)),
        (Leeway(1.0, 1.0), 0.0, (0.0, 0.0)),
        (Leeway(0.5, math.inf), 0.0, (-math.inf, math.inf)),
        (Leeway(1.0, math.inf), -5.0, (-5.0, math.inf)),
        (Leeway(-math.inf, 1.0), -5.0, (-math.inf, -5.0)),
        (Leeway(0.5, 2.0), -5.0, (-math.inf, math.inf)),
    ],
)
def test_the_ends_around_a_value_of_0_and_less_are_itself_or_anything(leeway, value, ends):
    assert leeway.around(value) == ends
