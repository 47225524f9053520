"""The first sentence says what the comparisons of the chosen pair say, and of no other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.recommendation import MOST_CHARACTERS, recommend
from loadlab.analysis.short_names import Names
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, ComparisonOutcome, LoadOutcome
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_best import replicates_of

TWO_RATES = {"a": (1200.0, 500.0, 40.0), "b": (1000.0, 500.0, 40.0), "c": (900.0, 500.0, 40.0)}
EQUALS = {"a": (1000.0, 500.0, 40.0), "b": (1001.0, 500.5, 40.0)}
IMPROVED, REGRESSED = ComparisonOutcome.IMPROVED, ComparisonOutcome.REGRESSED
ALIKE, OPEN = ComparisonOutcome.EQUIVALENT, ComparisonOutcome.INCONCLUSIVE


def compared(
    figure: str, outcome: ComparisonOutcome, of: str = "b", over: str = "a", **fields: Any
) -> Comparison:
    ends = {"ratio": 1.25, "low": 1.2, "high": 1.3, "blocks": 5}
    return Comparison(figure=figure, of=of, over=over, outcome=outcome, **(ends | fields))


LEAD = compared("requestsPerSecond", IMPROVED, of="a", over="b")
DEARER = compared("cpuMicros", REGRESSED)


def told(comparisons: Sequence[Comparison], *prices: Comparison) -> str:
    """Recommend `a`, which is ahead of `b` and is the control of all comparisons."""
    replicates = replicates_of(TWO_RATES, 5)
    rows = rows_of(replicates)
    best = choose(rows, replicates).best
    assert best is not None
    best = best.model_copy(update={"cell": "a", "lead": LEAD, "tied_with": ()})
    (sentence,) = recommend(rows, Choice(best, prices=prices), comparisons, ())
    return sentence


AHEAD = "Take a: a carries 1.25 [1.2, 1.3] times the requests per second of b"


def test_what_others_have_of_the_control_is_turned_where_it_is_ahead() -> None:
    """1 / 1.25 [1.2, 1.3]."""
    others = compared("cpuMicros", REGRESSED, of="c")
    open_one = compared("ping.p95Ms", OPEN)

    assert told([others, DEARER, compared("p95Ms", ALIKE), open_one]) == (
        f"{AHEAD}, 0.8 [0.769, 0.833] of its CPU per request, p95 alike."
    )


def test_a_price_that_stands_beside_the_lead_is_said_once() -> None:
    said = told([DEARER], DEARER)

    assert said == f"{AHEAD}, 0.8 [0.769, 0.833] of its CPU per request."


@pytest.mark.parametrize(
    ("figures", "where"),
    [
        (("requestsPerSecond", "cpuMicros"), ", at its own rate,"),
        (("ping.p95Ms",), ""),
        (("requestsPerSecond",), ""),
    ],
    ids=["one depends on the rate", "of requests beside the load", "the rate itself"],
)
def test_what_depends_on_its_rate_is_said_at_which_one_it_was_seen(
    figures: Sequence[str], where: str
) -> None:
    prices = [compared(figure, IMPROVED) for figure in figures]

    assert f"; but b{where} has 1.25 [1.2, 1.3] of a's " in told([], *prices)


def tied(*unclear: Comparison) -> str:
    replicates = replicates_of(EQUALS, 5)
    rows = rows_of(replicates)
    (sentence,) = recommend(rows, replace(choose(rows, replicates), among=unclear), (), ())
    return sentence


FEW, LATE = "3 replicates are too few", "p95 of b is Unsound: SentLate"


@pytest.mark.parametrize(
    ("unclear", "end"),
    [
        ([("p95Ms", LATE, 3), ("cpuMicros", FEW, 3)], ": take 5 replicates or more."),
        ([("p95Ms", LATE, 3)], f" in p95: {LATE}."),
        ([("p95Ms", FEW, 5)], f" in p95: {FEW}."),
    ],
    ids=["one lacks replicates", "another reason", "there are enough"],
)
def test_more_replicates_are_asked_for_where_they_are_few_and_that_is_why(
    unclear: Sequence[tuple[str, str, int]], end: str
) -> None:
    among = [compared(figure, OPEN, why=why, blocks=blocks) for figure, why, blocks in unclear]

    assert tied(*among) == f"Nothing tells b and a apart{end}"


def test_a_cell_that_carried_nothing_that_is_known_did_not_carry_the_most() -> None:
    rows = [
        row.model_copy(update={"load": LoadOutcome.OVERLOADED, "requests_per_second": rate})
        for row in rows_of(replicates_of({"a": (0.5, 500.0, 40.0), "b": (0.4, 500.0, 40.0)}, 5))
        for rate in (row.requests_per_second if row.cell.variant == "a" else None,)
    ]

    (sentence,) = recommend(list(reversed(rows)), Choice(None), (), ())

    assert " a carried the most, " in sentence


@pytest.mark.parametrize(("beyond", "is_cut"), [(0, False), (1, True)])
def test_a_sentence_of_four_hundred_characters_fits(beyond: int, *, is_cut: bool) -> None:
    replicates = replicates_of(EQUALS, 5)
    rows = rows_of(replicates)
    alone = choose(rows[:1], replicates)
    why = "x" * (MOST_CHARACTERS - len("Take a: b .") + beyond)

    (sentence,) = recommend(rows, replace(alone, set_aside={"b": why}), (), ())

    assert len(sentence) == 400
    assert sentence.endswith("…") is is_cut


def test_names_have_the_levels_that_tell_cells_apart_and_no_others() -> None:
    cells = [Cell(variant="a", workers=workers, ms=5) for workers in (1, 2)]
    rows = [
        row.model_copy(update={"cell": cell})
        for row, cell in zip(rows_of(replicates_of(EQUALS, 5)), cells, strict=True)
    ]

    assert Names(rows)[cells[0].title()] == "a (workers=1)"


@pytest.mark.parametrize(
    ("titles", "words"),
    [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c"), ("abcd", "a, b, c and 1 more")],
)
def test_three_are_named_and_the_others_counted(titles: str, words: str) -> None:
    assert Names(()).several(list(titles)) == words
