"""What is kept of values about a percentile bounds each rank, and takes little room."""

import json
import math
from dataclasses import replace

import pytest

from loadlab.measurement.nearby import Nearby
from loadlab.measurement.own_script import ScriptBound, ScriptFacts
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judged_trial import JudgedTrial, dump_trial, load_trial
from loadlab.validity.judgement import Judgement
from tests.unit.measurement.test_own_script import bound, document, facts_of

COUNT = 10_000


def squares(rank: int) -> tuple[float, float]:
    return float(rank**2), float(rank**2)


@pytest.mark.parametrize("percent", [1.0, 50.0, 99.0, 99.9])
@pytest.mark.parametrize("count", [1, 30, COUNT])
def test_a_rank_lies_between_what_is_kept_of_it(percent, count):
    known = Nearby.of(count, percent, squares)

    for rank in range(1, count + 1):
        assert known.no_less_than(rank) <= rank**2 <= known.no_more_than(rank)


def test_around_few_values_each_of_them_is_kept():
    known = Nearby.of(74, 99.0, squares)

    assert [math.sqrt(known.no_less_than(rank)) for rank in (71, 72, 73)] == [71, 72, 73]
    assert known.no_more_than(74) == 74**2
    assert known.no_less_than(1) == -math.inf
    assert known.no_more_than(75) == math.inf
    assert known.lowest == 0


@pytest.mark.parametrize(("least", "lowest"), [(0.0, 0.0), (0.5, 0.0), (-0.001, -math.inf)])
def test_no_value_lies_below_0_but_where_one_does(least, lowest):
    assert Nearby.of(3, 50.0, lambda _: (least, 1.0)).lowest == lowest


def test_six_ranks_are_kept_on_each_side_and_the_outermost_three_deviations_away():
    """A standard deviation of a p99 of 10,000 values is 9.95 ranks."""
    known = Nearby.of(COUNT, 99.0, squares)

    assert [rank for rank, _ in known.below] == [9_869, 9_879, 9_889, 9_894, 9_897, 9_899]
    assert [rank for rank, _ in known.above] == [9_901, 9_903, 9_906, 9_911, 9_921, 9_931]


def test_no_rank_lies_before_the_first():
    assert Nearby.of(30, 1.0, squares).below == ((1, 1.0),)


def test_the_nearer_to_the_percentile_the_closer_a_rank_is_known():
    """Of 10,000 values a p99 is known to ten ranks: half a standard deviation is five."""
    known = Nearby.of(COUNT, 99.0, squares)

    assert math.sqrt(known.no_more_than(9_903)) <= 9_906
    assert math.sqrt(known.no_less_than(9_881)) >= 9_879


def test_of_ranks_that_have_one_value_the_outermost_is_kept():
    known = Nearby.of(COUNT, 99.0, lambda rank: (2.0, 2.0) if rank < 9_915 else (3.0, 3.0))

    assert known.below == ((9_869, 2.0),)
    assert known.above == ((9_911, 2.0), (9_931, 3.0))


def test_what_lies_beyond_a_histogram_is_not_known():
    known = Nearby.of(100, 99.0, lambda rank: (-math.inf, math.inf) if rank > 99 else (1.0, 1.0))

    assert known.no_more_than(100) == math.inf
    assert known.no_less_than(100) == 1.0
    assert (100, None) in known.above
    below_0 = Nearby.of(3, 50.0, lambda _: (-5.0, 0.001))
    assert below_0.lowest == -math.inf


def test_a_percentile_and_checks_tell_of_how_many_values_they_are():
    asked = [bound("waited", "p(90)<95"), bound("waited", "p(100)<1"), bound("checks", "rate>0.9")]
    checks = {"is 200": {"passed": 9, "failed": 1}}
    tail, longest, share = facts_of(*[document(asked, checks=checks)] * 2).bounds

    assert tail.nearby is not None
    assert tail.nearby.count == 200
    assert tail.nearby.no_less_than(180) == pytest.approx(90, rel=0.02)
    assert longest.nearby is None
    assert share.checks == (18, 20)


def test_twenty_of_them_are_stored_as_they_are(healthy: TrialMeasurement):
    known = Nearby.of(COUNT, 99.0, lambda rank: (rank * 1.25, rank * 1.5))
    one = ScriptBound(metric="waited", threshold="p(99)<1", value=1.5, nearby=known)
    script = ScriptFacts(bounds=(one,) * 20)
    stored = dump_trial(JudgedTrial(replace(healthy, script=script), Judgement()))

    assert load_trial(stored).measurement.script == script
    written = json.dumps(stored["measurement"]["script"], separators=(",", ":"), allow_nan=False)
    assert len(written) < 6_000
