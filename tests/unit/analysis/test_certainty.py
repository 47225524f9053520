"""An attribution is no surer than what was observed, and its remedy no bolder.

Closed loops, as in `test_situations`; what held each of them back is said beside it.
"""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute
from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Bottleneck, Confidence, Resource
from loadlab.plan.expected import ExpectedWork
from tests.unit.analysis.attributed import trial_of
from tests.unit.analysis.test_situations import Situation

R, HIGH, MEDIUM, LOW = Resource, Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
OWN = {"postgres": 0.1}  # CPUs of 1
# 40 threads, each at work for 100 ms: of 160 users 120 wait.
THREADS = Situation(
    rate=400,
    named=R.THREAD_POOL,
    users=160,
    service={"threads_exhausted": 0.99, "thread_waiters": 120.0, "processes": 1},
)
# Ten connections, each held for 100 ms: of 64 users 54 wait.
CONNECTIONS = Situation(
    rate=100, named=R.DATABASE_POOL, others=OWN, service={"pool_waiters": 54.0, "processes": 1}
)


def of(situation: Situation, healthy: TrialMeasurement, **changes: Any) -> Bottleneck:
    """What is said of a situation in which some of it is otherwise."""
    parts: dict[str, Any] = {
        name: {**getattr(situation, name), **changes.pop(name, {})}
        for name in ("service", "sessions", "load", "others")
    }
    return attribute(replace(situation, **parts, **changes).trial(healthy))


@pytest.mark.parametrize("sessions", ["running", "lock", "io"])
@pytest.mark.parametrize(
    ("rate", "busy"), [(633.0, 0.6), (1000.0, 5.0)], ids=["an API of 100 ms", "a pooler of five"]
)
def test_what_is_little_of_the_response_time_does_not_hold_requests_up(
    healthy, sessions, rate, busy
):
    """One query of 1 ms beside another's API; and five sessions of the 64 that a pooler keeps."""
    held = {sessions: busy, "in_transaction": busy / 10}
    trial = Situation(rate=rate, named=R.UNATTRIBUTED, sessions=held).trial(healthy)

    for is_missed in (False, True):
        found = attribute(trial, is_missed=is_missed)
        assert (found.name, found.confidence) == (R.UNATTRIBUTED, LOW)


def test_a_database_with_an_eighth_of_the_response_time_is_a_guess(healthy):
    behind_pooler = Situation(rate=1000, named=R.DATABASE, sessions={"running": 8.0})

    found = of(behind_pooler, healthy)

    assert (found.name, found.confidence) == (R.DATABASE, LOW)
    assert "87% of the response time are unexplained" in found.evidence


@pytest.mark.parametrize(("running", "confidence"), [(24.0, MEDIUM), (40.0, HIGH)])
def test_a_database_is_certain_with_most_of_the_time_beside_the_queues(
    healthy, running, confidence
):
    computed = {"cpu_micros_per_request": 20_000.0}
    found = of(
        Situation(1000, R.DATABASE), healthy, sessions={"running": running}, service=computed
    )

    assert (found.name, found.confidence) == (R.DATABASE, confidence)


def test_sessions_of_a_queues_worker_hold_no_request_up(healthy):
    trial = Situation(1000, R.DATABASE_DISK, sessions={"io": 40.0}).trial(healthy)
    queued = replace(trial, components=trial.components | {"worker": ComponentUsage()})

    assert attribute(trial).name is R.DATABASE_DISK
    assert attribute(queued).name is R.UNATTRIBUTED


