"""Requests between the two snapshots: how many ended, failed and succeeded."""

import copy
from typing import Any

import pytest

from loadlab.measurement.documents import K6Document, Snapshot
from loadlab.measurement.request_counts import RequestCounts, count_requests, requests_between
from loadlab.measurement.usage import measure_components
from tests.unit.conftest import START, document_of, snapshot_of, with_failures


@pytest.mark.parametrize(
    ("server", "failed", "unanswered", "succeeded"),
    [
        (1010, 0, 0, 1010),
        (None, 400, 0, 600),
        (0, 400, 0, 600),
        (1000, 480, 0, 520),
        (1010, 500, 0, 505),
        (900, 500, 0, 450),
        # Refused connections were never seen by the service, time-outs were.
        (500, 500, 500, 500),
        (1000, 500, 500, 500),
        (900, 1000, 1000, 0),
        # One time-out among many does not make the client's count the better one.
        (1010, 1, 1, 1008.99),
    ],
    ids=["none", "untold", "no instruments", "503s", "edges", "fewer seen", "refused", "timed out",
         "all", "one"],
)  # fmt: skip
def test_cpu_is_shared_out_over_what_succeeded(server, failed, unanswered, succeeded):
    counts = RequestCounts(
        seconds=10, client=1000, server=server, failed=failed, unanswered=unanswered
    )

    assert counts.succeeded == pytest.approx(succeeded, rel=1e-6)


def test_of_two_requests_one_may_have_been_answered():
    counts = RequestCounts(seconds=10, client=2, server=3, failed=1, unanswered=1)

    assert counts.succeeded == 1.5


def test_what_is_not_told_is_none():
    counts = RequestCounts(seconds=10, client=1000)

    assert (counts.load, counts.failed, counts.unanswered, counts.server) == (0, 0, 0, None)


def edges(
    requests: tuple[int | None, int | None] = (4000, 5000), end: float = 10
) -> tuple[Snapshot, Snapshot]:
    bodies = [snapshot_of("start", 0, 1, 4000), snapshot_of("end", end, 1.5, 5000)]
    for body, count in zip(bodies, requests, strict=True):
        body["components"]["service"]["requests"] = count
    first, last = (Snapshot.model_validate(body) for body in bodies)
    return first, last


def documents(failed: int = 0, **status: int) -> list[K6Document]:
    body = with_failures(document_of([2000] * 520), failed)
    body["scenarios"]["measure"]["status"] |= status
    return [K6Document.model_validate(body)]


def test_48_of_100_cheap_failures_make_no_request_cheaper():
    """0.5 s of CPU over 1,000 requests were 500 µs; over the 520 that succeeded they are 962."""
    start, end = edges()
    counts = count_requests(start, end, documents(480))

    usage = measure_components(start, end, counts)["service"]
    assert usage.cpu_micros_per_request == pytest.approx(961.5, abs=0.1)


def test_both_sides_are_counted():
    counts = count_requests(*edges(), documents(480, err=100))

    assert counts is not None
    assert (counts.seconds, counts.server) == (10, 1000)
    assert (counts.client, counts.load) == pytest.approx((1000, 1000), rel=0.01)
    assert counts.failed == pytest.approx(0.48 * counts.client)
    assert counts.unanswered == pytest.approx(0.1 * counts.client)


def of_an_open_load(late: int, failed: int) -> list[K6Document]:
    """1,000 answers in ten seconds, and so many that came 20 s after the last of them."""
    body = with_failures(document_of([2000] * 1000), 0)
    measured = body["scenarios"]["measure"]
    measured["series"].append({"t": START + 30, "n": late, "err": failed})
    measured |= {"requests": 1000 + late, "failed": failed, "lastSampleUs": (START + 31) * 10**6}
    measured["status"] |= {"err": failed}
    return [K6Document.model_validate(body)]


def test_what_is_answered_after_the_last_snapshot_makes_no_request_cheaper():
    """Neither by the service's count nor by k6's: their CPU is not in the window either."""
    for served in ((4000, 5000), (None, None)):
        start, end = edges(served)
        counts = count_requests(start, end, of_an_open_load(200, 0))

        usage = measure_components(start, end, counts)["service"]
        assert usage.cpu_micros_per_request == pytest.approx(500, rel=0.01)


def test_what_times_out_after_the_last_snapshot_makes_no_request_dearer():
    """50 of 1,050 requests: their share of those before had made 500 µs 525."""
    start, end = edges()
    counts = count_requests(start, end, of_an_open_load(50, 50))

    assert counts is not None
    assert (counts.failed, counts.unanswered) == (0, 0)
    usage = measure_components(start, end, counts)["service"]
    assert usage.cpu_micros_per_request == pytest.approx(500, rel=0.001)


def without_their_moments(failed: int, kind: str) -> list[K6Document]:
    """700 answers in ten seconds, and so many that no second tells of, as of hey."""
    body = document_of([2000] * 700)
    measured = body["scenarios"]["measure"]
    measured |= {"requests": 700 + failed, "failed": failed}
    measured["status"][kind] += failed
    return [K6Document.model_validate(body)]


