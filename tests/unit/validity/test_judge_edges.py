"""Where the rules on requests begin, worked out by hand for 1,000 requests a second of 10 users.

The bound of the counts is 5 % of 30,000, 10 in flight and half a second's 500: 2,010.
"""

from dataclasses import replace

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity import bounds
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind
from tests.unit.validity.test_families import timing_out

TOLERANCE, BROKEN = 2_010, 15_510


def reasons(trial: TrialMeasurement) -> dict[ReasonKind, Validity]:
    return {reason.kind: reason.level for reason in judge(trial).reasons}


def counted(trial: TrialMeasurement, server: int, client: float = 30_000) -> TrialMeasurement:
    counts = RequestCounts(seconds=30.0, client=client, server=server)
    return replace(trial, counts=counts, status={"2xx": 30_000})


@pytest.mark.parametrize(
    ("gap", "level"),
    [
        (TOLERANCE, None),
        (TOLERANCE + 1, Validity.SUSPECT),
        (-TOLERANCE - 1, Validity.SUSPECT),
        (BROKEN, Validity.SUSPECT),
        (BROKEN + 1, Validity.INVALID),
    ],
)
def test_counts_may_differ_by_so_much(healthy, gap, level):
    found = reasons(counted(healthy, 30_000 - gap))

    assert found.get(ReasonKind.COUNT_MISMATCH) == level


@pytest.mark.parametrize(("server", "differs"), [(6_400, False), (7_400, True)])
def test_a_rate_has_under_way_what_its_answers_take(healthy, server, differs):
    """Seen at 800/s and answers of a second: the last 875 ended after the window."""
    slow = Histogram.of([1_050_000] * 5_525)
    load = replace(healthy.load, open_model=True, virtual_users=0, rate_per_second=800.0)
    counts = RequestCounts(seconds=8.2, client=5_525, server=server)
    trial = replace(healthy, load=load, counts=counts, latency=slow, status={"2xx": 5_525})

    assert (ReasonKind.COUNT_MISMATCH in reasons(trial)) == differs


def test_requests_without_an_answer_may_be_counted_by_the_service_alone(healthy):
    trial = counted(healthy, 30_000 + TOLERANCE + 5)

    assert ReasonKind.COUNT_MISMATCH in reasons(trial)
    assert ReasonKind.COUNT_MISMATCH not in reasons(
        replace(trial, status={"2xx": 29_995, "err": 5})
    )


@pytest.mark.parametrize(("server", "differs"), [(34_900, False), (35_100, True)])
def test_a_redirect_that_was_followed_is_one_more_of_the_services(healthy, server, differs):
    """One in ten was: 3,000 more, and the bound beside them."""
    trial = replace(counted(healthy, server), redirects_followed=3_000)

    assert (ReasonKind.COUNT_MISMATCH in reasons(trial)) == differs


@pytest.mark.parametrize(("seconds", "judged"), [(0.0, False), (0.5, True)])
def test_a_window_without_length_has_no_requests(healthy, seconds, judged):
    end = healthy.first_request_epoch_seconds + seconds
    trial = replace(healthy, last_answer_epoch_seconds=end)

    assert (ReasonKind.NO_REQUESTS not in reasons(trial)) == judged


def test_half_of_all_failing_is_no_majority(healthy):
    half = replace(healthy, failed=15_000, status={"2xx": 15_000, "5xx": 15_000})
    more = replace(healthy, failed=15_001, status={"2xx": 14_999, "5xx": 15_001})

    assert bounds.FAILED_SHARE == 0.5
    assert ReasonKind.ERROR_RATE not in reasons(half)
    assert ReasonKind.ERROR_RATE in reasons(more)


def test_a_pause_of_a_tenth_of_the_time_out_is_none(healthy):
    """Of 400 ms: 40 ms, from where on k6 itself may have missed the answers."""
    at = timing_out(healthy, longest_pause_seconds=0.04)
    beyond = timing_out(healthy, longest_pause_seconds=0.0401)

    assert reasons(at)[ReasonKind.UNANSWERED] is Validity.SUSPECT
    assert reasons(beyond)[ReasonKind.UNANSWERED] is Validity.INVALID


@pytest.mark.parametrize("deployed", [True, False])
def test_only_a_service_that_ran_already_may_have_served_others(healthy, deployed):
    trial = counted(healthy, 30_000 + TOLERANCE + 1)
    trial = replace(trial, load=replace(trial.load, deployed=deployed))

    (said,) = (r.message for r in judge(trial).reasons if r.kind is ReasonKind.COUNT_MISMATCH)

    assert ("served others meanwhile" in said) is not deployed
