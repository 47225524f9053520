"""A recommendation is a sentence with its figures, and none where the data carry none."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.contenders import NOT_MET
from loadlab.analysis.pairs import Terms
from loadlab.analysis.recommendation import recommend
from loadlab.catalogue import Cell
from loadlab.model.status import (
    Bottleneck,
    Comparison,
    ComparisonOutcome,
    Confidence,
    LoadOutcome,
    Resource,
    ResultRow,
    Scaling,
)
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_best import WELLS, replicates_of

Figures = Mapping[str, tuple[float, float, float]]  # requests per second, CPU and p95 by variant
SELECT: Figures = {
    "sync": (1000.0, 1000.0, 40.0),
    "async": (1003.0, 1005.0, 40.1),
    "asyncpg": (1002.0, 680.0, 40.0),
}


def told(cells: Figures, blocks: int = 5, **change: Any) -> tuple[str, ...]:
    replicates = replicates_of(cells, blocks)
    rows = [row.model_copy(update=change) for row in rows_of(replicates)]
    compared = compare_cells(rows, replicates, own_ms=0.2)
    return recommend(rows, choose(rows, replicates, Terms(own_ms=0.2)), compared, ())


def test_the_cell_to_take_is_named_with_what_it_has_over_the_next() -> None:
    (sentence,) = told(SELECT)

    assert sentence == (
        "Take asyncpg: asyncpg has 0.68 [0.672, 0.688] of sync's CPU per request, requests per "
        "second alike, p95 alike."
    )


@pytest.mark.parametrize("of", ["first", "second"])
def test_what_the_cell_to_take_is_worse_in_is_said_whichever_is_the_control(of: str) -> None:
    """The first of the cells is the control, so that it is only ever what others are held to."""
    fast, cheap = (1200.0, 1000.0, 40.0), (1000.0, 500.0, 20.0)
    is_control = of == "first"
    cells = {"fast": fast, "cheap": cheap} if is_control else {"cheap": cheap, "fast": fast}

    (sentence,) = told(cells)

    assert sentence.startswith("Take fast: fast carries 1.2 [1.")
    assert "; but cheap, at its own rate, has 0.5 [0." in sentence
    assert " of fast's p95 and 0.5 [0." in sentence
    assert sentence.endswith(" of fast's CPU per request.")


@pytest.mark.parametrize("blocks", [1, 2, 3, 5])
def test_a_blocking_call_is_never_recommended(blocks: int) -> None:
    (sentence,) = told(WELLS, blocks)

    assert "Take blocking" not in sentence
    assert "or blocking" not in sentence


def test_two_replicates_recommend_more_of_them() -> None:
    (sentence,) = told(SELECT, blocks=2)

    assert sentence == ("Nothing tells sync, async and asyncpg apart: take 5 replicates or more.")


def test_cells_that_are_alike_are_said_to_be_so() -> None:
    (sentence,) = told({"a": (1000.0, 500.0, 40.0), "b": (1001.0, 500.5, 40.0)})

    assert sentence == "Take any of b and a: they differ by less than 5 %."


def test_what_is_not_told_apart_says_how_many_replicates_would() -> None:
    close = Comparison(
        figure="cpuMicros",
        of="b",
        over="a",
        blocks=5,
        outcome=ComparisonOutcome.INCONCLUSIVE,
        blocks_needed=23,
    )
    replicates = replicates_of({"a": (1000.0, 500.0, 40.0), "b": (1001.0, 500.5, 40.0)}, 5)
    rows = rows_of(replicates)
    further = close.model_copy(update={"blocks_needed": 80})
    tied = replace(choose(rows, replicates), among=(further, close))

    (sentence,) = recommend(rows, tied, (), ())

    assert sentence == (
        "Nothing tells b and a apart: 80 replicates would show the difference found, or that "
        "there is none."
    )


def test_where_replicates_help_in_one_figure_alone_it_is_named() -> None:
    """The fewest that any pair took in any figure were said of all of them."""
    pair = {"of": "b", "over": "a", "blocks": 5, "outcome": ComparisonOutcome.INCONCLUSIVE}
    cost = Comparison(figure="cpuMicros", blocks_needed=23, **pair)
    bound = "p95 of b is Unsound: SentLate"
    tail = Comparison(figure="p95Ms", why=bound, **pair)
    replicates = replicates_of({"a": (1000.0, 500.0, 40.0), "b": (1001.0, 500.5, 40.0)}, 5)
    rows = rows_of(replicates)
    choice = choose(rows, replicates)

    (helped,), (hidden,) = (
        recommend(rows, replace(choice, among=each), (), ()) for each in ((cost, tail), (tail,))
    )

    assert helped == (
        "Nothing tells b and a apart: 23 replicates would show whether they differ in CPU per "
        "request."
    )
    assert hidden == f"Nothing tells b and a apart in p95: {bound}."


def test_nothing_is_recommended_where_no_cell_carried_its_load() -> None:
    cells = {"a": (800.0, 500.0, 40.0), "b": (1035.0, 500.0, 40.0)}

    (sentence,) = told(cells, load=LoadOutcome.OVERLOADED)

    assert sentence == (
        "No cell is recommended: none meets all criteria and carried its load. b carried the most, "
        "1,035 requests per second."
    )


def test_nothing_is_recommended_where_all_cells_failed_their_criteria() -> None:
    rows = rows_of(replicates_of(SELECT, 5))

    assert recommend(rows, Choice(None), (), ()) == (
        "No cell is recommended: none is known to meet all criteria.",
    )


def test_the_only_cell_that_meets_the_criteria_is_named_as_that() -> None:
    replicates = replicates_of(SELECT, 5)
    rows = rows_of(replicates)
    others = dict.fromkeys(("async", "asyncpg"), NOT_MET)
    alone = choose([row for row in rows if row.cell.variant == "sync"], replicates)

    assert recommend(rows, replace(alone, set_aside=others), (), ()) == (
        "Take sync: no other cell is known to meet all criteria.",
    )


def test_nothing_is_recommended_where_nothing_is_to_be_trusted() -> None:
    replicates = replicates_of(SELECT, 5)
    rows = rows_of(replicates)

    sentences = recommend(rows, choose(rows, replicates), (), (), doubt="a build ran")

    assert sentences == ("Nothing is recommended: a build ran.",)


def test_nothing_is_said_where_nothing_was_measured() -> None:
    assert recommend([], Choice(None), (), ()) == ()


@pytest.mark.parametrize(
    ("resource", "confidence", "sentences"),
    [
        (
            Resource.SERVICE_CPU,
            Confidence.HIGH,
            (
                (
                    "async is held back by ServiceCpu (the service used 0.94 of 1 CPU): more CPU, "
                    "or less work a request, is what it would use."
                ),
            ),
        ),
        (Resource.SERVICE_CPU, Confidence.LOW, ()),
        (Resource.LOAD, Confidence.HIGH, ()),
    ],
)
def test_what_holds_the_best_cell_back_comes_with_a_remedy(
    resource: Resource, confidence: Confidence, sentences: tuple[str, ...]
) -> None:
    evidence = "the service used 0.94 of 1 CPU; also full: k6 used 87% of its CPUs"
    found = Bottleneck(name=resource, confidence=confidence, evidence=evidence)

    assert told({"async": SELECT["async"]}, bottleneck=found) == sentences


def test_a_remedy_that_is_in_doubt_is_not_recommended() -> None:
    found = Bottleneck(
        name=Resource.THREAD_POOL,
        confidence=Confidence.MEDIUM,
        evidence="no thread was free; of the time behind the queue 97% are unexplained",
        remedy="look what the threads wait for",
    )

    assert told({"async": SELECT["async"]}, bottleneck=found) == (
        "async is held back by ThreadPool (no thread was free): look what the threads wait for.",
    )


def test_cells_of_a_sweep_are_named_by_the_levels_that_differ_and_the_enough_is_told() -> None:
    rows = [
        row.model_copy(update={"cell": Cell(variant=row.cell.variant, workers=2, pool_size=size)})
        for row, size in zip(rows_of(replicates_of(SELECT, 5)), (1, 5, 10), strict=True)
    ]
    lead = Comparison(
        figure="ping.p95Ms",
        of=rows[0].cell.title(),
        over=rows[2].cell.title(),
        ratio=0.5,
        low=0.4,
        high=0.6,
        blocks=5,
        outcome=ComparisonOutcome.IMPROVED,
    )
    best = choose(rows, []).best
    assert best is not None
    best = best.model_copy(
        update={"cell": rows[0].cell.title(), "lead": lead, "tied_with": (rows[1].cell.title(),)}
    )
    law = Scaling(
        factor="workers", of="sync/poolSize=1", levels=4, recommendation="2 workers carry the most"
    )
    other = law.model_copy(update={"of": "async/poolSize=1"})

    assert recommend(rows, Choice(best), (), (other, law)) == (
        (
            "Take sync (poolSize=1), or async (poolSize=5) as well: sync (poolSize=1) has "
            "0.5 [0.4, 0.6] of asyncpg (poolSize=10)'s p95 of ping."
        ),
        "sync/poolSize=1: 2 workers carry the most.",
    )


def test_how_many_are_enough_is_told_at_the_other_levels_of_the_best_cell() -> None:
    """The first law of the variant was taken, which told of another pool."""
    rows = [
        row.model_copy(update={"cell": Cell(variant="a", workers=workers, pool_size=pool)})
        for row, (workers, pool) in zip(
            rows_of(replicates_of(SELECT, 5)), ((8, 20), (2, 5), (4, 20)), strict=True
        )
    ]
    best = choose(rows, []).best
    assert best is not None
    choice = Choice(best.model_copy(update={"cell": rows[0].cell.title(), "tied_with": ()}))
    few = Scaling(factor="workers", of="a/poolSize=5", levels=4, recommendation="2 are enough")
    many = few.model_copy(update={"of": "a/poolSize=20", "recommendation": "8 carry the most"})

    assert recommend(rows, choice, (), (few, many)) == ("a/poolSize=20: 8 carry the most.",)
    assert recommend(rows, choice, (), (few,)) == ()


def test_no_sentence_is_longer_than_the_status_takes() -> None:
    """Names of a cell have 200 characters at most."""
    rows: list[ResultRow] = [
        row.model_copy(update={"cell": Cell(variant="v" * 28 + str(n), workers=n, ms=n)})
        for n, row in enumerate(rows_of(replicates_of(SELECT, 5)))
    ]
    replicates = replicates_of(SELECT, 5)

    choice = choose(rows, replicates)

    assert choice.best is not None
    assert all(len(sentence) <= 400 for sentence in recommend(rows, choice, (), ()))
