"""A lower bound of the latency is what was waited for, and nothing else."""

import copy
from dataclasses import replace

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import ALL_ANSWERED, Latency, Unanswered
from loadlab.measurement.requests_by_name import named_requests
from loadlab.measurement.trial import measure_trial
from loadlab.measurement.values import TrialMeasurement
from tests.manifests import Json
from tests.unit.conftest import split

ANSWERS_US = [9_000 + i * 2 for i in range(940)]
RESET = {"class": "err", "text": "read: connection reset by peer", "requests": 60}
TIMED_OUT = [
    "request timeout",
    "dial: i/o timeout",
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    "HTTPConnectionPool(host='t', port=8000): Read timed out. (read timeout=20.0)",
]


def with_failed(document, status_class: str, failures: list[Json], took_us=1_000):
    """940 answers of 10 ms, and 60 requests of another class."""
    measure = document["scenarios"]["measure"]
    measure |= {"requests": 1000, "failed": 60, "iterations": 1000, "failures": failures}
    measure["status"] = {"2xx": 940, status_class: 60}
    measure["splits"] = [split("2xx", ANSWERS_US), split(status_class, [took_us] * 60)]
    return document


def measured(report, document, load) -> TrialMeasurement:
    trial = measure_trial([report(document)], 1, load)
    assert isinstance(trial, TrialMeasurement)
    return trial


def test_six_percent_of_resets_at_once_are_failures_as_503s_are(document, report, load):
    refused = with_failed(copy.deepcopy(document), "5xx", [])
    reset = with_failed(document, "err", [RESET])

    quick, lost = (measured(report, each, load) for each in (refused, reset))

    assert lost.latency_ms == quick.latency_ms
    assert lost.latency_ms is not None
    assert lost.latency_ms.p95 == pytest.approx(10.8, rel=0.02)
    assert lost.latency_ms.lower_bound_above is None
    assert lost.failed == quick.failed == 60


@pytest.mark.parametrize("text", [*TIMED_OUT, "other errors"])
def test_what_timed_out_took_the_time_out_at_least(document, report, load, text):
    failures = [RESET | {"requests": 20}, {"class": "err", "text": text, "requests": 40}]
    trial = measured(report, with_failed(document, "err", failures), load)

    assert (trial.without_answer.requests, trial.without_answer.after_ms) == (40, 20_000.0)
    assert trial.latency_ms is not None
    assert trial.latency_ms.lower_bound_above == pytest.approx(100 * 940 / 980)


@pytest.mark.parametrize(
    "text",
    [
        "dial: connection refused",
        "EOF",
        "not sent: invalid URL",
        "Max retries exceeded with url: /timeout (Caused by NewConnectionError('refused'))",
    ],
)
def test_what_ended_at_once_is_no_time_out(document, report, load, text):
    failures = [{"class": "err", "text": text, "requests": 60}]

    trial = measured(report, with_failed(document, "err", failures), load)

    assert trial.without_answer == ALL_ANSWERED


def test_a_generator_that_tells_no_reasons_may_have_timed_out(document, report, load):
    assert measured(report, with_failed(document, "err", []), load).without_answer.requests == 60


def by_name(document, load, failures, quick_us=1_000) -> dict[str, int]:
    measure = with_failed(document, "err", failures)["scenarios"]["measure"]
    slow, quick = split("err", [20_000_000] * 20), split("err", [quick_us] * 40)
    measure["splits"] = [
        split("2xx", ANSWERS_US),
        slow | {"name": "slow"},
        quick | {"name": "quick"},
    ]
    named = named_requests([K6Document.model_validate(document)], load)
    return {name: found.without_answer.requests for name, found in named.items()}


@pytest.mark.parametrize(
    ("reset", "waited"), [(60, (0, 0)), (40, (20, 0)), (0, (20, 40))], ids=["all", "some", "none"]
)
def test_of_several_names_each_has_its_own_time_outs(document, load, reset, waited):
    failures = [RESET | {"requests": reset}] if reset else []
    failures += [{"class": "err", "text": "request timeout", "requests": 60 - reset}]

    assert by_name(document, load, failures) == {
        "request": 0, "slow": waited[0], "quick": waited[1],
    }  # fmt: skip


