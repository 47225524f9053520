"""Where the truth may lie beyond a figure no claim is made, however near the replicates lie."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest

from loadlab.analysis.claim_limits import may_lie
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.open_ends import OpenEnds, open_ends
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, Figure, LatencyMs, RequestRow, ResultRow
from loadlab.model.status import ComparisonOutcome as Outcome
from loadlab.validity.judgement import ReasonKind
from tests.unit.analysis.claims import ASYNC, SYNC, rows_of, sized

NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
SPOILED = "in a replicate that is not used: 3 lost"
LITTLE, LOST = ReasonKind.LITTLE_LAW_VIOLATED, ReasonKind.WORK_NOT_PERSISTED
MORE, LESS = OpenEnds(more=True), OpenEnds(less=True)
NO_REASONS: Mapping[str, str] = MappingProxyType({})
BOTH, NONE = OpenEnds(more=True, less=True), OpenEnds()


def cell_at(cell: Cell, rate: float, cpu: float, p95: float, used: int = 5) -> list[Replicate]:
    return [
        sized(cell, block, rate * noise, cpu * noise, p95 * noise)
        for block, noise in enumerate(NOISE[:used], start=1)
    ]


def told(
    of: Sequence[Replicate], over: Sequence[Replicate], reasons: Mapping[str, str] = NO_REASONS
) -> dict[str, Comparison]:
    rows = rows_of([*over, *of])
    spoiled = [
        row.model_copy(update={"reasons": (reasons[row.cell.variant],)})
        if row.cell.variant in reasons
        else row
        for row in rows
    ]
    return {found.figure: found for found in compare_cells(spoiled, [*of, *over])}


@pytest.mark.parametrize("kind", [LITTLE, LOST])
@pytest.mark.parametrize("better", [True, False])
@pytest.mark.parametrize("is_control", [True, False])
def test_the_replicates_that_a_service_did_not_spoil_decide_nothing_in_its_favour(
    kind, better, is_control
):
    """It hung in two of five; 40 ms of the other three beside 50 were Improved."""
    own = (1030.0, 400.0, 40.0) if better else (970.0, 600.0, 60.0)
    hung, other = (SYNC, ASYNC) if is_control else (ASYNC, SYNC)
    sides = {hung: cell_at(hung, *own, used=3), other: cell_at(other, 1000, 500, 50)}
    found = told(sides[ASYNC], sides[SYNC], {hung.variant: f"{kind}: {SPOILED}"})

    worse = Outcome.IMPROVED if is_control else Outcome.REGRESSED
    for figure, words in (
        ("requestsPerSecond", "requests per second"),
        ("cpuMicros", "CPU per request"),
        ("p95Ms", "p95"),
    ):
        assert found[figure].outcome is (Outcome.INCONCLUSIVE if better else worse)
        if better:
            how = "known without the replicates that it spoiled"
            assert found[figure].why == f"{words} of {hung.title()} is {how}"
            assert found[figure].blocks_needed is None


def test_nor_are_they_equivalent():
    sides = cell_at(ASYNC, 1000, 500, 50), cell_at(SYNC, 1000, 500, 50)

    assert told(*sides)["cpuMicros"].outcome is Outcome.EQUIVALENT
    spoiled = told(*sides, {"async": f"{LITTLE}: {SPOILED}"})
    assert spoiled["cpuMicros"].outcome is Outcome.INCONCLUSIVE


def test_a_reason_of_the_replicates_in_use_leaves_no_figure_open():
    found = told(
        cell_at(ASYNC, 1000, 400, 40), cell_at(SYNC, 1000, 500, 50), {"async": f"{LITTLE}: 3 %"}
    )

    assert found["p95Ms"].outcome is found["cpuMicros"].outcome is Outcome.IMPROVED


def with_p95(why: str, ms: float) -> list[ResultRow]:
    """Return the row of a p95 that is Unsound for this, before a Sound one of 50 ms."""
    async_row, sync_row = rows_of([*cell_at(ASYNC, 1000, 500, ms), *cell_at(SYNC, 1000, 500, 50)])
    assert async_row.p95_ms is not None
    unsound = async_row.model_copy(update={"p95_ms": async_row.p95_ms.as_unsound(why)})
    return [sync_row, unsound]


UPPER = [
    ReasonKind.GENERATOR_THROTTLED,
    ReasonKind.GENERATOR_SATURATED,
    ReasonKind.WARM_UP_COUNTED,
    ReasonKind.WARM_UP_UNFINISHED,
    ReasonKind.SENT_LATE,
]


@pytest.mark.parametrize("kind", [*UPPER, ReasonKind.GROWING, ReasonKind.FAILURES_IN_LATENCY])
def test_what_is_longer_than_the_services_own_is_clearly_shorter_or_nothing(kind):
    replicates = [*cell_at(ASYNC, 1000, 500, 25), *cell_at(SYNC, 1000, 500, 50)]

    (found,) = [c for c in compare_cells(with_p95(kind, 25), replicates) if c.figure == "p95Ms"]

    assert found.outcome is (Outcome.IMPROVED if kind in UPPER else Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("kind", UPPER)
def test_it_is_never_longer_than_another(kind):
    replicates = [*cell_at(ASYNC, 1000, 500, 500), *cell_at(SYNC, 1000, 500, 50)]

    (found,) = [c for c in compare_cells(with_p95(kind, 500), replicates) if c.figure == "p95Ms"]

    assert (found.outcome, found.why) == (
        Outcome.INCONCLUSIVE,
        f"p95 of {ASYNC.title()} is Unsound: {kind}",
    )


@pytest.mark.parametrize(
    ("why", "ends", "held"),
    [
        ("GeneratorThrottled", LESS, NONE),
        ("GeneratorSaturated", LESS, NONE),
        ("WarmUpCounted", LESS, LESS),
        ("SentLate", LESS, LESS),
        ("Growing", BOTH, BOTH),
        ("", BOTH, BOTH),
        ("TooFewSamples", NONE, NONE),  # what they stray by is in the blocks
    ],
)
def test_an_unsound_p95_is_open_on_the_side_that_its_reason_leaves(why, ends, held):
    _, row = with_p95(why, 50)

    assert open_ends(row, "p95_ms") == ends
    assert open_ends(row, "p95_ms", delay_is_held=True) == held


def test_bounds_are_open_above_and_so_is_what_is_not_there_on_both_sides():
    row, _ = with_p95("SentLate", 50)
    assert row.cpu_micros is not None
    dearer = row.cpu_micros.as_lower_bound("LeavesOut")
    bound = row.model_copy(update={"cpu_micros": dearer, "p95_ms": None})

    assert open_ends(bound, "cpu_micros") == MORE
    assert open_ends(bound, "p95_ms") == BOTH
    assert open_ends(bound, "requests_per_second") == NONE
    behind = Figure(mean=1.0).as_unsound("SentLate")  # of a latency alone it is a bound
    put_off = row.model_copy(update={"requests_per_second": behind})
    assert open_ends(put_off, "requests_per_second") == BOTH


def test_requests_of_one_name_that_were_sent_late_waited_no_longer_than_they_read():
    whole = LatencyMs(avg=9, min=9, med=9, p90=9, p95=9, p99=9, max=9)
    sent = whole.model_copy(update={"p95": 2.0})
    ping = RequestRow(
        name="ping", requests=1, failed_rate=0, latency_ms=whole, latency_from_send_ms=sent
    )
    (row, _) = with_p95("SentLate", 50)
    beside = row.model_copy(update={"by_request": (ping,)})
    silent = row.model_copy(update={"by_request": (ping.model_copy(update={"latency_ms": None}),)})
    on_time = row.model_copy(
        update={"by_request": (ping.model_copy(update={"latency_from_send_ms": None}),)}
    )

    assert open_ends(beside, "ping.p95_ms") == LESS
    assert open_ends(silent, "ping.p95_ms") == open_ends(row, "ping.p95_ms") == BOTH
    assert open_ends(on_time, "ping.p95_ms") == NONE


@pytest.mark.parametrize(
    ("figure", "ends"),
    [("requests_per_second", LESS), ("cpu_micros", MORE), ("p95_ms", MORE)],
)
def test_what_a_service_spoiled_opens_the_worse_side(figure, ends):
    (row,) = rows_of(cell_at(ASYNC, 1000, 500, 50))
    spoiled = row.model_copy(update={"reasons": (f"{LOST}: {SPOILED}",)})

    assert open_ends(row, figure) == NONE
    assert open_ends(spoiled, figure) == ends
    assert open_ends(spoiled, "ping.p95_ms") == BOTH


@pytest.mark.parametrize(
    ("held", "own_first", "other_first"),
    [
        ((False, False), (False, True), (True, False)),
        ((True, False), (True, True), (True, False)),
        ((False, True), (False, True), (True, True)),
        ((True, True), (True, True), (True, True)),
    ],
)
def test_each_side_is_held_against_its_own_delay(held, own_first, other_first):
    sound, busy = with_p95("GeneratorSaturated", 50)

    assert may_lie(busy, sound, "p95_ms", held) == own_first
    assert may_lie(sound, busy, "p95_ms", held) == other_first
    assert may_lie(busy, sound, "p95_ms") == (False, True)
    assert may_lie(sound, busy, "p95_ms") == (True, False)


@pytest.mark.parametrize("better", [True, False])
def test_runs_in_which_a_service_did_not_end_by_itself_decide_nothing_in_its_favour(better):
    """It ran out of memory in two of five; 40 ms of the other three beside 50 were Improved."""
    own = (1030.0, 400.0, 40.0) if better else (970.0, 600.0, 60.0)
    sides = cell_at(ASYNC, *own, used=3), cell_at(SYNC, 1000, 500, 50)
    rows = rows_of([*sides[1], *sides[0]])
    crashed = [row.model_copy(update={"crashes": 2} if row.cell == ASYNC else {}) for row in rows]

    found = {each.figure: each for each in compare_cells(crashed, [*sides[0], *sides[1]])}

    expected = Outcome.INCONCLUSIVE if better else Outcome.REGRESSED
    assert found["p95Ms"].outcome is found["cpuMicros"].outcome is expected
