"""How sure an attribution may be: no surer than what was observed, and its remedy no bolder.

| doubt                                                          | at most | another remedy |
|----------------------------------------------------------------|---------|----------------|
| more of the response time is unexplained than any stage takes  | Low     |                |
| a queue takes < 10 % of the response time                      | Low     |                |
| most that is done with a connection or thread is unexplained   | Medium  | look at that   |
| nobody sees whether the database behind the pool is full       | Medium  |                |
| most sessions wait in the server, for no lock and no disk      | Medium  | look for what  |
| more than few requests failed, by whatever was full            | Medium  |                |
| most requests failed                                           | Low     | look why       |
| the service waited for its memory, or may have                 | Medium  | more memory    |
| the loop's process was stopped by its limit                    | Medium  | a higher limit |
| the loop is that of one pod of several, or < 10 % of the time  | Medium  |                |
| Redis used more than its one thread can                        | Medium  |                |

A request comes to its event loop several times, and nobody counts how often: what is known of
that stage is the least it may be. So its share makes it no less than Medium.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.analysis.database_waits import is_unseen, share_of_request
from loadlab.analysis.fairness import MATERIAL_FAILURES
from loadlab.analysis.stages import REMEDIES
from loadlab.analysis.utilisation import ONE_CPU, Fullness, pods_of_service, throttled_share
from loadlab.base.names import Component
from loadlab.base.text import fit
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Confidence, Resource, Stage
from loadlab.validity import bounds

LEAST_CERTAIN_FIRST = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
LONGEST_FAILURE = 60  # characters of the most frequent failure
_POOLS = (Resource.DATABASE_POOL, Resource.THREAD_POOL)
_OF_MEMORY = {Resource.SERVICE_CPU, Resource.CPU_THROTTLING, Resource.EVENT_LOOP, *_POOLS}
_LOOK_INSIDE = {
    Resource.THREAD_POOL: (
        "look what the threads wait for: more of them help only where that has room for more"
    ),
    Resource.DATABASE_POOL: (
        "look what the connections are held for: a larger pool helps only where that has room"
    ),
}
_IN_SERVER = (
    "look at wait_event of pg_stat_activity: more sessions make a queue for the server's own locks "
    "(LWLock) longer, and an answer to a slow reader (Client) no sooner"
)
_REFUSED = "find why requests fail first: what is full may be full of refusing them"
_MEMORY = "more memory for the service, in spec.resources.service, or less that it holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why an attribution is no certainty, and what else is to be done about it."""

    at_most: Confidence
    words: str = ""  # empty where the evidence says it already
    remedy: str = ""  # empty where that of the resource holds


def doubts(
    trial: TrialMeasurement, name: Resource, named: Fullness | None, stages: Sequence[Stage]
) -> Iterator[Doubt]:
    """Yield what speaks against being sure of a bottleneck, the worst first.

    `named` is what was full, None where nothing was: then a stage was named, or what was fullest.
    """
    if name not in REMEDIES:
        return
    yield from _failures(trial)
    yield from _memory(trial, name)
    yield from _sessions(trial, name, named)
    if named is not None:
        yield from _queue(trial, named, {stage.name: stage.share for stage in stages})
    if name is Resource.EVENT_LOOP:
        yield from _loop(trial, stages)
    redis = trial.components.get(Component.REDIS, ComponentUsage()).cpus_used or 0.0
    if name is Resource.REDIS and redis > ONE_CPU:
        yield Doubt(at_most=Confidence.MEDIUM, words="its children, which write files, are in that")


def _failures(trial: TrialMeasurement) -> Iterator[Doubt]:
    """Refusing takes CPU as well: what is full may be full of it."""
    rate = trial.failed_rate
    if rate <= MATERIAL_FAILURES:
        return
    most = f" ({fit(trial.failures[0].text, LONGEST_FAILURE)})" if trial.failures else ""
    is_minority = rate > bounds.FAILED_SHARE
    yield Doubt(
        at_most=Confidence.LOW if is_minority else Confidence.MEDIUM,
        words=f"{rate:.1%} of the requests failed{most}",
        remedy=_REFUSED if is_minority else "",
    )


