"""Percentiles over replicates are those of the row, and a bound is never drawn as a value."""

import re
from typing import Any

import pytest

from loadlab.analysis.percentiles import mean_latency
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered, latency_ms
from loadlab.model.status import Validity
from loadlab.report.stored import StoredTrial
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind
from tests.unit.report.examples import Resource, full, report, row, trial
from tests.unit.report.markup import Page

CELL = row("sync", 1, 600)["cell"]
EVEN = [7_177] * 1_000
SLOW = [7_177] * 800 + [73_700] * 200


def timed(number: int, values_us: list[int], **measured: Any) -> Resource:
    found = trial(number, CELL, 600)
    stored = found["status"]["measurement"]
    stored["measurement"] |= {"latency": Histogram.of(values_us).encode(), **measured}
    stored["judgement"] = {"reasons": []}
    return found


def judged(number: int, kind: str, family: str) -> Resource:
    found = timed(number, EVEN)
    found["status"]["measurement"]["judgement"]["reasons"] = [{"kind": kind, "family": family}]
    return found


def told(*trials: Resource) -> str:
    return Page(report(full()[0], list(trials))).text


def lines(*trials: Resource) -> list[str]:
    html = report(full()[0], list(trials))
    section = html[html.index('id="percentiles"') : html.index('id="trials"')]
    return re.findall(r'<polyline class="([^"]*)"', section)


def test_a_percentile_is_the_mean_of_the_replicates_as_in_the_row():
    values = [EVEN, EVEN, SLOW]
    row_of = mean_latency([found for v in values if (found := latency_ms(Histogram.of(v)))])
    pooled = Histogram.of([each for v in values for each in v])

    text = told(*(timed(n, v) for n, v in enumerate(values, 1)))

    assert row_of is not None
    assert [f"{each:.3g}" for each in (row_of.p95, pooled.percentile_us(95) / 1000)] == [
        "15.6",
        "73.7",
    ]
    assert "sync workers=1 3 3,000 7.18 7.18 15.6 15.6 15.6 - - 73.7" in text


def test_a_trial_that_does_not_count_has_no_part_in_it():
    void = timed(3, [9_000_000] * 100)
    void["status"] |= {"phase": "Invalid", "validity": "Invalid"}

    text = told(timed(1, EVEN), timed(2, EVEN), void)

    assert "sync workers=1 2 2,000 7.18 7.18 7.18 7.18 7.18 - - 7.18" in text


def test_each_trial_has_its_own_thin_line():
    found = lines(timed(1, EVEN * 10), timed(2, SLOW * 10))

    assert found == ["s1 thin", "s1 thin dotted"] * 2


def test_requests_without_an_answer_are_a_bound_in_table_line_and_trial():
    lonely = timed(1, [1_000] * 9_000, without_answer={"requests": 1_000, "after_ms": 20_000.0})
    lonely["status"]["p95Ms"] = 20_000.0

    text = told(lonely, timed(2, EVEN), timed(3, EVEN))

    p95 = (20_000 * 7.177**2) ** (1 / 3)
    assert f"sync workers=1 3 12,000 3.72 3.72 3.72 > {p95:.0f} > {p95:.0f} - - > 20,000" in text
    assert "20,005" not in text
    assert lines(lonely) == ["s1 thin", "s1 thin dashed"]
    assert "sync workers=1, replicate 2: > 20,000 ms, Valid" in text
    assert "p95 ms > 20,000" in text
    assert "A hollow mark without a cross is a lower bound." in text


@pytest.mark.parametrize("kind", ["DroppedIterations", "RateNotReached", "Growing"])
def test_latencies_of_a_load_that_was_not_carried_are_bounds(kind):
    text = told(judged(1, kind, "Service"), timed(2, EVEN), timed(3, EVEN))

    assert f"sync workers=1 3 3,000 {'> 7.18 ' * 5}- - > 7.18" in text
    assert lines(judged(1, kind, "Service")) == ["s1 thin dashed"]


@pytest.mark.parametrize("kind", list(ReasonKind))
@pytest.mark.parametrize("family", list(Family))
def test_the_report_calls_a_bound_what_the_row_does(kind, family):
    """The report may not judge, so it reads the reasons; both must say the same of each."""
    judgement = Judgement((Reason(kind, Validity.SUSPECT, "why", family),))
    is_bound = judgement.is_growing or judgement.is_latency_cut

    assert StoredTrial.of(judged(1, kind, family)).p95_is_bound is is_bound


def test_requests_that_were_cut_off_leave_bounds_as_in_the_row():
    """582 answers of 10 ms, 58 of 1 s and 64 cut off: the report had a p95 without `>`."""
    values = [10_000] * 582 + [1_000_000] * 58
    trial = timed(1, values, without_answer={"requests": 0, "after_ms": 0.0, "cut": 64})
    stored = StoredTrial.of(trial).measurement
    row = latency_ms(Histogram.of(values), Unanswered(cut=64))

    assert stored is not None
    assert row is not None
    assert stored.lower_bound_above == row.lower_bound_above
    assert [stored.is_lower_bound(p) for p in (50, 90, 95)] == [False, True, True]
    assert lines(trial) == ["s1 thin", "s1 thin dashed"]


def test_a_bound_above_a_percentile_leaves_the_ones_below_it_known():
    without = Unanswered(requests=1, after_ms=20_000.0)
    stored = StoredTrial.of(
        timed(1, EVEN, without_answer={"requests": 1, "after_ms": 20_000.0})
    ).measurement

    assert stored is not None
    known = latency_ms(Histogram.of(EVEN), without)
    assert known is not None
    assert stored.lower_bound_above == known.lower_bound_above
    assert (stored.is_lower_bound(95), stored.is_lower_bound(99.95)) == (False, True)
