"""A claim is decided by what a figure that is a bound can show, and by none of another thing."""

from dataclasses import replace

import pytest

from loadlab.analysis.claim_standing import Known
from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.catalogue import Cell
from loadlab.model.status import ExpectationOutcome as Outcome
from loadlab.model.status import ExpectationResult, Validity
from loadlab.validity.judgement import Judgement, Reason, ReasonKind
from tests.unit.analysis.claims import (
    ASYNC,
    CELLS,
    SYNC,
    at_rate,
    expected,
    judge,
    rows_of,
    two_sides,
)

OF, OVER = "async/workers=1", "sync/workers=1"
LIMITED = "GeneratorSaturated"


def claimed(of: float, over: float, *bounds: str, **fields: object) -> ExpectationResult:
    """Hold a claim against 3 blocks of two sides; `bounds` are limited by the generator."""
    known = dict.fromkeys(bounds, LIMITED)
    sides = two_sides([of] * 3, [over] * 3)
    return judge_expectation(expected(**fields), CELLS, sides, known=Known(bounds=known))


@pytest.mark.parametrize("bound", [{"atLeast": 1.5}, {"atMost": 1.25}, {"atMost": 0.5}])
def test_what_the_generator_limited_on_both_sides_says_nothing(bound):
    """k6 sent 3,000 and 2,950 a second: it was Contradicted and Reproduced."""
    found = claimed(3000, 2950, OF, OVER, **bound)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note == (
        "only a lower bound of requestsPerSecond is known of async/workers=1 (GeneratorSaturated) "
        "and sync/workers=1 (GeneratorSaturated)"
    )
    assert found.ratio == pytest.approx(3000 / 2950)


# The ratio is 2, and 2 or more where `of` is a bound, 2 or less where `over` is one.
@pytest.mark.parametrize(
    ("bound", "of", "over"),
    [
        ({"atLeast": 1.5}, Outcome.REPRODUCED, Outcome.INCONCLUSIVE),
        ({"atMost": 1.5}, Outcome.CONTRADICTED, Outcome.INCONCLUSIVE),
        ({"atLeast": 2.5}, Outcome.INCONCLUSIVE, Outcome.CONTRADICTED),
        ({"atMost": 2.5}, Outcome.INCONCLUSIVE, Outcome.REPRODUCED),
        ({"atLeast": 1.5, "atMost": 2.5}, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
    ],
)
def test_a_bound_on_one_side_decides_in_its_direction(bound, of, over):
    assert claimed(2000, 1000, OF, **bound).outcome is of
    assert claimed(2000, 1000, OVER, **bound).outcome is over


@pytest.mark.parametrize(
    ("bound", "outcome"),
    [
        ({"atLeast": 900}, Outcome.REPRODUCED),
        ({"atMost": 900}, Outcome.CONTRADICTED),
        ({"atLeast": 1100}, Outcome.INCONCLUSIVE),
        ({"atMost": 1100}, Outcome.INCONCLUSIVE),
    ],
)
def test_a_figure_alone_that_is_a_bound_may_be_larger(bound, outcome):
    found = claimed(1000, 1000, OF, metric="requestsPerSecond", **bound)

    assert found.outcome is outcome


def test_a_bound_of_the_rate_is_none_of_the_cost():
    for bound in ({"atMost": 1.1}, {"atLeast": 0.9}):
        found = claimed(1000, 1000, OF, OVER, ratio="cpuMicrosPerRequest.service", **bound)

        assert (found.outcome, found.note) == (Outcome.REPRODUCED, "")


def test_of_several_cells_that_are_bounds_one_a_side_is_named():
    cells = [Cell(variant=name, workers=n) for name in ("async", "sync") for n in (1, 2)]
    places = [at_rate(cell, block, 1000) for cell in cells for block in (1, 2, 3)]
    known = {cell.title(): LIMITED for cell in cells}
    found = judge_expectation(
        expected(atLeast=0.5), tuple(cells), places, known=Known(bounds=known)
    )

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note == (
        "only a lower bound of requestsPerSecond is known of async/workers=1 (GeneratorSaturated) "
        "and sync/workers=1 (GeneratorSaturated)"
    )


def test_an_interval_that_reaches_across_a_bound_is_narrowed_by_replicates_all_the_same():
    sides = two_sides([1900, 2000, 2100], [1000] * 3)

    found = judge_expectation(
        expected(atLeast=1.9), CELLS, sides, known=Known(bounds={OF: LIMITED})
    )

    assert "reaches across a bound" in found.note


def test_bounds_are_those_of_the_rows():
    rows = rows_of(two_sides([3000] * 3, [2950] * 3))
    rate = rows[0].requests_per_second
    assert rate is not None
    limited = rows[0].model_copy(update={"requests_per_second": rate.as_lower_bound(LIMITED)})

    assert Known.of([limited, rows[1]]) == Known(bounds={OF: LIMITED})


def test_a_percentile_with_failed_answers_in_it_has_no_value():
    mixed = Reason(ReasonKind.FAILURES_IN_LATENCY, Validity.SUSPECT, "…")
    sides = two_sides([1000] * 3, [1000] * 3)
    spoiled = [
        replace(r, trial=replace(r.trial, judgement=Judgement((mixed,)))) if r.cell == SYNC else r
        for r in sides
    ]

    found = judge(spoiled, ratio="latencyMs.p95", atMost=2)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note.endswith("something else was measured (FailuresInLatency)")
    assert judge(sides, ratio="latencyMs.p95", atMost=2).outcome is Outcome.REPRODUCED


@pytest.mark.parametrize("request_name", [None, "ping"])
@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atMost": 20}, Outcome.REPRODUCED),  # it was "something else was measured (SentLate)"
        ({"atMost": 7}, Outcome.INCONCLUSIVE),
        ({"atLeast": 7}, Outcome.INCONCLUSIVE),
        ({"atLeast": 5}, Outcome.REPRODUCED),
        ({"atMost": 5}, Outcome.CONTRADICTED),
    ],
)
def test_a_latency_of_requests_that_were_sent_late_lies_between_two(request_name, bounds, outcome):
    """10 ms from when they were planned, of which 4 ms were spent before the send."""
    (known, *_) = two_sides([1000], [1000])
    whole = known.trial.latency_ms
    assert whole is not None
    sent = whole.model_copy(update={"p95": 6.0})
    fields = (
        {"latency_by_request": {"ping": whole}, "from_send_by_request": {"ping": sent}}
        if request_name
        else {"from_send_ms": sent}
    )
    late = [Replicate(ASYNC, n, replace(known.trial, **fields)) for n in (1, 2, 3)]
    asked = {"request": request_name} if request_name else {}

    p95 = judge(late, metric="latencyMs.p95", **bounds, **asked)
    p99 = judge(late, metric="latencyMs.p99", atLeast=9, **asked)

    assert p95.outcome is outcome
    if outcome is Outcome.INCONCLUSIVE:
        assert p95.note.startswith(
            "latencyMs.p95 of async/workers=1 is more than the service's own (SentLate): give the "
        )
    assert p99.outcome is Outcome.REPRODUCED