def _memory(trial: TrialMeasurement, name: Resource) -> Iterator[Doubt]:
    """A process that waits for its own pages holds everything up, and computes little or a lot."""
    service = trial.components.get(Component.SERVICE, ComponentUsage())
    faults, limit = service.major_faults, _memory_limit(trial)
    if faults is not None:
        if name in _OF_MEMORY and faults > bounds.MAJOR_FAULTS:
            words = f"its memory was short: it waited for {spelling.number(faults)} pages a second"
            yield Doubt(at_most=Confidence.MEDIUM, words=words, remedy=_MEMORY)
        return
    share = (service.memory_bytes or 0) / limit if limit else 0.0
    if name is Resource.EVENT_LOOP and share > bounds.MEMORY_FULL:
        words = f"its memory may have been short: it used {share:.0%} of its limit"
        yield Doubt(at_most=Confidence.MEDIUM, words=words)


def _memory_limit(trial: TrialMeasurement) -> float | None:
    """Bytes that all pods of the service may use."""
    ran = trial.ran.get(Component.SERVICE)
    return ran.memory_limit * ran.pods if ran and ran.memory_limit else None


def _sessions(trial: TrialMeasurement, name: Resource, named: Fullness | None) -> Iterator[Doubt]:
    """Most sessions may wait for what a larger pool, or an index, makes no shorter."""
    sessions = trial.components.get(Component.POSTGRES, ComponentUsage()).sessions
    # A full CPU is its own reason, whatever else the sessions wait for.
    is_by_stage = name is Resource.DATABASE and named is None
    if sessions is None or not (name in _POOLS or is_by_stage):
        return
    is_most = sessions.other > max(bounds.SESSIONS, bounds.SESSIONS_SHARE * sessions.in_use)
    share = share_of_request(trial, sessions.other)
    if is_most and (share is None or share >= bounds.MATERIAL_STAGE):
        words = (
            f"of {sessions.in_use:.2g} connections in use {sessions.other:.2g} waited in the "
            "server, for no lock of a row and no disk"
        )
        yield Doubt(at_most=Confidence.MEDIUM, words=words, remedy=_IN_SERVER)


def _queue(
    trial: TrialMeasurement, named: Fullness, shares: Mapping[Resource, float]
) -> Iterator[Doubt]:
    """What requests wait for has to explain what they wait, and what is waited for its own time."""
    if named.resource is Resource.DATABASE_POOL and is_unseen(trial):
        yield Doubt(at_most=Confidence.MEDIUM)
    if not named.is_queue or not shares:
        return
    rest = shares.get(Resource.UNATTRIBUTED, 0.0)
    largest = max(
        (share for name, share in shares.items() if name is not Resource.UNATTRIBUTED), default=0.0
    )
    own = shares.get(named.resource, 0.0)
    inside = 1 - sum(shares.get(name, 0.0) for name in (*_POOLS, Resource.EVENT_LOOP))
    is_inside = named.resource in _POOLS and rest > inside / 2
    remedy = _LOOK_INSIDE[named.resource] if is_inside else ""
    if rest >= largest:
        words = f"{rest:.0%} of the response time are unexplained"
        yield Doubt(at_most=Confidence.LOW, words=words, remedy=remedy)
    elif is_inside:
        words = f"of the time behind the queue {rest / inside:.0%} are unexplained"
        yield Doubt(at_most=Confidence.MEDIUM, words=words, remedy=remedy)
    if named.resource in _POOLS and own < bounds.MATERIAL_STAGE and rest < largest:
        words = f"that is {own:.0%} of the response time"
        yield Doubt(at_most=Confidence.LOW, words=words)


def _loop(trial: TrialMeasurement, stages: Sequence[Stage]) -> Iterator[Doubt]:
    """What is late may be one pod, the limit's doing, or little of what a request takes."""
    if (throttled := throttled_share(trial)) > bounds.SERVICE_THROTTLED_SHARE:
        words = f"its CPU limit stopped it for up to {throttled:.0%} of the time"
        remedy = REMEDIES[Resource.CPU_THROTTLING]
        yield Doubt(at_most=Confidence.MEDIUM, words=words, remedy=remedy)
    if pods_of_service(trial) > 1:
        yield Doubt(at_most=Confidence.MEDIUM, words="of the other pods it is not known")
    own = next((stage.share for stage in stages if stage.name is Resource.EVENT_LOOP), 0.0)
    if stages and own < bounds.MATERIAL_STAGE:
        words = f"once in a request that is {own:.0%} of its response time"
        yield Doubt(at_most=Confidence.MEDIUM, words=words)
