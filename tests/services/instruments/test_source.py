"""Snapshot and metrics hold the contract's keys, all processes together."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from loadlab_services.instruments.cells import TICK_DUE, Board, Reading
from loadlab_services.instruments.cgroup import ContainerUsage
from loadlab_services.instruments.exposition import render
from loadlab_services.instruments.histogram import BUCKETS, bucket_of
from loadlab_services.instruments.process import ProcessUsage, read_process
from loadlab_services.instruments.server import start_server
from loadlab_services.instruments.snapshot import Source, build_snapshot, held_up

LAG = tuple(1 if bucket == bucket_of(0.01) else 0 for bucket in range(BUCKETS))
FIRST = Reading(
    pid=11,
    requests=100,
    failed=1,
    in_flight=2,
    thread_tokens=3,
    pool_wait_sum=0.5,
    pool_wait_count=10,
    lag=LAG,
    extras={"deadLettered": 4},
    threads_exhausted=1.5,
    thread_wait=7.5,
    cpu_full=2.5,
)
SECOND = replace(FIRST, pid=12, requests=50)
USAGES = {11: ProcessUsage(1.0, 1000, 7), 12: ProcessUsage(2.0, 2000, 8)}
CONTAINER = ContainerUsage(
    cpu_seconds=9.0, throttled_seconds=0.5, memory_bytes=5000, major_faults=3
)


def test_a_snapshot_adds_the_processes_up() -> None:
    snapshot = build_snapshot(
        [FIRST, SECOND], USAGES, container=CONTAINER, lag_window=[0] * BUCKETS
    )
    assert snapshot == {
        "cpuSeconds": 9.0,
        "throttledSeconds": 0.5,
        "memoryBytes": 5000,
        "majorFaults": 3,
        "openFiles": 15,
        "requests": 150,
        "failed": 2,
        "inFlight": 4,
        "eventLoopLagSeconds": {"p50": 0.0, "p99": 0.0, "max": 0.0},
        "threadTokensInUse": 6,
        "threadsExhaustedSeconds": 3.0,
        "threadWaitSeconds": 15.0,
        "cpuFullSeconds": 5.0,
        "poolWaitSeconds": {"sum": 1.0, "count": 20},
        "processes": [
            {"pid": 11, "cpuSeconds": 1.0, "memoryBytes": 1000, "openFiles": 7, "requests": 100},
            {"pid": 12, "cpuSeconds": 2.0, "memoryBytes": 2000, "openFiles": 8, "requests": 50},
        ],
        "deadLettered": 8,
    }


def test_a_dead_process_is_not_listed_but_its_requests_count() -> None:
    dead, heir = replace(FIRST, pid=0), replace(SECOND, requests=70, requests_before=50)
    usages = USAGES | {0: ProcessUsage(0.0, 0, 0)}
    snapshot = build_snapshot([dead, heir], usages, container=CONTAINER, lag_window=LAG)
    assert [(p["pid"], p["requests"]) for p in snapshot["processes"]] == [(12, 20)]
    assert snapshot["requests"] == 170


def test_without_a_cgroup_the_processes_stand_in_for_the_container() -> None:
    snapshot = build_snapshot([FIRST, SECOND], USAGES, container=None, lag_window=LAG)
    assert (snapshot["cpuSeconds"], snapshot["memoryBytes"]) == (3.0, 3000)
    assert snapshot["eventLoopLagSeconds"]["p50"] == pytest.approx(0.01, rel=0.1)


def test_lag_is_that_of_the_window_since_the_snapshot_before() -> None:
    board = Board(processes=1)
    board.meter(0).start()
    source = Source(board)
    board.meter(0).lagged(3.0)
    first, second = source.snapshot(), source.snapshot()
    assert first["eventLoopLagSeconds"]["max"] == pytest.approx(3.0, rel=0.1)
    assert second["eventLoopLagSeconds"]["max"] == 0.0


def test_metrics_parse_as_prometheus_text() -> None:
    text = render([FIRST, SECOND], USAGES, CONTAINER)
    samples = {
        (sample.name, sample.labels.get("process"), sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["loadlab_requests_total", "0", None] == 100
    assert samples["loadlab_requests_total", "1", None] == 50
    assert samples["loadlab_dead_lettered_total", "0", None] == 4
    assert samples["loadlab_container_cpu_seconds_total", None, None] == 9.0
    assert samples["loadlab_event_loop_lag_seconds_bucket", "0", "+Inf"] == 1
    assert samples["loadlab_event_loop_lag_seconds_bucket", "0", "1e-05"] == 0


def test_metrics_without_any_process_are_still_text() -> None:
    assert "loadlab_requests_total" in render([], {}, None)


def test_cpu_of_ended_threads_is_kept() -> None:
    before = read_process(os.getpid())

    def burn() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    thread = threading.Thread(target=burn)
    thread.start()
    thread.join()
    after = read_process(os.getpid())
    assert after.cpu_seconds - before.cpu_seconds >= 0.05
    assert after.memory_bytes > 1_000_000
    assert after.open_files > 2


def test_a_process_that_is_gone_uses_nothing() -> None:
    assert read_process(2**22 - 1) == ProcessUsage(0.0, 0, 0)
    assert read_process(0) == ProcessUsage(0.0, 0, 0)


def test_a_snapshot_tells_the_cpus_that_the_process_may_run_on() -> None:
    snapshot = Source(Board(processes=1)).snapshot()

    assert snapshot["cpusAllowed"] == len(os.sched_getaffinity(0))
    assert snapshot["cpusOnline"] == os.cpu_count()
    assert snapshot["allowedCpus"]["cpus"] == snapshot["cpusAllowed"]
    assert snapshot["allowedCpus"]["cpuSeconds"] > 0


def test_a_server_in_a_thread_answers_both_paths(unused_port: Callable[[], int]) -> None:
    board = Board(processes=1, extras=("persisted",))
    board.meter(0).start()
    board.meter(0).add("persisted", 7)
    port = unused_port()
    with start_server(port, Source(board), host="127.0.0.1"):
        base = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{base}/snapshot").json()["persisted"] == 7
        assert "loadlab_persisted_total" in httpx.get(f"{base}/metrics").text
        assert httpx.get(f"{base}/nothing").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/snapshot")


def test_events_that_a_loop_still_holds_up_are_seen_before_it_notes_them() -> None:
    held, punctual, stopped = (replace(FIRST, tick_due=due) for due in (10.0, 10.99, 0.0))

    assert list(held_up(held, now=10.05)) == pytest.approx([0.05, 0.03, 0.01])
    assert list(held_up(punctual, now=11.0)) == []
    assert list(held_up(stopped, now=11.0)) == []


def test_a_snapshot_of_a_blocked_loop_tells_its_lag() -> None:
    board = Board(processes=1)
    board.meter(0).start()
    board.meter(0).cells[TICK_DUE] = time.monotonic() - 2.0

    lag = Source(board).snapshot()["eventLoopLagSeconds"]

    assert 1.9 < lag["max"] < 3.0
    assert 0.9 < lag["p50"] < 1.5
