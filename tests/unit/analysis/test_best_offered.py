"""What was offered is no figure of a cell: the best is found within the highest rate kept."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.expectation import Replicate
from loadlab.catalogue import Cell
from loadlab.model.status import (
    Comparison,
    ComparisonOutcome,
    LoadOutcome,
    ResultRow,
    Validity,
    WorkRow,
)
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import NOISE

Swept = Mapping[tuple[str, int], tuple[float, float]]  # CPU and p95 by variant and offered rate
LEAVING = (("w", 125.0, 10.0, 0.02), ("x", 112.0, 10.2, 0.08), ("v", 100.0, 10.4, 0.02))
ALIKE: Swept = {(name, rate): (500.0, 10.0) for name in ("a", "b") for rate in (100, 200)}


def offered(cells: Swept) -> list[Replicate]:
    return [
        sized(Cell(variant=name, rate=rate), block, rate, cpu * noise, p95 * noise)
        for place, ((name, rate), (cpu, p95)) in enumerate(cells.items())
        for block in range(5)
        for noise in (NOISE[(block + place) % 5],)
    ]


def kept(replicates: Sequence[Replicate], **change: object) -> list[ResultRow]:
    update = {"load": LoadOutcome.KEPT, **change}
    return [row.model_copy(update=update) for row in rows_of(replicates)]


def titled(rows: Sequence[ResultRow], title: str) -> ResultRow:
    return next(row for row in rows if row.cell.title() == title)


def test_who_kept_a_higher_offer_is_ahead_of_nobody() -> None:
    """It was told as carrying 2 [2, 2] times the requests of itself at half the rate."""
    replicates = offered(ALIKE)
    passing = [row for row in kept(replicates) if row.cell.title() != "a/rate=200"]

    found = choose(passing, replicates)

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with) == ("b/rate=200", ())
    assert (found.best.alternatives, found.best.lead) == ((), None)
    assert found.set_aside == dict.fromkeys(("a/rate=100", "b/rate=100"), "was offered less")


def test_within_the_highest_offer_tails_decide() -> None:
    replicates = offered({**ALIKE, ("a", 200): (400.0, 20.0), ("a", 100): (300.0, 5.0)})

    found = choose(kept(replicates), replicates).best

    assert found is not None
    assert (found.cell, found.alternatives) == ("b/rate=200", ("a/rate=200",))
    assert found.lead is not None
    assert (found.lead.over, found.lead.figure) == ("a/rate=200", "p95Ms")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"load": LoadOutcome.OVERLOADED}, "did not carry the load"),
        ({"crashes": 1}, "crashed under the load"),
        ({"work": WorkRow(stale_reads=1)}, "showed staler reads than declared"),
        ({"validity": Validity.INVALID}, "is Invalid"),
        ({"latency_ms": None}, "has no figures"),
    ],
)
def test_an_offer_that_was_not_kept_counts_for_nothing(
    change: Mapping[str, object], why: str
) -> None:
    replicates = offered({("a", 100): (500.0, 10.0), ("b", 100): (400.0, 10.0), ("b", 200): (1, 1)})
    rows = kept(replicates)
    lost = titled(rows, "b/rate=200")

    found = choose([*rows[:2], lost.model_copy(update=change)], replicates)

    assert found.best is not None
    assert found.best.cell == "b/rate=100"
    assert found.set_aside == {"b/rate=200": why}


def leads_of(experiments: int) -> list[Comparison]:
    """Draw cells: the dearest leaves for the cheapest, and a noisy one between them leads."""
    chance = random.Random(11)

    def draw(figure: float, spread: float) -> float:
        return figure * math.exp(chance.gauss(0, spread))

    leads = []
    for _ in range(experiments):
        replicates = [
            sized(Cell(variant=name), block, 500.0, draw(cpu, spread), draw(p95, 0.002))
            for name, cpu, p95, spread in LEAVING
            for block in range(5)
        ]
        best = choose(kept(replicates), replicates).best
        leads += [best.lead] if best and best.lead else []
    return leads


def test_a_lead_is_over_whom_the_leader_is_clearly_better_than() -> None:
    """In many of them it was told in requests per second, which all were offered."""
    leads = leads_of(60)

    assert {lead.outcome for lead in leads} == {ComparisonOutcome.IMPROVED}
    assert {lead.figure for lead in leads} == {"cpuMicros"}


def test_whom_only_others_beat_the_leader_is_not_ahead_of() -> None:
    """The cheapest beats the dearest by cost; the leader, by its tail, is told from neither."""
    noise = (0.0, 0.06, -0.06, 0.03, -0.03)
    cells = {"w": (112.0, 10.0), "x": (106.0, 10.2), "v": (100.0, 10.4)}
    replicates = [
        sized(Cell(variant=name), block, 500.0, cpu * math.exp(own), p95 * math.exp(own))
        for name, (cpu, p95) in cells.items()
        for block, shift in enumerate(noise)
        for own in ((shift if name == "x" else 0.001 * shift),)
    ]

    found = choose(kept(replicates), replicates).best

    assert found is not None
    assert (found.cell, found.tied_with, found.lead) == ("x", ("v",), None)
