"""What the database's sessions wait for is material from a bound on, and of a request's time."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.database_waits import database_waits, is_unseen, share_of_request
from loadlab.analysis.utilisation import Fullness
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sessions import SessionUsage
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Confidence, Resource
from tests.unit.analysis.attributed import trial_of

IDLE = SessionUsage(running=0.0, lock=0.0, io=0.0, other=0.0, in_transaction=0.0)


def found(healthy: TrialMeasurement, resource: Resource, **changes: Any) -> Fullness | None:
    """Return what is found of a resource at 1,000 requests a second, of 10 ms each."""
    sessions, used = changes.pop("sessions"), changes.pop("cpus_used", None)
    postgres = ComponentUsage(cpus_used=used, sessions=replace(IDLE, **sessions))
    others = {"postgres": postgres} | changes.pop("others", {})
    trial = trial_of(healthy, others=others, **changes)
    return next((each for each in database_waits(trial) if each.resource is resource), None)


@pytest.mark.parametrize(
    ("sessions", "is_full"),
    [
        ({"lock": 2.0, "io": 2.0}, False),  # half of them are not most of them
        ({"lock": 2.1, "io": 2.0}, True),
        ({"lock": 0.5}, False),
        ({"lock": 0.51}, False),  # 5 % of a request's time
        ({"lock": 1.1}, True),
    ],
)
def test_most_of_the_sessions_wait_for_a_part_of_a_request_that_matters(healthy, sessions, is_full):
    lock = found(healthy, Resource.DATABASE_LOCKS, sessions=sessions)

    assert lock is not None
    assert lock.is_full is is_full


@pytest.mark.parametrize(("lock", "is_full"), [(0.5, False), (0.51, True)])
def test_half_a_session_is_no_queue_however_short_a_request_is(healthy, lock, is_full):
    short = replace(healthy, latency=Histogram.of([800] * 1000))

    locks = found(short, Resource.DATABASE_LOCKS, sessions={"lock": lock})

    assert locks is not None
    assert locks.is_full is is_full
    trial = trial_of(short)
    assert share_of_request(trial, 0.4) == pytest.approx(0.5, rel=0.01)
    assert share_of_request(trial, 1.6) == 1


@pytest.mark.parametrize(
    ("lock", "others", "at_most"),
    [
        (4.9, {}, Confidence.MEDIUM),
        (5.1, {}, Confidence.HIGH),
        (9.0, {"worker": ComponentUsage()}, Confidence.MEDIUM),  # whose sessions nobody waits for
    ],
)
def test_the_confidence_is_high_where_it_is_known_to_be_most_of_a_request(
    healthy, lock, others, at_most
):
    locks = found(healthy, Resource.DATABASE_LOCKS, sessions={"lock": lock}, others=others)

    assert locks is not None
    assert locks.at_most is at_most


@pytest.mark.parametrize(
    ("share", "is_looked_at"), [(0.69, False), (0.71, True), (0.79, True), (0.81, False)]
)
def test_sessions_that_run_tell_more_than_a_cpu_that_is_nearly_full(healthy, share, is_looked_at):
    running = found(
        healthy,
        Resource.DATABASE,
        sessions={"running": 5.0},
        cpus_used=2 * share,
        limits={"postgres": 2.0},
    )

    assert (running is not None) is is_looked_at


@pytest.mark.parametrize(
    ("waiters", "share"),
    [
        (5.0, 0.4),  # 2 of the 5 ms that a request has a connection
        (9.5, 4.0),
        (10.0, 0.0),  # of 10 ms, so that nobody knows how long it has one
        (11.0, 0.0),
    ],
)
def test_an_answer_is_held_against_the_time_that_a_request_has_a_connection(
    healthy, waiters, share
):
    answers = found(
        healthy,
        Resource.DATABASE,
        sessions={"io": 1.0, "answer_ms": 2.0},
        pool_waiters=waiters,
        event_loop_lag_p50_ms=0.0,
    )

    assert answers is not None
    assert answers.share == pytest.approx(share, rel=0.01)


@pytest.mark.parametrize(("blocks", "share"), [(1.0, 0.2), (1.01, 0.6)])
def test_transactions_of_more_than_half_of_the_sessions_have_three_answers(healthy, blocks, share):
    answers = found(
        healthy,
        Resource.DATABASE,
        sessions={"io": 1.0, "in_transaction": blocks, "answer_ms": 2.0},
        pool_waiters=0.0,
        event_loop_lag_p50_ms=0.0,
    )

    assert answers is not None
    assert answers.share == pytest.approx(share, rel=0.01)
    assert ("three at least" in answers.evidence) is (blocks > 1)


@pytest.mark.parametrize(
    ("postgres", "unseen"),
    [
        (ComponentUsage(), True),
        (ComponentUsage(sessions=IDLE), True),
        (ComponentUsage(sessions=replace(IDLE, answer_ms=0.4)), False),
        (ComponentUsage(cpus_used=0.1), False),
    ],
)
def test_a_database_is_seen_by_its_cpu_or_by_how_soon_it_answers(healthy, postgres, unseen):
    assert is_unseen(trial_of(healthy, others={"postgres": postgres})) is unseen
