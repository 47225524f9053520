"""The mean response time of a request, shared out by what it did or waited for meanwhile.

By Little's law the mean number of requests at a place, over the rate at which they come by, is the
time that each spends there (Denning & Buzen, The Operational Analysis of Queueing Network Models,
1978, section 3): so it is for connections, threads and the database's sessions. CPU per request is
the utilisation law's. An event loop is waited for once at least, when a request is read: that is as
long as half of the events waited. What none of them explains stands beside them as Unattributed.
"""

from collections.abc import Iterator

from loadlab import spelling
from loadlab.base.names import Component
from loadlab.measurement.completed_work import puts_off
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Resource, Stage

LEAST_SHARE = 0.01  # of a stage that is told
REMEDIES = {
    Resource.EVENT_LOOP: (
        "find what blocks the event loop, such as a blocking call in async def, or add workers"
    ),
    Resource.THREAD_POOL: "more threads, or less time in each of them",
    Resource.DATABASE_POOL: "a larger pool, or connections that are given back sooner",
    Resource.DATABASE_LOCKS: "shorter transactions, or fewer that change the same rows",
    Resource.DATABASE_DISK: "fewer commits, or a faster disk",
    Resource.DATABASE: "cheaper queries, such as by an index, or more CPU for the database",
    Resource.SERVICE_CPU: "less work in a request, or more workers with CPUs for them",
    Resource.CPU_THROTTLING: (
        "raise the CPU limit of the service, in spec.resources.service or factors.serviceCpu"
    ),
    Resource.REDIS: "fewer or smaller commands in a request: Redis has one thread for them",
    Resource.QUEUE: "more consumers or larger batches, or a lower rate",
    Resource.GENERATOR: "more CPU for k6, in spec.resources.k6, or more pods by load.parallelism",
    Resource.NODE_CPU: "a node with more CPUs, or with less other work",
}


def share_out(trial: TrialMeasurement) -> tuple[Stage, ...]:
    """Return the stages of the mean response time, the largest first; none where nothing is known.

    Where they overlap, their sum is what they are shares of.
    """
    latency = trial.latency_ms
    known = {name: ms for name, ms in _stages(trial) if ms > 0}
    if latency is None or not known:
        return ()
    whole = max(latency.avg, sum(known.values()))
    rest = {Resource.UNATTRIBUTED: whole - sum(known.values())}
    return tuple(
        Stage(name=name, ms=ms, share=ms / whole)
        for name, ms in sorted((known | rest).items(), key=lambda item: (-item[1], item[0]))
        if ms >= LEAST_SHARE * whole
    )


def tell(stage: Stage) -> str:
    """Spell a stage, such as DatabasePool 21.3 ms (83 %)."""
    return f"{stage.name} {spelling.number(stage.ms)} ms ({stage.share:.0%})"


def _stages(trial: TrialMeasurement) -> Iterator[tuple[Resource, float]]:
    service = trial.components.get(Component.SERVICE)
    if service is not None:
        yield from _in_service(service, _served_per_second(trial))
        # Of a request, however it ended: the cost that is told is that of a good answer.
        of_good = service.cpu_micros_per_request or 0.0
        yield Resource.SERVICE_CPU, of_good * (1 - trial.failed_rate) / 1000
    yield from _in_database(trial)
    if trial.expected is not None:
        yield Resource.LOAD, trial.expected.wait_ms


def pool_wait_ms(trial: TrialMeasurement) -> float:
    """Return what a request waited for a connection of the pool, ms; 0 where nobody tells."""
    service, rate = trial.components.get(Component.SERVICE), _served_per_second(trial)
    found = dict(_in_service(service, rate)) if service is not None else {}
    return max(0.0, found.get(Resource.DATABASE_POOL, 0.0))


def in_database_ms(trial: TrialMeasurement, sessions: float) -> float | None:
    """Return the time of a request at what so many sessions are at, ms; None where none is known.

    A queue's worker has sessions, too, which no request waits for.
    """
    rate = trial.seen_per_second
    return None if puts_off(trial.components) or rate <= 0 else 1000 * sessions / rate


def without_queues_ms(trial: TrialMeasurement) -> float | None:
    """Return the response time without the waits for a connection and a thread; None for none."""
    latency, service = trial.latency_ms, trial.components.get(Component.SERVICE)
    if latency is None:
        return None
    found = dict(_in_service(service, _served_per_second(trial))) if service is not None else {}
    return latency.avg - pool_wait_ms(trial) - found.get(Resource.THREAD_POOL, 0.0)


def _in_service(service: ComponentUsage, rate: float) -> Iterator[tuple[Resource, float]]:
    lag = service.event_loop_lag_p50_ms or 0.0
    yield Resource.EVENT_LOOP, lag
    if rate > 0:
        # Who has got a connection waits for the loop once more until it can go on.
        yield Resource.DATABASE_POOL, 1000 * (service.pool_waiters or 0.0) / rate - lag
        yield Resource.THREAD_POOL, 1000 * (service.thread_waiters or 0.0) / rate


def _in_database(trial: TrialMeasurement) -> Iterator[tuple[Resource, float]]:
    """Sessions of a queue's worker are none that a request waits for."""
    postgres = trial.components.get(Component.POSTGRES)
    rate = trial.seen_per_second
    if postgres is None or (found := postgres.sessions) is None or rate <= 0:
        return
    if not puts_off(trial.components):
        yield Resource.DATABASE_LOCKS, 1000 * found.lock / rate
        yield Resource.DATABASE_DISK, 1000 * found.io / rate
        yield Resource.DATABASE, 1000 * (found.running + found.other) / rate


def _served_per_second(trial: TrialMeasurement) -> float:
    """Of several pods of a service one was asked, and its rate counts."""
    counts = trial.counts
    if counts is None or counts.server is None or counts.seconds <= 0:
        return trial.seen_per_second
    return counts.server / counts.seconds
