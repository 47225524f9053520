"""A batch is due when it is full or when its oldest entry is old enough, and not before."""

from loadlab_services.delivery.backoff import Backoff
from loadlab_services.stream.buffer import Buffer
from loadlab_services.stream.entry import Entry


def entries(*ids: str) -> list[Entry]:
    return [Entry(entry_id, b"{}") for entry_id in ids]


def test_an_empty_buffer_is_never_due() -> None:
    assert Buffer(size=2, max_age=1.0).due_in(now=1e9) == float("inf")


def test_a_full_buffer_is_due_at_once() -> None:
    buffer = Buffer(size=2, max_age=1.0)
    buffer.add(entries("1-0", "2-0"), now=100.0)
    assert buffer.due_in(now=100.0) == 0.0


def test_a_buffer_with_room_is_due_when_its_oldest_entry_reaches_the_age() -> None:
    buffer = Buffer(size=10, max_age=1.0)
    buffer.add(entries("1-0"), now=100.0)
    buffer.add(entries("2-0"), now=100.9)
    assert [buffer.due_in(now) for now in (100.0, 100.75, 101.0, 105.0)] == [1.0, 0.25, 0.0, 0.0]


def test_age_starts_anew_after_a_batch_was_taken() -> None:
    buffer = Buffer(size=10, max_age=1.0)
    buffer.add(entries("1-0"), now=100.0)
    buffer.take()
    buffer.add(entries("2-0"), now=200.0)
    assert buffer.due_in(now=200.5) == 0.5


def test_taking_hands_over_everything_in_order_and_leaves_room() -> None:
    buffer = Buffer(size=3, max_age=1.0)
    buffer.add(entries("1-0", "2-0"), now=0.0)
    assert [entry.id for entry in buffer.take()] == ["1-0", "2-0"]
    assert (len(buffer), buffer.room, buffer.take()) == (0, 3, [])


def test_an_entry_that_is_claimed_twice_is_held_once() -> None:
    buffer = Buffer(size=3, max_age=1.0)
    buffer.add(entries("1-0"), now=0.0)
    buffer.add(entries("1-0"), now=0.1)
    assert (len(buffer), buffer.room) == (1, 2)


def test_delays_double_up_to_a_ceiling() -> None:
    backoff = Backoff(delay=0.1, ceiling=0.35)
    delays = []
    for _ in range(4):
        delays.append(backoff.delay)
        backoff = backoff.after_failure()
    assert delays == [0.1, 0.2, 0.35, 0.35]