def test_connections_that_are_held_for_something_else_are_not_the_databases(healthy):
    """An API is asked with a connection in hand; of an existing server."""
    found = of(CONNECTIONS, healthy, others={}, sessions={"running": 0.6})

    assert found.name is R.DATABASE_POOL


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [
        ({}, MEDIUM),  # a semaphore, or an API that takes so many at once
        ({"sessions": {"running": 10.0}}, MEDIUM),
        ({"sessions": {"running": 30.0}}, HIGH),
        ({"load": {"expected": ExpectedWork(wait_ms=100.0)}}, HIGH),
        ({"service": {"cpu_micros_per_request": 80_000.0}}, HIGH),
        ({"users": 64, "service": {"thread_waiters": 24.0}}, LOW),
    ],
)
def test_more_threads_help_where_it_is_known_what_they_wait_for(healthy, changes, confidence):
    found = of(THREADS, healthy, others=OWN, **changes)

    assert (found.name, found.confidence) == (R.THREAD_POOL, confidence)
    assert found.remedy.startswith("more threads") == (confidence is HIGH)
    assert ("unexplained" in found.evidence) == (confidence is not HIGH)


@pytest.mark.parametrize(
    ("sessions", "confidence"),
    [
        ({"in_transaction": 9.0, "running": 1.0}, MEDIUM),
        ({"running": 4.9}, MEDIUM),
        ({"running": 5.1}, HIGH),
    ],
)
def test_a_larger_pool_helps_where_it_is_known_what_connections_are_held_for(
    healthy, sessions, confidence
):
    found = of(CONNECTIONS, healthy, sessions=sessions)

    assert (found.name, found.confidence) == (R.DATABASE_POOL, confidence)
    assert found.remedy.startswith("a larger pool") == (confidence is HIGH)
    assert ("of the time behind the queue" in found.evidence) == (confidence is MEDIUM)


@pytest.mark.parametrize(("waiters", "name"), [(0.0, R.LOAD), (1.0, R.LOAD), (5.0, R.THREAD_POOL)])
def test_as_many_calls_as_threads_leave_none_free_and_wait_for_none(healthy, waiters, name):
    service = {"thread_waiters": waiters}
    asked = {"expected": ExpectedWork(wait_ms=100.0)}

    assert of(THREADS, healthy, users=40, service=service, load=asked).name is name


@pytest.mark.parametrize(
    ("waiters", "wait_ms", "words"),
    [
        (15.0, 700.0, "that is 1% of the response time"),
        (5.0, 700.0, "that is 0% of the response time"),
        (5.0, 0.0, "99% of the response time are unexplained"),
    ],
)
def test_a_queue_that_hardly_takes_any_of_the_response_time_is_a_guess(
    healthy, waiters, wait_ms, words
):
    """Of 1,000 users a few wait for a connection, and the others for what they asked for."""
    asked = {"expected": ExpectedWork(wait_ms=wait_ms)}
    crowd = replace(CONNECTIONS, rate=1000, users=1000, load=asked)

    found = of(crowd, healthy, service={"pool_waiters": waiters}, sessions={"running": 1.0})

    assert (found.name, found.confidence) == (R.DATABASE_POOL, LOW)
    assert found.evidence.endswith(words)


@pytest.mark.parametrize(("situation", "users"), [(CONNECTIONS, 64), (THREADS, 160)])
def test_sessions_that_wait_in_the_server_make_no_larger_pool_the_remedy(healthy, situation, users):
    """For its own locks (LWLock), or for who reads the answer (Client)."""
    of_threads = 4 if situation is THREADS else 1
    waits = {"other": 9.0 * of_threads, "running": 1.0 * of_threads}

    found = of(situation, healthy, users=users, others={"postgres": 0.4}, sessions=waits)

    assert (found.name, found.confidence) == (situation.named, MEDIUM)
    assert "waited in the server, for no lock of a row and no disk" in found.evidence
    assert found.remedy.startswith("look at wait_event of pg_stat_activity")
    assert len(found.remedy) <= 200


def test_what_a_full_cpu_makes_sessions_wait_for_is_no_doubt(healthy):
    full = {"others": {"postgres": 0.97}, "limits": {"postgres": 1.0}}

    found = of(Situation(640, R.DATABASE, users=64), healthy, sessions={"other": 50.0}, **full)

    assert (found.name, found.confidence) == (R.DATABASE, HIGH)


