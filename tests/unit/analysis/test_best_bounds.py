"""Of what only a bound is known, or something else is told, no cell is the best by what follows."""

from collections.abc import Mapping

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.pairs import Terms
from loadlab.analysis.threshold import parse_threshold
from loadlab.model.status import Figure, LoadOutcome, ResultRow, Standing
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_best import replicates_of

Figures = Mapping[str, tuple[float, float, float]]  # requests per second, CPU and p95 by variant
GROWING, CUT = "Growing", "Unanswered"


def growing(figure: Figure) -> Figure:
    return figure.as_unsound(GROWING)


def cut(figure: Figure) -> Figure:
    return figure.as_lower_bound(CUT)


def with_tails(rows: list[ResultRow], stands: Mapping[str, str]) -> list[ResultRow]:
    """Return the rows at a rate that all were offered, some with a p95 that is not known."""
    marks = {GROWING: growing, CUT: cut}

    def tail(row: ResultRow) -> Figure | None:
        why = stands.get(row.cell.variant)
        return marks[why](row.p95_ms) if why and row.p95_ms else row.p95_ms

    change = {"load": LoadOutcome.KEPT}
    return [row.model_copy(update=change | {"p95_ms": tail(row)}) for row in rows]


def chosen(cells: Figures, stands: Mapping[str, str], terms: Terms | None = None) -> Choice:
    replicates = replicates_of(cells, 5)
    rows = with_tails(rows_of(replicates), stands)
    return choose(rows, replicates, terms)


@pytest.mark.parametrize("why", [GROWING, CUT])
def test_no_cell_is_preferred_by_cost_whose_tail_is_not_known(why: str) -> None:
    """It was b, as no claim about its p95 was possible, and it is cheaper."""
    found = chosen({"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 9.0)}, {"b": why})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with, found.best.alternatives) == ("a", (), ())
    assert found.best.lead is None
    assert found.set_aside == {"b": f"has no known p95 ({why})"}


@pytest.mark.parametrize(
    ("p95", "reason"),
    [
        (None, "has no known p95"),
        (Figure(mean=9.0, standing=Standing.BOUND), "has no known p95"),
        (Figure(mean=9.0, standing=Standing.BOUND, why=CUT), "has no known p95 (Unanswered)"),
    ],
)
def test_why_a_tail_is_not_known_is_told_where_anybody_knows(
    p95: Figure | None, reason: str
) -> None:
    replicates = replicates_of({"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 9.0)}, 5)
    a, b = with_tails(rows_of(replicates), {})

    found = choose([a, b.model_copy(update={"p95_ms": p95})], replicates)

    assert found.set_aside == {"b": reason}


def test_of_bounds_alone_none_is_the_cheapest() -> None:
    cells = {"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 20.0)}

    found = chosen(cells, {"a": CUT, "b": CUT})

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with, found.set_aside) == ("a", ("b",), {})


def test_the_cheapest_is_best_where_no_tail_is_known_and_all_keep_a_criterion_about_it() -> None:
    """So it is on a node of two CPUs, where k6 waits in every latency."""
    cells = {"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 20.0)}

    found = chosen(cells, {"a": GROWING, "b": GROWING}, Terms(tail_is_kept=True))

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with) == ("b", ())
    assert found.best.lead is not None
    assert found.best.lead.figure == "cpuMicros"


def test_a_tail_that_is_known_goes_before_cost_also_where_all_keep_a_criterion() -> None:
    cells = {"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 9.0)}

    found = chosen(cells, {"b": GROWING}, Terms(tail_is_kept=True))

    assert found.best is not None
    assert found.best.cell == "a"


def test_a_bound_hides_no_tail_that_is_clearly_longer_than_another() -> None:
    """The bound of b was the best mean, over which nothing is claimed: so c stayed."""
    cells = {"a": (500.0, 120.0, 10.0), "b": (500.0, 120.0, 9.0), "c": (500.0, 100.0, 50.0)}

    found = chosen(cells, {"b": CUT})

    assert found.best is not None
    assert (found.best.cell, found.best.alternatives) == ("a", ("c",))
    assert found.best.lead is not None
    assert (found.best.lead.over, found.best.lead.figure) == ("c", "p95Ms")


def test_a_bound_that_is_clearly_longer_is_worse() -> None:
    found = chosen({"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 30.0)}, {"b": CUT})

    assert found.best is not None
    assert (found.best.cell, found.best.alternatives, found.set_aside) == ("a", ("b",), {})


def with_bounded_rate(rows: list[ResultRow], variant: str) -> list[ResultRow]:
    return [
        row.model_copy(update={"requests_per_second": row.requests_per_second.as_lower_bound("K6")})
        if row.cell.variant == variant and row.requests_per_second
        else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("rate", "best", "set_aside"),
    [
        (500.0, "a", {"b": "may carry more than was seen (K6)"}),
        (995.0, "b", {}),
        (1500.0, "b", {}),
    ],
)
def test_a_rate_of_which_less_was_seen_is_not_known_to_be_as_high(
    rate: float, best: str, set_aside: Mapping[str, str]
) -> None:
    """Cost decides among those that carry as much: of 995 at least that is known, of 500 not."""
    replicates = replicates_of({"a": (1000.0, 120.0, 10.0), "b": (rate, 100.0, 10.0)}, 5)

    found = choose(with_bounded_rate(rows_of(replicates), "b"), replicates)

    assert found.best is not None
    assert (found.best.cell, found.set_aside) == (best, set_aside)


@pytest.mark.parametrize(
    ("metric", "threshold", "bounds"),
    [
        ("http_req_duration", "p(95)<100", True),
        ("http_req_duration", "p(90)<=100", True),
        ("http_req_duration", "max<100", True),
        ("http_req_duration", "p(95)>100", False),
        ("http_req_duration", "p(50)<100", False),
        ("http_req_duration", "avg<100", False),
        ("http_req_failed", "rate<0.01", False),
    ],
)
def test_whether_a_criterion_bounds_the_tail(metric: str, threshold: str, bounds: bool) -> None:
    assert parse_threshold(metric, threshold).bounds_tail is bounds
