"""How full each resource was in one trial: the CPUs, the loop, the pools and the queue."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from loadlab.base.names import Component
from loadlab.measurement.put_off import put_off
from loadlab.measurement.usage import GENERATOR, ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Confidence, Resource
from loadlab.validity import bounds

# In the order in which one makes the next wait.
WAITING = (
    Resource.EVENT_LOOP,
    Resource.DATABASE_LOCKS,
    Resource.DATABASE_DISK,
    Resource.DATABASE,
    Resource.DATABASE_POOL,
    Resource.THREAD_POOL,
)
# Beyond this it is no Python that computes: one process has one interpreter lock.
ONE_CPU = 1.1
_OWNERS = {
    Component.SERVICE: Resource.SERVICE_CPU,
    Component.POSTGRES: Resource.DATABASE,
    Component.REDIS: Resource.REDIS,
    Component.WORKER: Resource.NODE_CPU,  # its backlog tells whether it keeps up
    GENERATOR: Resource.GENERATOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fullness:
    """One resource: how much of it was used, whether that is all of it, and in words."""

    resource: Resource
    share: float  # of what there is; above 1 where more was wanted than there is
    is_full: bool
    evidence: str
    is_at_times: bool = False  # full for a part of the time only
    # Requests are seen to wait for it, each for as long as it takes: a stage says for how long.
    is_queue: bool = False
    at_most: Confidence = Confidence.HIGH  # however much room all others have


def backlog(trial: TrialMeasurement) -> Iterator[Fullness]:
    """Compare what the queue worker wrote with what was accepted meanwhile."""
    if (found := put_off(trial)) is not None:
        yield Fullness(
            resource=Resource.QUEUE,
            share=found.behind,
            is_full=found.behind > bounds.BACKLOG_SHARE,
            evidence=found.words,
        )


def machines(trial: TrialMeasurement) -> Iterator[Fullness]:
    """Yield every CPU that is known: of the service, of the stores, of k6, and of the rest."""
    if service := trial.components.get(Component.SERVICE):
        yield from _service(trial, service)
    limits = trial.cpu_limits
    # Redis executes commands in one thread, whatever its limit.
    for name, most in ((Component.POSTGRES, None), (Component.REDIS, 1.0)):
        usage = trial.components.get(name)
        known = [limit for limit in (limits.get(name), most) if limit]
        if usage and usage.cpus_used is not None and known:
            full = _cpu(_OWNERS[name], name, usage.cpus_used, min(known))
            yield replace(full, evidence=full.evidence + _set_by(trial, name))
    k6 = trial.generator.cpu_share
    yield _fullness(Resource.GENERATOR, k6, f"k6 used {k6:.0%} of its CPUs")
    yield from _shared(trial)
    yield from _stolen(trial)


def _service(trial: TrialMeasurement, service: ComponentUsage) -> Iterator[Fullness]:
    limit = trial.cpu_limits.get(Component.SERVICE)
    if service.cpus_used is not None and limit:
        throttled = throttled_share(trial)
        is_throttled = throttled > bounds.SERVICE_THROTTLED_SHARE
        found = _cpu(
            Resource.CPU_THROTTLING if is_throttled else Resource.SERVICE_CPU,
            "the service",
            service.cpus_used,
            limit,
        )
        words = f" and was {_throttled_words(service, throttled)}" if is_throttled else ""
        yield Fullness(
            resource=found.resource,
            share=found.share,
            is_full=found.is_full,
            evidence=found.evidence + _set_by(trial, Component.SERVICE) + words,
        )
    # One Python process computes on one CPU, however many the service may use.
    busiest = service.busiest_process_cpus
    if busiest is not None and busiest <= bounds.CPU_FULL:
        yield from _at_times(service)
    if busiest is not None and busiest <= ONE_CPU and (limit or 2) > 1:
        found = _cpu(Resource.SERVICE_CPU, "the service's busiest process", busiest, 1.0)
        yield replace(found, evidence=found.evidence + _uneven(service))


def _at_times(service: ComponentUsage) -> Iterator[Fullness]:
    """Processes that compute without a pause for a part of the time, and rest for the other."""
    if (share := service.cpu_full) is not None:
        yield Fullness(
            resource=Resource.SERVICE_CPU,
            share=share,
            is_full=share > bounds.CPU_FULL_AT_TIMES,
            evidence=f"a process computed without a pause for {share:.0%} of the time",
            is_at_times=True,
        )


def _uneven(service: ComponentUsage) -> str:
    """Say where one process has most of the work: more of them would not help."""
    spread = service.request_spread
    if spread is None or spread <= bounds.WORKER_SPREAD:
        return ""
    return f", and of {service.processes} it served {spread:.0f} times what the idlest did"


def _set_by(trial: TrialMeasurement, name: str) -> str:
    ran = trial.ran.get(name)
    return f", which {ran.set_by} set" if ran and ran.set_by else ""


def throttled_share(trial: TrialMeasurement) -> float:
    """Return the share of the time in which its limit stopped the service, 0..1; a pod on average.

    The kernel adds up its CPUs, of which several may have been stopped at once: this is the most
    that it can be.
    """
    service = trial.components.get(Component.SERVICE, ComponentUsage())
    seconds = trial.counts.seconds if trial.counts else 0.0
    share = (service.throttled_seconds or 0.0) / seconds if seconds else 0.0
    return min(1.0, share / pods_of_service(trial))


def _throttled_words(service: ComponentUsage, share: float) -> str:
    at_most = "up to " if (service.cpus_allowed or 1) > 1 else ""
    return f"throttled for {at_most}{share:.0%} of the time"


def pods_of_service(trial: TrialMeasurement) -> int:
    """Return how many pods the service's figures are laid together from."""
    ran = trial.ran.get(Component.SERVICE)
    return max(1, ran.pods if ran else 1)


