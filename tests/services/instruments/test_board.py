"""Counters belong to the board and outlive the process that wrote them."""

import multiprocessing
import threading

from loadlab_services.instruments.cells import REQUESTS, Board, Meter


def count_and_go(meter: Meter) -> None:
    meter.start()
    meter.cells[REQUESTS] += 5
    meter.cells[3] = 2.0  # in flight


def test_a_forked_process_counts_where_the_parent_reads() -> None:
    board = Board(processes=2)
    for _ in range(2):  # the second takes the first one's place
        process = multiprocessing.get_context("fork").Process(
            target=count_and_go, args=(board.meter(1),)
        )
        process.start()
        process.join(timeout=60)
        (reading,) = board.read()
        assert (reading.pid, reading.in_flight) == (process.pid, 2)
        board.meter(1).end()
    (reading,) = board.read()
    assert (reading.pid, reading.requests, reading.in_flight) == (0, 10, 0)


def test_a_successor_counts_its_own_requests_from_zero() -> None:
    meter = Board(processes=1).meter(0)
    meter.start()
    meter.cells[REQUESTS] += 5
    meter.end()
    meter.start()
    meter.cells[REQUESTS] += 2
    reading = meter.read()
    assert (reading.requests, reading.requests_before) == (7, 5)


def test_all_have_started_also_when_one_has_died_since() -> None:
    board = Board(processes=2)
    board.meter(0).start()
    assert not board.all_started()
    board.meter(1).start()
    board.meter(0).end()
    assert board.all_started()


def test_places_that_never_started_are_not_read() -> None:
    assert Board(processes=3).read() == []


def test_threads_lose_no_observation() -> None:
    meter = Board(processes=1, extras=("persisted",)).meter(0)

    def observe() -> None:
        for _ in range(2000):
            meter.pool_waited(0.5)
            meter.add("persisted", 3)

    threads = [threading.Thread(target=observe) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reading = meter.read()
    assert (reading.pool_wait_count, reading.pool_wait_sum) == (16_000, 8_000.0)
    assert reading.extras == {"persisted": 48_000}
