"""Where a request waits: what was traced of each variant, drawn and in words."""

import copy

import pytest

from loadlab.measurement.documents.trace import Stage, Trace, TracedRequest
from loadlab.report.traced import Request, Stretch, TracedVariant
from tests.unit.report.examples import Resource, empty, full, report
from tests.unit.report.markup import Page
from tests.unit.report.traced_examples import PAGE, PING, TRACE, traced


def page_of(*trials: Resource) -> Page:
    resource, known = full()
    return Page(report(resource, [*known, *trials]))


def test_it_says_what_the_requests_of_each_variant_waited_for():
    text = page_of(traced("sync", trace=TRACE), traced("async", trace=TRACE)).text

    told = (
        "the event loop did not come round for 25% of the time. GET /ping took 20 ms on average, "
        "19 ms of them waiting for the event loop; GET /wells took 40 ms on average, 30 ms of "
        "them in queries."
    )
    assert f"sync workers=1: {told}" in text
    assert f"async workers=1: {told}" in text


def test_without_traces_there_is_no_such_section():
    resource, trials = full()

    assert "Where a request waits" not in report(resource, trials)
    assert "Where a request waits" not in report(empty())


def test_a_trace_that_is_missing_is_named_with_its_reason():
    lost = traced("sync", phase="Lost", reason="NoResult", message="its log was <cut>")
    other = traced("async", trace=TRACE | {"requests": "none"})
    text = page_of(lost, other).text

    assert "sync workers=1: no trace. NoResult: its log was <cut>" in text
    assert "async workers=1: no trace. it is of another release: requests" in text


def test_a_variant_without_instruments_is_named_once():
    text = page_of(traced("sync", trace=TRACE)).text

    assert text.count("Nothing to trace in async: only an image that has LoadLab's") == 1


def test_a_traced_trial_is_no_trial_of_a_block_and_in_no_figure():
    resource, known = full()
    without, beside = (
        report(resource, known),
        report(resource, [*known, traced("sync", trace=TRACE)]),
    )

    assert "After the last block: 1 trial" in beside
    assert "traced trial, in no figure" in beside
    cut = without.index('<section aria-labelledby="trials"')
    assert beside[: without.index("<nav")] == without[: without.index("<nav")]
    assert without[without.index("<main") : cut] in beside


def test_the_table_has_every_request_and_the_picture_the_first_of_them():
    late = PING | {"atUs": 900_000, "name": "GET /late"}
    page = page_of(traced("sync", trace=TRACE | {"requests": [PAGE, PING, late]}))

    assert "first 480 ms of each trace" in page.text
    table = page.text[page.text.index("each traced request") :]
    assert "GET /late" in table
    assert "GET /late, 20 ms each" not in page.text


def test_of_stages_within_each_other_the_innermost_counts():
    spans = ((Stage.SERIALISE, 10, 50), (Stage.THREAD, 20, 10), (Stage.LOOP, 30, 15))
    told = TracedRequest(process=0, name="", status=200, at_us=100, us=100, spans=spans)
    request = Request(told, 200)

    assert [(s.stage, s.start, s.end) for s in request.stretches] == [
        (None, 100, 110),
        (Stage.SERIALISE, 110, 120),
        (Stage.THREAD, 120, 130),
        (Stage.LOOP, 130, 145),
        (Stage.SERIALISE, 145, 160),
        (None, 160, 200),
    ]
    assert sum(request.us_in(stage) for stage in (*Stage, None)) == 100
    assert isinstance(request.stretches[0], Stretch)


def test_one_that_was_under_way_lasts_at_least_as_long_as_the_trace():
    under_way = {name: value for name, value in PING.items() if name != "us"}
    trace = Trace.model_validate(TRACE | {"requests": [under_way | {"status": 0}]})

    (request,) = TracedVariant("sync", trace).requests
    assert request.until == 1_000_000
    text = page_of(traced("sync", trace=trace.dump())).text
    assert "≥ 990" in text
    assert "none yet" in text


@pytest.mark.parametrize("seconds", [0, 1])
def test_whatever_numbers_a_service_tells_it_is_drawn(seconds):
    most = 2**63 - 1
    odd = copy.deepcopy(PING) | {"atUs": most, "us": most, "spans": [["query", most, most]]}
    trace = TRACE | {"seconds": seconds, "requests": [odd, PING | {"us": 0, "spans": []}]}
    trace |= {"processes": [{"process": most, "seen": most, "blocked": [[most, most]]}]}

    assert "Where a request waits" in page_of(traced("sync", trace=trace)).text


def test_names_of_routes_are_texts():
    hostile = PING | {"name": "GET /<script>alert(1)</script>"}
    resource, known = full()
    found = report(resource, [*known, traced("sync", trace=TRACE | {"requests": [hostile]})])

    assert "<script" not in found
    assert "GET /&lt;script&gt;" in found
