"""A tail that is at most what was seen sets its cell aside for none that is worse."""

from collections.abc import Mapping

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.first_sentence import first_sentence
from loadlab.analysis.pairs import Terms
from loadlab.analysis.short_names import Names
from loadlab.model.status import LoadOutcome, ResultRow, Standing
from loadlab.validity.judgement import ReasonKind
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_best import replicates_of

Figures = Mapping[str, tuple[float, float, float]]  # requests per second, CPU and p95 by variant
WARM, CUT = ReasonKind.WARM_UP_COUNTED, ReasonKind.UNANSWERED
AT_MOST = [
    ReasonKind.GENERATOR_THROTTLED,
    ReasonKind.GENERATOR_SATURATED,
    WARM,
    ReasonKind.WARM_UP_UNFINISHED,
    ReasonKind.SENT_LATE,
]


def marked(row: ResultRow, whys: Mapping[str, str]) -> ResultRow:
    """Return a row at a rate that all were offered, its p95 not known where a reason says so."""
    why, tail = whys.get(row.cell.variant), row.p95_ms
    if why and tail:
        tail = tail.as_lower_bound(why) if why == CUT else tail.as_unsound(why)
    return row.model_copy(update={"load": LoadOutcome.KEPT, "p95_ms": tail})


def chosen(cells: Figures, whys: Mapping[str, str], *, tail_is_kept: bool = False) -> Choice:
    replicates = replicates_of(cells, 5)
    rows = [marked(row, whys) for row in rows_of(replicates)]
    return choose(rows, replicates, Terms(tail_is_kept=tail_is_kept))


@pytest.mark.parametrize("why", AT_MOST)
def test_one_that_is_clearly_shorter_wins(why: str) -> None:
    """ "Take b: a has no known p95" was said of 20 ms at most beside 40."""
    found = chosen({"a": (500.0, 120.0, 20.0), "b": (500.0, 100.0, 40.0)}, {"a": why})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with, found.set_aside) == ("a", (), {})
    assert found.best.alternatives == ("b",)
    assert found.best.lead is not None
    assert (found.best.lead.over, found.best.lead.figure) == ("b", "p95Ms")


@pytest.mark.parametrize("tail_is_kept", [True, False])
@pytest.mark.parametrize("why", AT_MOST)
def test_one_that_reads_longer_is_tied_and_not_preferred_by_its_cost(
    why: str, tail_is_kept: bool
) -> None:
    cells = {"a": (500.0, 80.0, 44.0), "b": (500.0, 100.0, 40.0)}

    found = chosen(cells, {"a": why}, tail_is_kept=tail_is_kept)

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with, found.set_aside) == ("b", ("a",), {})
    assert not found.are_alike
    (open_one,) = found.undecided
    assert (open_one.of, open_one.over, open_one.figure) == ("b", "a", "p95Ms")
    assert open_one.why == f"p95 of a is Unsound: {why}"


def test_one_that_reads_as_short_takes_part_in_what_decides_next() -> None:
    found = chosen({"a": (500.0, 80.0, 41.0), "b": (500.0, 100.0, 40.0)}, {"a": WARM})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with, found.undecided) == ("a", (), ())
    assert found.best.lead is not None
    assert found.best.lead.figure == "cpuMicros"


def test_it_is_held_against_the_shortest_of_those_that_are_known() -> None:
    cells = {"a": (500.0, 80.0, 43.0), "b": (500.0, 100.0, 40.0), "c": (500.0, 100.0, 41.5)}

    found = chosen(cells, {"a": WARM})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with) == ("b", ("c", "a"))


def test_it_is_held_against_none_of_which_the_truth_may_be_less() -> None:
    cells = {"a": (500.0, 100.0, 38.5), "b": (500.0, 100.0, 40.0), "c": (500.0, 80.0, 41.0)}

    found = chosen(cells, {"a": WARM, "c": WARM})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with) == ("c", ())


def test_cost_decides_among_the_others_beside_one_that_reads_longer() -> None:
    cells = {"a": (500.0, 90.0, 90.0), "b": (500.0, 100.0, 40.0), "c": (500.0, 120.0, 40.0)}
    replicates = replicates_of(cells, 5)
    rows = [marked(row, {"a": WARM}) for row in rows_of(replicates)]

    found = choose(rows, replicates)

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with) == ("b", ("a",))
    assert found.best.lead is not None
    assert (found.best.lead.over, found.best.lead.figure) == ("c", "cpuMicros")
    said = first_sentence(rows, found, (), Names(rows))
    assert said.startswith("Take b: b has 0.83")
    assert said.endswith("; nothing tells a from it in p95: p95 of a is Unsound: WarmUpCounted.")


def test_where_all_are_at_most_what_was_seen_cost_decides_as_before() -> None:
    """So it is in the demo, where k6 waits in every latency and all keep a criterion."""
    cells = {"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 20.0)}
    late = dict.fromkeys("ab", ReasonKind.SENT_LATE)

    kept, open_ones = chosen(cells, late, tail_is_kept=True), chosen(cells, late)

    assert kept.best is not None
    assert (kept.best.cell, kept.best.tied_with) == ("b", ())
    assert open_ones.best is not None
    assert (open_ones.best.cell, open_ones.best.tied_with) == ("a", ("b",))
    assert open_ones.undecided == ()


def test_a_lower_bound_is_set_aside_beside_one_that_is_known() -> None:
    cells = {"a": (500.0, 90.0, 44.0), "b": (500.0, 100.0, 40.0), "c": (500.0, 90.0, 38.0)}

    found = chosen(cells, {"a": WARM, "c": CUT})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with) == ("b", ("a",))
    assert found.set_aside == {"c": "has no known p95 (Unanswered)"}


def test_a_rate_that_is_a_bound_still_decides_nothing_about_tails() -> None:
    """Where all rates are bounds the tails decide, as they did."""
    replicates = replicates_of({"a": (500.0, 120.0, 20.0), "b": (500.0, 100.0, 40.0)}, 5)
    rows = [
        row.model_copy(update={"requests_per_second": row.requests_per_second.as_lower_bound("K6")})
        for row in rows_of(replicates)
        if row.requests_per_second
    ]

    found = choose(rows, replicates)

    assert all(row.p95_ms and row.p95_ms.standing is Standing.SOUND for row in rows)
    assert found.best is not None
    assert (found.best.cell, found.best.alternatives) == ("a", ("b",))
