"""What the generator may have added to latencies makes no cell slower than another."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.analysis.intervals import usable_by_cell
from loadlab.analysis.own_delays import CellDelay, delays_by_cell
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.analysis.usual_delay import usual_delay
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.model.status import Comparison, Figure, ResultRow, Standing
from loadlab.model.status import ComparisonOutcome as Outcome
from loadlab.model.status import ExpectationOutcome as Claim
from loadlab.validity.generator_rules import OwnDelay
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import ReasonKind, invalid
from tests.unit.analysis.claims import (
    ASYNC,
    CELLS,
    MEASURED,
    SYNC,
    at_rate,
    expected,
    rows_of,
    sized,
)
from tests.unit.analysis.test_late_cell import row_of

NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
BUSY, WAITED = OwnDelay(0.5, 9.0), OwnDelay(0.0, 4.8)
THROTTLED = OwnDelay(0.0, 101.5)


def trial(**changes: Any) -> TrialFigures:
    found = sized(Cell(variant="a"), 1, 100.0, 500.0, 40.0)
    return replace(found.trial, **changes)


def test_a_cell_waited_for_a_cpu_as_long_as_the_worst_of_its_replicates_that_are_used():
    found = at_rate(Cell(variant="a"), 1, 1000.0)
    spoiled = at_rate(Cell(variant="a"), 3, 1000.0, invalid(ReasonKind.FOREIGN_CPU, "others"))
    waited = [
        replace(each, trial=replace(each.trial, generator_wait_ms=ms))
        for each, ms in ((found, 0.2), (found, 3.0), (spoiled, 9.0))
    ]

    assert delays_by_cell(usable_by_cell(waited)) == {"a": CellDelay(3.0)}


@pytest.mark.parametrize(
    ("delays", "expected"),
    [
        ([None, None], None),
        ([BUSY, None, None], None),
        ([BUSY, None], BUSY),
        ([WAITED, THROTTLED, None, None], WAITED),
        ([THROTTLED, WAITED, WAITED, WAITED, None], WAITED),  # one pause is in the interval
        ([BUSY, WAITED, WAITED], WAITED),  # busy in one of three
        ([BUSY, BUSY, WAITED, WAITED], BUSY),
        ([BUSY, OwnDelay(0.3, 12.0)], OwnDelay(0.5, 12.0)),
    ],
)
def test_a_cell_has_the_delay_that_half_of_its_replicates_have(delays, expected):
    assert usual_delay([trial(own_delay=own) for own in delays]) == expected


def test_of_a_latency_it_is_the_largest_of_what_is_known():
    delay = CellDelay(12.0, BUSY)

    assert [delay.of_ms(ms) for ms in (10.0, 20.0, 60.0)] == [12.0, 12.0, 30.0]
    assert delay.told(20.0) == "k6 waited for a CPU for 12 ms (p99)"
    assert delay.told(60.0) == "k6 was short of CPU, and 30 ms may be its own"
    assert CellDelay().told(60.0) == ""


def compared(of: tuple[float, OwnDelay | None], over: tuple[float, OwnDelay | None]) -> Comparison:
    """Compare two cells of such a p95, beside a k6 that waited 3 ms and had such a delay."""
    replicates = [
        Replicate(cell, n, replace(found.trial, own_delay=own, generator_wait_ms=3.0))
        for cell, (ms, own) in ((SYNC, over), (ASYNC, of))
        for n, noise in enumerate(NOISE)
        for found in (sized(cell, n, 1000, 500, ms * noise),)
    ]
    rows = [marked(row, own) for row, (_, own) in zip(rows_of(replicates), (over, of), strict=True)]
    return next(c for c in compare_cells(rows, replicates) if c.figure == "p95Ms")


def marked(row: ResultRow, own: OwnDelay | None) -> ResultRow:
    """Mark a row's p95 as `cell_figures` does."""
    why = {BUSY: "GeneratorSaturated", THROTTLED: "GeneratorThrottled"}.get(own) if own else None
    if why is None or row.p95_ms is None:
        return row
    return row.model_copy(update={"p95_ms": row.p95_ms.as_unsound(why)})


