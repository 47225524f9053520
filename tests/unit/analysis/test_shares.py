"""The interval of a count is Clopper's and Pearson's, and never of no width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.shares import exact_interval, share_above_0, share_estimate

# proportion_confint(events, of, 1 - confidence, method="beta") of statsmodels 0.14.
ORACLE = {
    (0, 20, 0.95): (0.0, 0.16843347098308534),
    (1, 20, 0.95): (0.0012650894979498038, 0.24873276277202783),
    (1, 20, 0.90): (0.0025613787765302806, 0.21610616420684733),
    (5, 100, 0.95): (0.016431879182052155, 0.11283491110546276),
    (50, 100, 0.95): (0.39832112950330095, 0.6016788704966991),
    (100, 100, 0.95): (0.9637833073548235, 1.0),
    (3, 10_000, 0.95): (6.187148574838713e-05, 0.0008764745225140008),
    (5_000, 1_000_000, 0.95): (0.004862691820452957, 0.005140187265579256),
    (500_000, 1_000_000, 0.95): (0.49901951919531184, 0.5009804808046882),
}


@pytest.mark.parametrize(("count", "expected"), ORACLE.items())
def test_the_exact_interval_is_that_of_the_oracle(count, expected):
    assert exact_interval(*count) == pytest.approx(expected, rel=1e-7)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 500)), min_size=1, max_size=6))
def test_no_count_has_an_interval_of_no_width(counts):
    found = share_estimate(counts)

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.high - found.low > 1 / sum(of for _, of in counts)


@given(st.permutations([(0, 100), (3, 90), (50, 110)]))
def test_the_order_of_the_replicates_means_nothing(counts):
    assert share_estimate(counts) == share_estimate([(0, 100), (3, 90), (50, 110)])


def test_nothing_to_count_has_no_share():
    assert share_estimate([]) is None
    assert share_estimate([(0, 0)]) is None


def test_a_share_of_nothing_counts_as_half_an_event():
    assert share_above_0(3, 1000) == 0.003
    assert share_above_0(0, 1000) == pytest.approx(0.5 / 1000.5)
