"""Requests that a script names by their addresses: others in each replicate, too many of them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import NamedRequests, TrialMeasurement
from loadlab.model.status import MAX_NAMES, RequestRow
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement

COMMON = "/json"


def by_name(healthy: TrialMeasurement, *replicates: Sequence[str]) -> dict[str, RequestRow]:
    """The rows by name: 7 requests of each, of which 1 failed, and 50 of the one all have."""
    total = CellSum(Cell(variant="a"), len(replicates))
    for names in replicates:
        few = NamedRequests(requests=7, failed=1, latency=Histogram.of([2000] * 6))
        named = {COMMON: replace(few, requests=50, failed=0)} | dict.fromkeys(names, few)
        total.add(JudgedTrial(replace(healthy, by_request=named), Judgement(())))
    return {each.name: each for each in total.measured_cell().row.by_request or ()}


def numbered(first: int, count: int) -> list[str]:
    return [f"/items/{number}" for number in range(first, first + count)]


def test_other_names_in_each_replicate_are_one_row_where_there_are_too_many(healthy):
    rows = by_name(healthy, *(numbered(100 * turn, 12) for turn in range(3)))

    assert len(rows) == MAX_NAMES
    assert rows[COMMON].requests == 150
    assert list(rows) == [*sorted(set(rows) - {"__other__"}), "__other__"]
    others = rows["__other__"]
    assert others.requests == 7 * (3 * 12 - (MAX_NAMES - 2))
    assert others.failed_rate == pytest.approx(1 / 7, abs=1e-6)
    assert others.latency_ms is None
    assert sum(row.requests for row in rows.values()) == 3 * (50 + 12 * 7)


def test_names_that_all_replicates_have_stay(healthy):
    both = ["/z", "/y"]
    rows = by_name(healthy, [*both, *numbered(0, 12)], [*both, *numbered(100, 12)])

    assert {*both, COMMON} <= set(rows)


def test_as_many_as_a_row_holds_are_all_there(healthy):
    rows = by_name(healthy, *[numbered(0, MAX_NAMES - 1)] * 2)

    assert set(rows) == {COMMON, *numbered(0, MAX_NAMES - 1)}
    assert all(row.latency_ms for row in rows.values())


def test_what_k6_had_no_room_for_is_counted_with_the_others(healthy):
    rows = by_name(healthy, *[["__other__", *numbered(0, 12)]] * 2)

    assert rows["__other__"].requests == 2 * 7 * (1 + 12 - (MAX_NAMES - 2))
    assert sum(row.requests for row in rows.values()) == 2 * (50 + 7 * (1 + 12))
