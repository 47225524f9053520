"""A refused batch is halved until the refused entries stand alone; they get three tries."""

from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab_services.delivery.errors import EntryRefusedError, StoreUnavailableError
from loadlab_services.stream.entry import Entry
from loadlab_services.stream.quarantine import Quarantine, Suspect, land


class FakeTable:
    """Refuses every batch with a poisonous entry in it, and counts how often it was asked."""

    def __init__(self, poison: set[str]) -> None:
        self.poison = poison
        self.rows: list[str] = []
        self.writes = 0

    async def write(self, entries: Sequence[Entry]) -> None:
        self.writes += 1
        if any(entry.id in self.poison for entry in entries):
            raise EntryRefusedError("refused")
        self.rows += [entry.id for entry in entries]


def batch(size: int) -> list[Entry]:
    return [Entry(f"{number}-0", b"{}") for number in range(size)]


def suspect(entry_id: str = "1-0") -> Suspect:
    return Suspect(Entry(entry_id, b"x"), "refused")


def run(work: Coroutine[Any, Any, list[Suspect]]) -> list[Suspect]:
    """Drive a coroutine that never waits; Hypothesis and event loops do not mix."""
    with pytest.raises(StopIteration) as end:
        work.send(None)
    return end.value.value  # type: ignore[no-any-return]


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_everything_but_the_poison_lands_once_and_in_order(
    case: tuple[int, set[int]],
) -> None:
    size, poisonous = case
    table = FakeTable({f"{number}-0" for number in poisonous})
    refused = run(land(batch(size), table.write))
    assert [s.entry.id for s in refused] == [f"{n}-0" for n in sorted(poisonous)]
    assert table.rows == [f"{n}-0" for n in range(size) if n not in poisonous]


async def test_one_poison_in_five_hundred_is_found_in_about_twenty_writes() -> None:
    table = FakeTable({"137-0"})
    await land(batch(500), table.write)
    assert table.writes <= 20


async def test_an_absent_store_is_not_taken_for_poison() -> None:
    async def absent(_entries: Sequence[Entry]) -> None:
        raise StoreUnavailableError("Postgres", OSError("refused"))

    with pytest.raises(StoreUnavailableError):
        await land(batch(4), absent)


def test_the_third_refusal_gives_the_entry_up() -> None:
    quarantine = Quarantine(max_tries=3, retry_after=1.0)
    outcomes = [quarantine.refuse(suspect(), now) for now in (0.0, 1.0, 3.0)]
    assert [outcome and outcome.tries for outcome in outcomes] == [None, None, 3]
    assert "1-0" not in quarantine


def test_a_suspect_is_tried_again_only_after_a_growing_wait() -> None:
    quarantine = Quarantine(max_tries=3, retry_after=1.0)
    quarantine.refuse(suspect(), 10.0)
    assert [len(quarantine.due(now)) for now in (10.0, 10.9, 11.0)] == [0, 0, 1]
    quarantine.refuse(suspect(), 11.0)
    assert [len(quarantine.due(now)) for now in (12.9, 13.0)] == [0, 1]


def test_a_suspect_that_lands_after_all_is_forgotten() -> None:
    quarantine = Quarantine()
    quarantine.refuse(suspect(), 0.0)
    quarantine.forgive("1-0")
    assert (len(quarantine), quarantine.due(float("inf"))) == (0, [])