def test_failures_of_which_no_second_tells_are_counted_beside_the_answers():
    """300 refused of 1,000: with the answers for all, 490 of the 700 had been the good ones."""
    start, end = edges((4000, 4700))
    counts = count_requests(start, end, without_their_moments(300, "err"))

    assert counts is not None
    assert (counts.client, counts.failed, counts.unanswered) == pytest.approx(
        (1000, 300, 300), rel=0.01
    )
    assert counts.succeeded == pytest.approx(700, rel=0.01)


def test_in_half_of_their_time_half_of_them_failed():
    start, end = edges((4000, 4350), end=5)
    counts = count_requests(start, end, without_their_moments(300, "err"))

    assert counts is not None
    assert (counts.failed, counts.unanswered) == pytest.approx((150, 150), rel=0.01)


def test_failures_of_which_seconds_tell_half_all_count():
    body = with_failures(document_of([2000] * 520), 240, "err")
    measured = body["scenarios"]["measure"]
    measured |= {"requests": 1000, "failed": 480}
    measured["status"]["err"] = 480
    counts = count_requests(*edges(), [K6Document.model_validate(body)])

    assert counts is not None
    assert (counts.failed, counts.unanswered) == pytest.approx((480, 480), rel=0.01)


def test_what_has_no_answer_and_did_not_fail_is_no_failure():
    """A script takes for a failure what it likes."""
    counts = count_requests(*edges(), documents(0, err=100))

    assert counts is not None
    assert (counts.failed, counts.unanswered) == (0, 0)


@pytest.mark.parametrize("failed", [0, 480])
def test_a_generator_that_tells_no_class_of_requests_without_answer_had_none(failed):
    body = with_failures(document_of([2000] * 520), failed)
    del body["scenarios"]["measure"]["status"]["err"]
    counts = count_requests(*edges(), [K6Document.model_validate(body)])

    assert counts is not None
    assert counts.unanswered == 0


@pytest.mark.parametrize(("end", "is_known"), [(0, False), (-1, False), (0.5, True)])
def test_a_window_has_a_length(end, is_known):
    assert (count_requests(*edges(end=end), documents()) is not None) is is_known


@pytest.mark.parametrize(
    ("requests", "served"),
    [((4000, 5000), 1000), ((4000, 4000), 0), ((4000, 3999), None), ((None, 5), None),
     ((5, None), None)],
)  # fmt: skip
def test_a_counter_that_is_unknown_or_ran_backwards_counts_nothing(requests, served):
    counts = count_requests(*edges(requests), documents())

    assert counts is not None
    assert counts.server == served


def test_a_service_that_an_edge_does_not_know_counts_nothing():
    start, end = edges()
    bare = Snapshot.model_validate(snapshot_of("start", 0, 1, 4000) | {"components": {}})

    for pair in ((bare, end), (start, bare.model_copy(update={"taken_at": START + 10.0}))):
        counts = count_requests(*pair, documents())

        assert counts is not None
        assert counts.server is None


def with_scenarios(**changes: dict[str, Any]) -> K6Document:
    body = document_of([2000] * 1000)
    measured = body["scenarios"]["measure"]
    for name, change in changes.items():
        body["scenarios"][name] = copy.deepcopy(measured) | change
    return K6Document.model_validate(body)


ALL_FAILED = [{"t": START + s, "n": 100, "err": 100} for s in range(10)]


@pytest.mark.parametrize("series", [None, [], ALL_FAILED], ids=["as others", "untold", "failed"])
def test_the_script_that_takes_snapshots_makes_no_requests_of_the_load(series):
    seconds = {} if series is None else {"series": series}
    counts = count_requests(
        *edges(), [with_scenarios(edges={"failed": 1000} | seconds, side={"failed": 500})]
    )

    assert counts is not None
    assert counts.client == pytest.approx(2000, rel=0.01)
    assert counts.load == pytest.approx(1000, rel=0.01)
    assert counts.failed == pytest.approx(500, rel=0.01)


def test_a_scenario_that_sent_nothing_adds_nothing():
    idle = with_scenarios(side={"requests": 0, "failed": 0, "series": []})
    counts = count_requests(*edges(), [idle])

    assert counts is not None
    assert (counts.failed, counts.unanswered) == (0, 0)


@pytest.mark.parametrize(
    ("first", "last", "counted"), [(-5, 15, 500), (0, 10, 1000), (3, 3, 0), (20, 30, 0)]
)
def test_a_scenario_without_seconds_is_shared_out_over_its_time(first, last, counted):
    times = {
        "firstStartUs": round((START + first) * 1e6),
        "lastSampleUs": round((START + last) * 1e6),
    }
    found = with_scenarios(measure=times | {"series": []})

    assert requests_between([found], START, START + 10) == pytest.approx(counted)
