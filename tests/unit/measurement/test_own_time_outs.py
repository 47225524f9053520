"""A script gives each request the time-out that it likes: what was waited for is what it took."""

from dataclasses import replace

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.latency import Unanswered
from loadlab.measurement.requests_by_name import named_requests
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from tests.unit.conftest import distribution, split

ANSWERS_US = [20_000] * 900
AFTER_TWO_SECONDS = [2_000_000 + i for i in range(100)]


@pytest.fixture
def scripted(load):
    return replace(load, own_script=True, timeout_ms=60_000.0)


def lost(values_us, timed_out: int, name: str = "request"):
    return split("err", values_us) | {"timedOut": timed_out, "name": name}


def measured(document, report, load, *others) -> TrialMeasurement:
    """900 answers of 20 ms, and others that had none."""
    number = sum(each["requests"] for each in others)
    measure = document["scenarios"]["measure"]
    measure |= {"requests": 900 + number, "failed": number, "iterations": 900 + number}
    measure |= {"status": {"2xx": 900, "err": number}, "failures": []}
    measure["splits"] = [split("2xx", ANSWERS_US), *others]
    trial = measure_trial([report(document)], 1, load)
    assert isinstance(trial, TrialMeasurement)
    return trial


def test_a_time_out_of_two_seconds_is_no_latency_of_sixty(document, report, scripted):
    trial = measured(document, report, scripted, lost(AFTER_TWO_SECONDS, 100))

    assert trial.latency_ms is not None
    assert trial.latency_ms.p95 == trial.latency_ms.max == pytest.approx(2_000, rel=0.001)
    assert trial.latency_ms.avg == pytest.approx(218, rel=0.001)
    assert trial.latency_ms.lower_bound_above == 90.0


def test_beside_resets_all_time_outs_count_by_name_and_in_all(document, report, scripted):
    parts = lost(AFTER_TWO_SECONDS, 100, "slow"), lost([1_000] * 50, 0, "slow")
    trial = measured(document, report, scripted, *parts)

    assert trial.without_answer.requests == 100
    named = named_requests([K6Document.model_validate(document)], scripted)
    assert named["slow"].without_answer == trial.without_answer
    assert trial.without_answer.after_ms == pytest.approx(2_000, rel=0.001)


def test_failures_without_a_text_that_ended_at_once_are_no_time_outs(document, report, scripted):
    """A script that takes no answer for a failure tells no text of any."""
    trial = measured(document, report, scripted, lost([1_000] * 100, 0))

    assert trial.without_answer == Unanswered()


def test_of_one_that_had_no_connection_in_time_nothing_is_known(document, report, scripted):
    part = lost([1] * 40 + [2_000_000] * 60, 100)
    part["http_req_total"] = distribution([300] * 40 + [2_000_000] * 60)
    trial = measured(document, report, scripted, part)

    assert (trial.without_answer.requests, trial.without_answer.cut) == (60, 40)
    assert trial.without_answer.after_ms == pytest.approx(2_000, rel=0.001)


def test_the_time_out_of_our_own_requests_is_as_planned(document, report, load):
    trial = measured(document, report, load, lost([19_999_000] * 100, 100), lost([9_000], 0))

    assert (trial.without_answer.requests, trial.without_answer.after_ms) == (100, 20_000.0)