@pytest.mark.parametrize(
    ("of", "over", "outcome"),
    [
        ((52.0, BUSY), (35.0, BUSY), Outcome.INCONCLUSIVE),  # it was Regressed: 26 may be k6's
        ((35.0, BUSY), (52.0, BUSY), Outcome.INCONCLUSIVE),
        ((52.0, BUSY), (35.0, None), Outcome.INCONCLUSIVE),
        ((52.0, None), (35.0, BUSY), Outcome.REGRESSED),
        ((35.0, BUSY), (52.0, None), Outcome.IMPROVED),
        ((90.0, BUSY), (35.0, BUSY), Outcome.REGRESSED),  # 45 at least
        ((35.0, None), (90.0, BUSY), Outcome.IMPROVED),
        ((52.0, WAITED), (35.0, WAITED), Outcome.REGRESSED),
        ((39.0, WAITED), (35.0, None), Outcome.INCONCLUSIVE),  # three waits of 1.6 ms
        ((130.0, THROTTLED), (35.0, None), Outcome.INCONCLUSIVE),
        ((5000.0, THROTTLED), (2500.0, None), Outcome.REGRESSED),
        ((35.0, BUSY), (35.0, BUSY), Outcome.INCONCLUSIVE),
    ],
)
def test_a_latency_is_longer_by_what_is_left_without_the_generators_own(of, over, outcome):
    found = compared(of, over)

    assert found.outcome is outcome
    assert (found.blocks_needed is None) or outcome is Outcome.INCONCLUSIVE


def test_what_hides_a_difference_is_told():
    assert (
        compared((52.0, BUSY), (35.0, None)).why
        == "p95 of async/workers=1 is Unsound: GeneratorSaturated"
    )
    assert compared((39.0, WAITED), (35.0, None)).why == (
        "k6 was short of CPU, and 4.8 ms may be its own: it may be all of the difference"
    )


def p95_beside(*generators: dict[str, float]) -> Figure:
    """Return the p95 of a cell in replicates beside such generators, of an open load."""
    trials = [
        replace(
            MEASURED,
            load=replace(MEASURED.load, open_model=True),
            latency=Histogram.of([40_000] * 1000),
            generator=replace(MEASURED.generator, **changes),
        )
        for changes in generators
    ]
    found = row_of(*[JudgedTrial(each, judge(each)) for each in trials]).p95_ms
    assert found is not None
    return found


FIT: dict[str, float] = {}
FULL, LATE, STOPPED = {"cpu_share": 0.7}, {"sched_wait_p99_ms": 5.0}, {"throttled_share": 0.02}


@pytest.mark.parametrize(
    ("generators", "why"),
    [
        ([FULL] * 5, "GeneratorSaturated"),
        ([FULL] * 3 + [FIT] * 2, "GeneratorSaturated"),
        ([FULL] * 2 + [FIT] * 3, None),
        ([FULL] + [LATE] * 4, None),
        ([LATE] * 5, None),  # what it waited is known, and held against
        ([{"sched_wait_share": 0.2}] * 5, "GeneratorSaturated"),
        ([STOPPED] * 3 + [FIT] * 2, "GeneratorThrottled"),
        ([STOPPED] * 2 + [FIT] * 3, None),
        ([STOPPED] + [FIT] * 4, None),  # it was Unsound, and its cell set aside
        ([STOPPED, FIT], "GeneratorThrottled"),
        ([FULL | STOPPED] * 5, "GeneratorThrottled"),
    ],
)
def test_a_p95_is_unsound_beside_a_generator_that_was_busy_or_stopped_in_half_of_them(
    generators, why
):
    found = p95_beside(*generators)

    assert (found.standing, found.why) == (Standing.UNSOUND if why else Standing.SOUND, why)


@pytest.mark.parametrize(
    ("over", "of", "outcome"),
    [
        ([0.5] * 5, [15.0] * 5, Claim.INCONCLUSIVE),
        ([0.5] * 5, [0.5] * 5, Claim.REPRODUCED),
        ([0.5] * 5, [15.0, 15.0, 15.0, 0.5, 0.5], Claim.INCONCLUSIVE),
        ([0.5] * 5, [15.0, 15.0, 0.5, 0.5, 0.5], Claim.REPRODUCED),  # it is in the interval
    ],
)
def test_what_k6_waited_for_a_cpu_may_be_all_that_two_latencies_differ_by(over, of, outcome):
    """112 and 100 ms of services of 100 ms reproduced `atLeast: 1.05`."""
    sides = [
        replace(
            sized(cell, n, 100.0, 500.0, ms * noise),
            trial=replace(sized(cell, n, 100.0, 500.0, ms * noise).trial, generator_wait_ms=wait),
        )
        for cell, ms, waits in ((ASYNC, 112.0, of), (SYNC, 100.0, over))
        for n, (noise, wait) in enumerate(zip(NOISE, waits, strict=True))
    ]

    ratio = expected(ratio="latencyMs.p95", atLeast=1.05)
    found = judge_expectation(ratio, CELLS, sides)

    assert found.outcome is outcome
    assert ("(k6 waited for a CPU)" in found.note) is (outcome is Claim.INCONCLUSIVE)
    alone = expected(metric="latencyMs.p95", atLeast=100)
    assert (
        judge_expectation(alone, CELLS, sides).outcome is Claim.REPRODUCED
    )  # k6's own part is in it, as the method says
