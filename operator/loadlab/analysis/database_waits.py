"""What the connections to the database were held for, where requests wait for it.

A full pool says that connections are not given back in time, and not why. The sessions say it:
they wait for locks, for the disk, or for a server that somebody else fills. By Little's law the
mean number of sessions at something, over the rate, is the time that a request spends at it
(Denning & Buzen, The Operational Analysis of Queueing Network Models, 1978, section 3). Where that
is little of its time beside the queues, it is not what held the request up, whatever else the
sessions were not doing.

Of somebody else's server nobody sees the CPU. Where it is short of it, sessions whose next query is
there already still look as they did before: idle, or holding a transaction open. But then the
simplest query takes long as well.
"""

from collections.abc import Iterator

from loadlab import spelling
from loadlab.analysis.stages import in_database_ms, pool_wait_ms, without_queues_ms
from loadlab.analysis.utilisation import Fullness, waiting
from loadlab.base.names import Component
from loadlab.measurement.sessions import SessionUsage
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Confidence, Resource
from loadlab.validity import bounds


def database_waits(trial: TrialMeasurement) -> Iterator[Fullness]:
    """Yield what the sessions spent their time at, full where most of a request's goes there."""
    postgres = trial.components.get(Component.POSTGRES)
    if postgres is None or (sessions := postgres.sessions) is None or not sessions.in_use:
        return
    if postgres.cpus_used is None:
        yield from _slow_answers(trial, sessions)
    yield _wait(trial, sessions, Resource.DATABASE_LOCKS, sessions.lock, "waited for a lock")
    yield _wait(trial, sessions, Resource.DATABASE_DISK, sessions.io, "waited for the disk")
    if _may_be_short_of_cpu(trial, postgres):
        words = "ran a query, or were ready to"
        yield _wait(trial, sessions, Resource.DATABASE, sessions.running, words)


def is_unseen(trial: TrialMeasurement) -> bool:
    """Whether neither the database's CPU is known nor how soon it answers."""
    postgres = trial.components.get(Component.POSTGRES, ComponentUsage())
    sessions = postgres.sessions
    return postgres.cpus_used is None and (sessions is None or sessions.answer_ms is None)


def _slow_answers(trial: TrialMeasurement, sessions: SessionUsage) -> Iterator[Fullness]:
    """Yield how long the simplest query took, of the time that a request had a connection."""
    latency, answer_ms = trial.latency_ms, sessions.answer_ms
    if latency is None or answer_ms is None:
        return
    # A transaction of its own is begun, does something and is ended: three answers.
    is_block = 2 * sessions.in_transaction > sessions.in_use
    held_ms = latency.avg - pool_wait_ms(trial)
    share = (3 if is_block else 1) * answer_ms / held_ms if held_ms > 0 else 0.0
    each = ", and a transaction has three at least" if is_block else ""
    yield Fullness(
        resource=Resource.DATABASE,
        share=share,
        is_full=share > bounds.ANSWER_SHARE and answer_ms > bounds.ANSWER_MS and _holds_up(trial),
        at_most=Confidence.MEDIUM,  # its CPU's time or the network's, nobody sees which
        evidence=f"the database took {spelling.number(answer_ms)} ms for the simplest query{each}",
    )


def _wait(
    trial: TrialMeasurement,
    sessions: SessionUsage,
    resource: Resource,
    at_it: float,
    words: str,
) -> Fullness:
    share = at_it / sessions.in_use
    rate = trial.seen_per_second
    each = f": {spelling.number(1000 * at_it / rate)} ms of each request" if rate else ""
    of_request = share_of_request(trial, at_it)
    known = 1.0 if of_request is None else of_request
    is_held = _waits_for_connection(trial) or not (of_request is None or trial.load.open_model)
    is_most = share > bounds.SESSIONS_SHARE and at_it > bounds.SESSIONS
    return Fullness(
        resource=resource,
        share=min(share, known),
        is_full=is_most and is_held and known >= bounds.MATERIAL_STAGE,
        is_queue=True,
        at_most=(
            Confidence.HIGH if (of_request or 0.0) > bounds.LARGEST_STAGE else Confidence.MEDIUM
        ),
        evidence=f"of {sessions.in_use:.2g} connections in use {at_it:.2g} {words}{each}",
    )


def _may_be_short_of_cpu(trial: TrialMeasurement, postgres: ComponentUsage) -> bool:
    """Whether sessions that run tell more than its CPU does.

    Of somebody else's server they are all that is seen; and a CPU that is nearly full makes them
    wait, so that threads and connections that they hold are not given back.
    """
    if postgres.cpus_used is None:
        return True
    limit = trial.cpu_limits.get(Component.POSTGRES)
    return limit is not None and bounds.CPU_BUSY < postgres.cpus_used / limit <= bounds.CPU_FULL


def share_of_request(trial: TrialMeasurement, sessions: float) -> float | None:
    """Return which share of a request's time beside its queues, 0..1, so many sessions are.

    None where it is not known: no request was answered, or a queue's worker has sessions, too.
    """
    here, all_ms = in_database_ms(trial, sessions), without_queues_ms(trial)
    return None if here is None or all_ms is None else here / max(here, all_ms, 1e-9)


def _holds_up(trial: TrialMeasurement) -> bool:
    """Whether requests wait for the database: a kept rate with idle connections does not."""
    return not trial.load.open_model or _waits_for_connection(trial)


def _waits_for_connection(trial: TrialMeasurement) -> bool:
    full = {found.resource for found in waiting(trial) if found.is_full}
    return Resource.DATABASE_POOL in full
