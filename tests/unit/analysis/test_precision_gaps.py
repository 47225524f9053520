"""Precision names the cells that have no interval, and makes up for the blocks that they lost."""

import math

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.analysis.precision import judge_precision, plan_precision
from loadlab.catalogue import Cell
from loadlab.model.status import Figure, LoadOutcome, PrecisionResult, ResultRow
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_precision import plan_of

NAMES = ("sync", "async", "asyncpg")
SPREAD = (0.0, 0.005, 0.01)


def replicates_of(usable: dict[str, set[int]], *names: str) -> list[Replicate]:
    return [
        sized(Cell(variant=name, workers=1), block, 1000.0, 100 * math.exp(SPREAD[block - 1]), 5.0)
        for name in names or NAMES
        for block in sorted(usable.get(name, {1, 2, 3}))
    ]


def planned(usable: dict[str, set[int]], **wanted: object) -> PrecisionResult:
    replicates = replicates_of(usable)
    found = plan_precision(plan_of(wanted, replicates=3), rows_of(replicates), replicates)
    assert found is not None
    return found


def judged(
    replicates: list[Replicate], rows: list[ResultRow], former: PrecisionResult | None = None
) -> PrecisionResult:
    found = judge_precision(plan_of(replicates=3, chosen=3), former, rows, replicates)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("usable", "needed"),
    [
        ({"asyncpg": {1, 3}}, 4),
        ({"asyncpg": {3}}, 5),
        ({"sync": {1, 2}, "asyncpg": {2, 3}}, 5),  # they share one block
    ],
)
def test_a_cell_with_too_few_blocks_takes_those_that_it_lacks(usable, needed):
    found = planned(usable)

    assert (found.needed, found.blocks) == (needed, needed)
    assert found.message.startswith(f"cpuMicros within 5 % takes {needed} replicates of each cell")
    assert "asyncpg/workers=1" in found.message


def test_without_a_control_too() -> None:
    replicates = replicates_of({"sync": {1, 2}}, "sync")
    found = plan_precision(plan_of(replicates=3), rows_of(replicates), replicates)

    assert found is not None
    assert found.needed == 4


def test_what_may_be_spent_binds_them_too_and_the_cell_is_named() -> None:
    found = planned({"asyncpg": {1, 3}}, maxReplicates=3)

    assert (found.needed, found.blocks, found.limited_by) == (4, 3, "precision.maxReplicates")
    assert found.message == (
        "cpuMicros within 5 % takes 4 replicates of each cell; 3 are made, as many as "
        "precision.maxReplicates allows; no interval so far: asyncpg/workers=1"
    )


def test_at_the_end_what_has_no_interval_is_not_known() -> None:
    """ "known within 3 % after 3 replicates" was said of it too."""
    replicates = replicates_of({"asyncpg": {1, 3}})

    found = judged(replicates, rows_of(replicates), planned({"asyncpg": {1, 3}}, maxReplicates=3))

    assert found.achieved is not None
    assert found.needed == 4
    assert found.message.endswith(
        " after 3 replicates, but not of asyncpg/workers=1: without an interval (status.results "
        "says why); 5 % takes 4: raise precision.maxReplicates"
    )


def with_one_overloaded() -> tuple[list[Replicate], list[ResultRow]]:
    replicates = replicates_of({})
    *rows, last = rows_of(replicates)
    return replicates, [*rows, last.model_copy(update={"load": LoadOutcome.OVERLOADED})]


def test_one_that_no_block_makes_known_asks_for_nothing_and_is_named() -> None:
    replicates, rows = with_one_overloaded()
    found = plan_precision(plan_of(replicates=3), rows, replicates)
    (of, *_) = [row.cell.title() for row in rows if row.load is LoadOutcome.OVERLOADED]

    assert found is not None
    assert found.blocks == 3
    assert found.message == (
        "cpuMicros within 5 % takes no more than the first 3 replicates; no number of them gives "
        f"an interval: {of}"
    )
    end = judged(replicates, rows).message
    assert f", but not of {of}: without an interval" in end
    assert "takes" not in end


def test_nor_do_its_lost_blocks() -> None:
    replicates = replicates_of({"asyncpg": {1, 3}})
    rows = [
        row.model_copy(update={"load": LoadOutcome.OVERLOADED})
        if row.cell.variant == "asyncpg"
        else row
        for row in rows_of(replicates)
    ]

    found = plan_precision(plan_of(replicates=3), rows, replicates)

    assert found is not None
    assert found.needed == 3


def test_one_without_any_usable_block_lacks_none_that_would_be_made_up_for() -> None:
    replicates = replicates_of({})
    usable = [each for each in replicates if each.cell.variant != "asyncpg"]

    found = plan_precision(plan_of(replicates=3), rows_of(replicates), usable)

    assert found is not None
    assert found.needed == 3
    assert found.message.endswith("gives an interval: asyncpg/workers=1")


@pytest.mark.parametrize(
    ("why", "needed"), [("TooFewSamples", 3), ("SentLate", None), ("Growing", None)]
)
def test_more_blocks_have_more_samples_of_a_p95_and_mend_nothing_else(why, needed):
    replicates = replicates_of({}, "sync", "async")
    rows = [
        row.model_copy(update={"p95_ms": unsound(row.p95_ms, why)}) for row in rows_of(replicates)
    ]

    found = plan_precision(plan_of({"figure": "p95Ms"}, replicates=3), rows, replicates)
    cost = plan_precision(plan_of(replicates=3), rows, replicates)

    assert found is not None
    assert found.needed == needed
    assert cost is not None
    assert cost.needed == 3


def unsound(figure: Figure | None, why: str) -> Figure | None:
    return figure and figure.as_unsound(why)


@pytest.mark.parametrize(("more", "end"), [(2, "v1/workers=1, v2/workers=1"), (3, " and 1 more")])
def test_two_are_named(more: int, end: str) -> None:
    names = [f"v{number}" for number in range(more + 1)]
    replicates = replicates_of({name: {1, 3} for name in names[1:]}, *names)

    found = plan_precision(plan_of(replicates=3), rows_of(replicates), replicates)

    assert found is not None
    assert found.message.endswith(end)


def test_many_of_them_are_counted_and_the_sentence_fits() -> None:
    """Names of a cell have 200 characters at most, the status 300 for all."""
    names = [f"{'v' * 28}{number}" for number in range(9)]
    lost = {name: {1, 2} for name in names[1:]}
    cells = [(Cell(variant=name, workers=1, pool_size=123_456), name) for name in names]
    replicates = [
        sized(cell, block, 1000.0, 100 * math.exp(SPREAD[block - 1]), 5.0)
        for cell, name in cells
        for block in sorted(lost.get(name, {1, 2, 3}))
    ]
    plan = plan_of({"halfWidth": "0.1%"}, replicates=3)
    found = plan_precision(plan, rows_of(replicates), replicates)

    assert found is not None
    told = ", ".join(f"{name}/workers=1/poolSiz…" for name in names[1:3])
    assert found.message.endswith(f": {told} and 6 more")
    assert len(found.message) <= 300
    assert len(judged(replicates, rows_of(replicates), found).message) <= 300
