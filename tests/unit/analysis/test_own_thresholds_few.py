"""What few checks and few values of a script's own leave open is not passed by chance."""

import random

import pytest

from loadlab.analysis.shares import exact_interval
from loadlab.measurement.documents import K6Document
from loadlab.measurement.own_script import ScriptBound, script_facts
from loadlab.model.status import CriterionOutcome, CriterionResult, LoadExperimentStatus
from tests.unit.analysis.test_own_thresholds import analysed, checked, waited
from tests.unit.measurement.test_own_script import bound, document
from tests.unit.measurement.test_script_trends import trend

Outcome = CriterionOutcome
FAST, SLOW = 2.0, 2_000.0
TIMES = 100


def told(*scripts: tuple[ScriptBound, ...]) -> CriterionResult:
    status: LoadExperimentStatus = analysed(*scripts, replicates=len(scripts))
    (criterion,) = status.criteria
    return criterion


def timed(values: list[float], threshold: str) -> tuple[ScriptBound, ...]:
    """As a trial keeps what the output of k6 says of a trend."""
    found: K6Document = document([bound("waited", threshold)], trends={"waited": trend(values)})
    facts = script_facts([found])
    assert facts is not None
    return facts.bounds


@pytest.mark.parametrize(
    ("passed", "of", "threshold", "outcome"),
    [
        (30, 30, "rate>0.99", Outcome.INCONCLUSIVE),  # of 90 none may fail in 4 %
        (30, 30, "rate>0.95", Outcome.PASSED),
        (1000, 1000, "rate>0.99", Outcome.PASSED),
        (990, 1000, "rate>0.995", Outcome.FAILED),
        (30, 30, "rate<0.9", Outcome.FAILED),
        (27, 30, "rate<0.95", Outcome.INCONCLUSIVE),
        (30, 30, "rate==1", Outcome.PASSED),  # of what was counted, as no interval excludes it
        (30, 30, "rate>=1", Outcome.PASSED),
        (29, 30, "rate>=1", Outcome.FAILED),
        (29, 30, "rate==1", Outcome.FAILED),
        (0, 30, "rate<=0", Outcome.PASSED),
        (30, 30, "rate<=1", Outcome.PASSED),
    ],
)
def test_checks_have_the_error_of_how_many_there_were(passed, of, threshold, outcome):
    """Of 3 x 30 that all passed rate>0.99 was Passed, and as failures the same is undecided."""
    found = told(*[checked(passed, of, threshold)] * 3)

    assert found.outcome is outcome
    assert found.note.startswith("the replicates reach") is (outcome is Outcome.INCONCLUSIVE)


def test_checks_of_which_one_replicate_fails_many_have_its_spread():
    found = told(checked(900, 1000, "rate>0.95"), *[checked(1000, 1000, "rate>0.95")] * 2)

    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_busy_generator_lengthens_no_share_of_checks():
    status = analysed(*[checked(500, 1000, "rate<0.4")] * 3, generator={"cpu_share": 0.95})

    assert status.criteria[0].outcome is Outcome.FAILED


@pytest.mark.parametrize(("replicates", "values"), [(5, 74), (1, 368), (3, 400)])
def test_a_tail_of_its_own_is_passed_by_chance_no_more_often_than_it_says(replicates, values):
    """Where 15 in a thousand take 2 s it was Passed in 16 of 100 experiments of 5 x 74."""
    chance = random.Random(20261130)

    def trial() -> tuple[ScriptBound, ...]:
        return timed(
            [SLOW if chance.random() < 0.015 else FAST for _ in range(values)], "p(99)<100"
        )

    passed = sum(
        told(*(trial() for _ in range(replicates))).outcome is Outcome.PASSED for _ in range(TIMES)
    )

    assert exact_interval(passed, TIMES)[0] <= 0.025


@pytest.mark.parametrize(
    ("fast", "slow", "threshold", "outcome"),
    [
        (4_800, 0, "p(99)<100", Outcome.PASSED),
        (4_765, 35, "p(99)<100", Outcome.PASSED),
        (4_735, 65, "p(99)<100", Outcome.FAILED),
        (4_752, 48, "p(99)<100", Outcome.INCONCLUSIVE),
        (40, 0, "p(99)<100", Outcome.INCONCLUSIVE),
        (0, 40, "p(99)<100", Outcome.FAILED),  # each is slow: the p99 is no less
        (40, 0, "p(100)<100", Outcome.PASSED),
        (40, 0, "p(99)==2", Outcome.PASSED),
    ],
)
def test_a_tail_of_its_own_is_decided_where_its_values_show_it(fast, slow, threshold, outcome):
    found = told(*[timed([FAST] * fast + [SLOW] * slow, threshold)] * 5)

    assert found.outcome is outcome
    assert found.note.startswith("so few values lie about") is (outcome is Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("given", "threshold", "outcome"),
    [
        ([0.0] * 400, "p(95)<1", Outcome.PASSED),
        ([0.0] * 20, "p(95)<1", Outcome.INCONCLUSIVE),
        ([-5.0] * 400, "p(95)<1", Outcome.PASSED),
        ([-5.0] * 400, "p(5)>1", Outcome.FAILED),
        ([500_000.0] * 400, "p(95)<600000", Outcome.PASSED),
        ([-5.0] + [3.0] * 20, "p(10)>1", Outcome.INCONCLUSIVE),
    ],
)
def test_values_that_no_histogram_holds_are_bounded_as_well(given, threshold, outcome):
    assert told(timed(given, threshold)).outcome is outcome


@pytest.mark.parametrize(("threshold", "metric"), [("p(95)<100", "waited"), ("rate>0.9", "checks")])
def test_a_trial_of_an_earlier_release_does_not_say_of_how_many_it_tells(threshold, metric):
    value = 0.99 if metric == "checks" else 10.0
    found = told(*[waited(value, threshold, metric)] * 3)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "earlier release" in found.note