@pytest.mark.parametrize(
    ("fields", "of", "over"),
    [
        ({"atLeast": 1.5}, Outcome.INCONCLUSIVE, Outcome.REPRODUCED),
        ({"atMost": 2.5}, Outcome.REPRODUCED, Outcome.INCONCLUSIVE),
        ({"atMost": 1.5}, Outcome.INCONCLUSIVE, Outcome.CONTRADICTED),
        ({"atLeast": 2.5}, Outcome.CONTRADICTED, Outcome.INCONCLUSIVE),
    ],
)
def test_runs_in_which_the_service_did_not_end_by_itself_tell_of_the_better_ones(fields, of, over):
    """Its ratio of rates is 2, and may be less of a side that crashed in other runs."""
    sides = two_sides([2000] * 3, [1000] * 3)
    found = [
        judge_expectation(expected(**fields), CELLS, sides, known=Known(crashes={title: 2}))
        for title in (OF, OVER)
    ]

    assert [each.outcome for each in found] == [of, over]
    for each, title in zip(found, (OF, OVER), strict=True):
        if each.outcome is Outcome.INCONCLUSIVE:
            assert each.note == (
                f"the service of {title} ended by itself in 2 runs, whose requestsPerSecond is not "
                "known and may be less"
            )


def test_what_a_crash_left_unknown_of_a_latency_or_a_cost_is_more():
    sides = two_sides([1000] * 3, [1000] * 3)
    fields = {"metric": "cpuMicrosPerRequest.service"}

    ends = [
        judge_expectation(
            expected(**fields, **bound), CELLS, sides, known=Known(crashes={OF: 1})
        ).outcome
        for bound in ({"atMost": 1e9}, {"atLeast": 1e-9})
    ]

    assert ends == [Outcome.INCONCLUSIVE, Outcome.REPRODUCED]


def test_crashes_are_those_of_the_rows():
    rows = rows_of(two_sides([3000] * 3, [2950] * 3))

    known = Known.of([rows[0].model_copy(update={"crashes": 3}), rows[1]])

    assert known == Known(crashes={rows[0].cell.title(): 3})
