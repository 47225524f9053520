"""The worker as a process of its own: killed, stopped, asked for its figures."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
import redis

pytestmark = pytest.mark.integration

RUN = "ingest-000-a1"
KEY = f"loadlab:ingest:{RUN}"
MODULUS = 2147483647
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def instruments_port(unused_port: Callable[[], int]) -> int:
    return unused_port()


@pytest.fixture
def start_worker(messages_url: str, stream_url: str, instruments_port: int) -> Iterator[Start]:
    """Starts workers of one pod; whatever still runs at the end is killed by its id."""
    started: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {
        "WORKLOAD": "ingest",
        "VARIANT": "queued",
        "RUN_ID": RUN,
        "DATABASE_URL": messages_url,
        "REDIS_URL": stream_url,
        "INSTRUMENTS_PORT": str(instruments_port),
        "CONSUMERS": "2",
    }

    def start(**variables: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "loadlab_services.programs.worker"]
        started.append(subprocess.Popen(command, env=environment | variables))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@contextmanager
def appending(stream_url: str, *, rate: int) -> Iterator[list[int]]:
    """Append numbered entries at a steady rate; the list holds those that were accepted."""
    accepted: list[int] = []
    over = threading.Event()

    def append() -> None:
        with redis.Redis.from_url(stream_url) as client:
            while not over.wait(10 / rate):
                with client.pipeline(transaction=False) as pipe:
                    numbers = range(len(accepted) + 1, len(accepted) + 11)
                    for number in numbers:
                        pipe.xadd(KEY, {"payload": json.dumps({"request_id": number})})
                    pipe.execute()
                accepted.extend(numbers)

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield accepted
    finally:
        over.set()
        thread.join()


def wait_until(reached: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        time.sleep(0.02)


def table_sums(messages_url: str) -> tuple[int, ...]:
    """Rows, distinct ids, and the two checksums of the account."""
    with psycopg.connect(messages_url) as connection:
        row = connection.execute(
            "select count(*), count(distinct id), coalesce(sum(id), 0)::bigint,"
            f" coalesce(sum(id * 48271 % {MODULUS}), 0)::bigint"
            " from (select (payload->>'request_id')::bigint as id from messages) as m"
        ).fetchone()
    assert row is not None
    return row


def wait_for_more_rows(messages_url: str, number: int) -> None:
    before = table_sums(messages_url)[0]
    wait_until(lambda: table_sums(messages_url)[0] > before + number)


def test_a_worker_killed_twice_under_load_loses_and_doubles_nothing(
    start_worker: Start, messages_url: str, stream_url: str
) -> None:
    with redis.Redis.from_url(stream_url) as client:
        with appending(stream_url, rate=300) as accepted:
            for _ in range(2):
                worker = start_worker()
                wait_for_more_rows(messages_url, 100)
                worker.kill()
                worker.wait()
            start_worker()
            time.sleep(1)
        wait_until(lambda: client.xlen(KEY) == 0)
    mixed = sum(number * 48271 % MODULUS for number in accepted)
    expected = (len(accepted), len(accepted), sum(accepted), mixed)
    assert len(accepted) > 200, "too few for two workers to have been killed under load"
    assert table_sums(messages_url) == expected


def test_sigterm_persists_what_is_in_hand_and_ends_with_0(
    start_worker: Start, messages_url: str, stream_url: str
) -> None:
    with redis.Redis.from_url(stream_url) as client:
        worker = start_worker()
        with appending(stream_url, rate=300):
            wait_until(lambda: table_sums(messages_url)[0] > 50)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=30) == 0
        [group] = client.xinfo_groups(KEY)
        assert group["pending"] == 0
        delivered = [e for e, _ in client.xrange(KEY, max=group["last-delivered-id"])]
        assert delivered == []


@pytest.mark.parametrize(
    ("variables", "commits"),
    [
        pytest.param({"VARIANT": "queued-insert", "CONSUMERS": "1"}, 4, id="queued-insert"),
        pytest.param({"VARIANT": "queued-batch", "CONSUMERS": "1"}, 1, id="queued-batch"),
        pytest.param({"VARIANT": "queued-copy", "CONSUMERS": "1"}, 1, id="queued-copy"),
    ],
)
def test_records_and_commits_are_counted_as_the_variant_writes_them(
    start_worker: Start,
    instruments_port: int,
    stream_url: str,
    *,
    variables: dict[str, str],
    commits: int,
) -> None:
    with redis.Redis.from_url(stream_url) as client:
        for number in range(4):
            client.xadd(KEY, {"payload": json.dumps({"request_id": number})})
        start_worker(**variables)
        wait_until(lambda: client.xlen(KEY) == 0)
    figures = httpx.get(f"http://127.0.0.1:{instruments_port}/snapshot", timeout=30).json()
    assert (figures["persisted"], figures["batches"]) == (4, commits)


def test_the_worker_tells_what_it_has_done(
    start_worker: Start, instruments_port: int, stream_url: str
) -> None:
    with redis.Redis.from_url(stream_url) as client:
        client.xadd(KEY, {"payload": '{"request_id": 1}'})
        client.xadd(KEY, {"payload": "not JSON"})
        worker = start_worker()
        wait_until(lambda: client.xlen(KEY) == 0)
    url = f"http://127.0.0.1:{instruments_port}/snapshot"
    wait_until(lambda: httpx.get(url, timeout=30).json()["deadLettered"] == 1)
    figures = httpx.get(url, timeout=30).json()
    assert figures["persisted"] == 1
    assert figures["batches"] >= 1
    assert [process["pid"] for process in figures["processes"]] == [worker.pid]


def test_a_worker_without_its_stores_says_what_is_missing() -> None:
    environment = os.environ | {"WORKLOAD": "ingest", "VARIANT": "queued", "RUN_ID": RUN}
    command = [sys.executable, "-m", "loadlab_services.programs.worker"]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == "loadlab: REDIS_URL: Field required\n"


def test_a_worker_of_a_variant_without_a_queue_says_so(
    start_worker: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    worker = start_worker(VARIANT="pooled")
    assert worker.wait(timeout=60) == 2
    assert "VARIANT: 'pooled' puts no work off to a stream" in capfd.readouterr().err