def test_little_that_waits_in_the_server_is_no_doubt_and_a_workers_may_be(healthy):
    """2 ms of 100 in a thread; whose sessions they are nobody knows beside a queue's worker."""
    asked = {"expected": ExpectedWork(wait_ms=98.0)}
    trial = replace(THREADS, sessions={"other": 0.8}, others=OWN, load=asked).trial(healthy)
    queued = replace(trial, components=trial.components | {"worker": ComponentUsage()})

    assert attribute(trial).confidence is HIGH
    assert attribute(queued).confidence is MEDIUM


def test_a_few_sessions_that_wait_in_the_server_are_no_doubt(healthy):
    found = of(CONNECTIONS, healthy, sessions={"other": 4.0, "running": 5.0})

    assert (found.confidence, found.remedy[:13]) == (HIGH, "a larger pool")


def test_an_index_is_no_remedy_for_what_waits_in_the_server(healthy):
    """Nothing is full, and most of the response time is in the database."""
    found = of(Situation(640, R.DATABASE, others=OWN), healthy, sessions={"other": 50.0})

    assert (found.name, found.confidence) == (R.DATABASE, MEDIUM)
    assert found.remedy.startswith("look at wait_event of pg_stat_activity")


@pytest.mark.parametrize(
    ("failed", "confidence"), [(0.98, LOW), (0.5, MEDIUM), (0.011, MEDIUM), (0.01, HIGH)]
)
def test_a_cpu_may_be_full_of_refusing(healthy, failed, confidence):
    """A limiter of 100/s: of 5,000 answers in a second 4,900 are 429."""
    trial = trial_of(healthy, cpus_used=0.98, limits={"service": 1.0})
    number = round(failed * trial.requests)
    refused = FailedRequests(status_class="4xx", text="429 Too Many Requests", requests=number)

    found = attribute(replace(trial, failed=number, failures=(refused,)))

    assert (found.name, found.confidence) == (R.SERVICE_CPU, confidence)
    words = f"; {failed:.1%} of the requests failed (429 Too Many Requests)"
    assert found.evidence.endswith(words) == (confidence is not HIGH)
    assert found.remedy.startswith("find why requests fail") == (confidence is LOW)


def test_a_long_text_of_a_failure_is_cut(healthy):
    long = FailedRequests(status_class="err", text="x" * 80, requests=3000)

    found = attribute(trial_of(healthy, cpus_used=1.9, failed=3000, failures=(long,)))

    assert found.evidence.endswith(f"failed ({'x' * 59}…)")


def test_failures_without_a_text_are_said_as_well(healthy):
    assert attribute(trial_of(healthy, cpus_used=1.9, failed=3000)).evidence.endswith(
        "10.0% of the requests failed"
    )


@pytest.mark.parametrize(("cpus", "confidence"), [(1.1, HIGH), (1.3, MEDIUM)])
def test_more_than_a_thread_of_redis_is_not_its_commands(healthy, cpus, confidence):
    full = {"redis": ComponentUsage(cpus_used=cpus)}

    found = attribute(trial_of(healthy, others=full, limits={"redis": 4.0}))

    assert (found.name, found.confidence) == (R.REDIS, confidence)
    assert ("its children" in found.evidence) == (confidence is MEDIUM)


def test_a_slow_answer_may_be_the_network(healthy):
    """9 of 10 ms, and nothing else is full."""
    trial = Situation(6400, R.DATABASE, sessions={"running": 0.2}).trial(healthy)
    postgres = trial.components["postgres"]
    assert postgres.sessions is not None
    slow = replace(postgres, sessions=replace(postgres.sessions, answer_ms=9.0))

    found = attribute(replace(trial, components=trial.components | {"postgres": slow}))

    assert (found.name, found.confidence) == (R.DATABASE, MEDIUM)