def _shared(trial: TrialMeasurement) -> Iterator[Fullness]:
    """The CPUs that stores, worker and generator share are full because of their largest user."""
    shared = trial.shared_cpus
    if shared is None:
        return
    users = [name for name in _OWNERS if name != Component.SERVICE or not trial.owns_cpus]
    used = {name: cpus for name in users if (cpus := trial.cpus_used_by(name)) is not None}
    which = "beside the service's" if trial.owns_cpus else "that all share"
    busy = shared.busy * shared.cpus
    # On a cluster of several nodes these may not be the CPUs that they run on.
    here = sum(used.values()) <= bounds.USERS_AT_MOST * busy
    largest = max(used, key=lambda name: used[name], default=None) if here else None
    known = largest is not None and used[largest] >= bounds.LARGEST_USER * busy
    # Nobody's: of other pods, of the node itself.
    others = {"others": busy - sum(used.values())} if trial.components else {}
    parts = ", ".join(
        f"{name} {cpus / shared.cpus:.0%}"
        for name, cpus in sorted((used | others).items(), key=lambda item: (-item[1], item[0]))
        if cpus > 0
    )
    yield _fullness(
        _OWNERS[largest] if known and largest else Resource.NODE_CPU,
        shared.busy,
        f"the CPUs {which} were {shared.busy:.0%} busy" + (f" ({parts})" if here and parts else ""),
    )


def _stolen(trial: TrialMeasurement) -> Iterator[Fullness]:
    """CPUs are full as well where the hypervisor gives the rest of them to others."""
    own = trial.service_cpus if trial.owns_cpus else None
    for which, cpus in (("the service's own CPUs", own), ("the shared CPUs", trial.shared_cpus)):
        if cpus is not None and cpus.stolen > bounds.FOREIGN_SHARE:
            words = f"{which} were {cpus.busy:.0%} busy, and the hypervisor took {cpus.stolen:.0%}"
            yield _fullness(Resource.NODE_CPU, cpus.busy + cpus.stolen, words)


def waiting(trial: TrialMeasurement) -> Iterator[Fullness]:
    """Yield the queues inside the service: for its event loops, its connections, its threads."""
    service = trial.components.get(Component.SERVICE)
    if service is None:
        return
    if (lag := service.event_loop_lag_p50_ms) is not None:
        pods = pods_of_service(trial)  # of several the steward tells the worst one's
        which = f" in the worst of {pods} pods" if pods > 1 else ""
        yield Fullness(
            resource=Resource.EVENT_LOOP,
            share=lag / bounds.LOOP_LAG_MS,
            is_full=lag > bounds.LOOP_LAG_MS,
            evidence=f"half of the events{which} waited more than {lag:,.0f} ms for the event loop",
        )
    if (waiters := service.pool_waiters) is not None:
        each = waiters / max(1, service.processes or 1)
        yield Fullness(
            resource=Resource.DATABASE_POOL,
            share=each / bounds.POOL_WAITERS,
            is_full=each > bounds.POOL_WAITERS,
            is_queue=True,
            evidence=f"{each:.2g} requests a process waited for a connection of the pool",
        )
    if (exhausted := service.threads_exhausted) is not None:
        # As many calls as threads leave none free, and none waits.
        waited_for = service.thread_waiters is None or (
            service.thread_waiters / max(1, service.processes or 1) > bounds.POOL_WAITERS
        )
        yield Fullness(
            resource=Resource.THREAD_POOL,
            share=exhausted,
            is_full=exhausted > bounds.THREADS_EXHAUSTED and waited_for,
            is_queue=True,
            evidence=f"no thread was free for {exhausted:.0%} of the time",
        )


def _cpu(resource: Resource, who: str, used: float, limit: float) -> Fullness:
    return _fullness(resource, used / limit, f"{who} used {used:.2f} of {limit:g} CPU")


def _fullness(resource: Resource, share: float, evidence: str) -> Fullness:
    full = share > bounds.CPU_FULL
    return Fullness(resource=resource, share=share, is_full=full, evidence=evidence)