def test_what_took_less_than_half_of_the_time_out_was_no_time_out(document, load):
    """9 of 20 s: a connection that a proxy gave up."""
    failures = [RESET | {"requests": 40}, {"class": "err", "text": TIMED_OUT[0], "requests": 20}]

    assert by_name(document, load, failures, quick_us=9_000_000)["quick"] == 0


def flow(document: Json, iterations: int) -> Json:
    """900 answers; 50 users were cut off when the graceful stop was over."""
    answers = ANSWERS_US[:900]
    document["scenarios"]["measure"] |= {
        "requests": 900, "iterations": iterations, "interruptedIterations": 50,
        "status": {"2xx": 900}, "splits": [split("2xx", answers)],
    }  # fmt: skip
    return document


@pytest.mark.parametrize(("steps", "iterations"), [(2, 900), (10, 65)])
def test_users_cut_off_among_steps_with_pauses_are_no_time_outs(
    document, report, load, steps, iterations
):
    flowing = replace(load, steps=steps)
    trial = measured(report, flow(document, iterations), flowing)

    assert trial.without_answer == ALL_ANSWERED
    assert trial.latency_ms is not None
    assert trial.latency_ms.p95 < 500
    assert f"50 iterations of {steps} steps were cut off" in trial.notes[0]


def test_of_a_script_of_ones_own_no_steps_are_told(document, report, load):
    trial = measured(report, flow(document, 900), replace(load, steps=1, own_script=True))

    assert trial.notes[0].startswith("50 iterations were cut off at the end")


def test_a_single_request_that_was_cut_off_was_waited_for_since_before_the_end(
    document, report, load
):
    trial = measured(report, flow(document, iterations=900), load)

    assert (trial.without_answer.requests, trial.without_answer.after_ms) == (50, 20_000.0)
    assert trial.notes == ()


@pytest.mark.parametrize(("cut", "matters"), [(9, False), (10, True)])
def test_of_a_hundred_one_that_is_cut_off_matters(document, report, load, cut, matters):
    """990 answers, and 10 requests under way as the load ended, for which nobody waited."""
    answers = [9_000 + place for place in range(990)]
    document["scenarios"]["measure"] |= {
        "requests": 990, "iterations": 990, "interruptedIterations": cut,
        "status": {"2xx": 990}, "splits": [split("2xx", answers)],
    }  # fmt: skip

    found = measured(report, document, replace(load, graceful_stop_ms=0.0)).without_answer
    assert found.cut == (cut if matters else 0)


def test_a_user_cut_off_in_the_pause_after_a_single_request_had_its_answer(document, report, load):
    trial = measured(report, flow(document, iterations=850), load)

    assert trial.without_answer == ALL_ANSWERED


@pytest.mark.parametrize(("cut", "known"), [(60, 93.75), (10, 100 * 900 / 910), (9, None)])
def test_what_is_cut_off_as_the_load_ends_may_have_been_the_longest(
    document, report, load, cut, known
):
    """60 of 960 is as of wrk with 4 connections, a service of 200 ms, and 3 s."""
    flowing = flow(document, iterations=900)
    flowing["scenarios"]["measure"]["interruptedIterations"] = cut
    impatient = replace(load, graceful_stop_ms=0.0)

    latency = measured(report, flowing, impatient).latency_ms

    assert latency is not None
    assert latency.lower_bound_above == known
    assert latency.is_lower_bound("p95") is (cut == 60)
    assert latency.is_lower_bound("p99") is (known is not None)


def test_of_time_outs_and_cut_ones_both_are_bounds():
    missing = Unanswered.total([Unanswered(requests=10, after_ms=500.0), Unanswered(cut=20)])
    latency = Latency(Histogram.of([1_000] * 970), missing)

    assert (missing.requests, missing.after_ms, missing.cut) == (10, 500.0, 20)
    assert latency.known_percent == 97.0
    assert latency.percentile_ms(50) == 1.0
