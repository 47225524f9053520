"""Who holds up the requests beside the load is left out, however many requests it carries."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.pairs import Terms
from loadlab.analysis.recommendation import recommend
from loadlab.catalogue import Cell
from loadlab.model.status import LatencyMs, RequestRow, ResultRow
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import NOISE

Wells = Mapping[str, tuple[float, float, float, float]]  # rate, CPU, p95 and p95 of ping
# Four workers on one CPU, the database idle: who costs least is fastest.
WELLS: Wells = {
    "async": (1000.0, 3000.0, 66.0, 31.0),
    "def": (900.0, 3400.0, 70.0, 33.0),
    "blocking": (1200.0, 2500.0, 55.0, 812.0),
}


def latency(p95: float) -> LatencyMs:
    return LatencyMs(avg=1, min=1, med=1, p90=p95, p95=p95, p99=p95, max=p95)


def trials(cells: Wells, blocks: int) -> list[Replicate]:
    found = []
    for place, (name, (rate, cpu, p95, ping)) in enumerate(cells.items()):
        for block in range(blocks):
            noise = NOISE[(block + place) % 5]
            one = sized(Cell(variant=name), block, rate * noise, cpu * noise, p95 / noise)
            beside = {"ping": latency(ping / noise)}
            found.append(replace(one, trial=replace(one.trial, latency_by_request=beside)))
    return found


def with_ping(row: ResultRow, ping: float) -> ResultRow:
    named = RequestRow(name="ping", requests=100, failed_rate=0.0, latency_ms=latency(ping))
    return row.model_copy(update={"by_request": (named,)})


def chosen(cells: Wells, blocks: int = 5) -> tuple[Choice, str]:
    replicates = trials(cells, blocks)
    rows = [with_ping(row, cells[row.cell.variant][3]) for row in rows_of(replicates)]
    choice = choose(rows, replicates, Terms(beside="ping", own_ms=0.2))
    (sentence,) = recommend(rows, choice, compare_cells(rows, replicates, own_ms=0.2), ())
    return choice, sentence


def test_a_blocking_call_is_not_the_best_where_it_is_the_fastest() -> None:
    """It was: Take blocking: carries 1.2 times the requests per second of async."""
    choice, sentence = chosen(WELLS)

    assert choice.best is not None
    assert (choice.best.cell, choice.best.alternatives) == ("async", ())
    assert choice.set_aside == {"blocking": "holds up ping: p95 812 ms, and 31 ms in async"}
    assert sentence.startswith("Take async: async carries 1.111 [1.")
    assert sentence.endswith("; blocking holds up ping: p95 812 ms, and 31 ms in async.")


def test_by_itself_the_other_one_is_taken_for_that_reason() -> None:
    _, sentence = chosen({name: WELLS[name] for name in ("async", "blocking")})

    assert sentence == "Take async: blocking holds up ping: p95 812 ms, and 31 ms in async."


def test_they_are_told_beside_the_one_that_holds_them_up_least() -> None:
    choice, _ = chosen({name: WELLS[name] for name in ("def", "async", "blocking")})

    assert choice.set_aside["blocking"].endswith("and 31 ms in async")


def test_of_a_variant_with_several_cells_the_whole_cell_is_named() -> None:
    replicates = trials(WELLS, 5)
    cells = {
        "def": Cell(variant="well", workers=1),
        "async": Cell(variant="well", workers=2),
        "blocking": Cell(variant="blocking", workers=1),
    }
    placed = [replace(each, cell=cells[each.cell.variant]) for each in replicates]
    pings = [ping for *_, ping in WELLS.values()]
    rows = [with_ping(row, ping) for row, ping in zip(rows_of(placed), pings, strict=True)]

    found = choose(rows, placed, Terms(beside="ping", own_ms=0.2)).set_aside

    assert found["blocking/workers=1"].endswith("and 31 ms in well/workers=2")


def test_too_few_replicates_show_nobody_held_up() -> None:
    choice, _ = chosen(WELLS, blocks=2)

    assert choice.set_aside == {}


@pytest.mark.parametrize(
    ("rate", "ping", "is_left_out"),
    [
        (1200.0, 73.0, False),  # 2.35 times as long, for 1.2 times the rate
        (1200.0, 76.0, True),
        (4000.0, 200.0, False),  # 6.5 times, for 4 times the rate
        (4000.0, 260.0, True),
        (500.0, 61.0, False),  # who carries less holds up nobody the sooner
        (500.0, 63.0, True),
    ],
)
def test_it_is_by_a_larger_factor_than_it_carries_more(
    rate: float, ping: float, is_left_out: bool
) -> None:
    choice, _ = chosen({"async": WELLS["async"], "other": (rate, 2500.0, 55.0, ping)})

    assert ("other" in choice.set_aside) == is_left_out


@pytest.mark.parametrize(("ping", "is_left_out"), [(10.9, False), (11.1, True)])
def test_a_few_milliseconds_hold_up_nobody(ping: float, is_left_out: bool) -> None:
    choice, _ = chosen({"async": (1000.0, 3000.0, 66.0, 1.0), "b": (1200.0, 2500.0, 55.0, ping)})

    assert ("b" in choice.set_aside) == is_left_out


def test_the_price_of_the_choice_is_said() -> None:
    cells = {"fast": (1200.0, 2500.0, 60.0, 31.0), "short": (1000.0, 3000.0, 30.0, 31.0)}

    _, sentence = chosen(cells)

    assert sentence.startswith("Take fast: fast carries 1.2 [1.")
    assert "; but short, at its own rate, has 0.5 [0." in sentence
    assert sentence.endswith("] of fast's p95.")
