"""From the pods of a run to what they were: what the trial is judged by, and what it records."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from loadlab.measurement.ran_as import RanAs
from loadlab.model.status.chosen import MOST_NODES
from loadlab.model.status.trial import RunAs
from loadlab.progress.observed import ContainerKind, PodView, Resources

LIMIT_RANGE = "a LimitRange of the namespace"


def what_ran(pods: Iterable[PodView], restarted: Set[str] = frozenset()) -> dict[str, RanAs]:
    """Return what each component was; of several pods the one that may use the least CPU.

    Of those `restarted` a container was started again in mid-run.
    """
    by_component: dict[str, list[PodView]] = {}
    for pod in pods:
        if pod.component is not None and pod.containers:
            by_component.setdefault(pod.component.value, []).append(pod)
    return {
        name: replace(_component(each), restarted=name in restarted)
        for name, each in by_component.items()
    }


def _component(pods: list[PodView]) -> RanAs:
    least = min((_ran_as(pod) for pod in pods), key=lambda ran: _most(ran.cpu_limit))
    nodes = sorted({pod.node for pod in pods if pod.node})
    beside = sorted({name for pod in pods for name in _added(pod)})
    return replace(least, pods=len(pods), nodes=tuple(nodes), beside=tuple(beside))


def _added(pod: PodView) -> Iterator[str]:
    """Yield the containers that admission added, but for those that end before ours begin."""
    added = (each for each in pod.containers if not each.ours)
    return (each.name for each in added if each.kind is not ContainerKind.INIT)


def recorded(ran: RanAs, cpus_allowed: int | None = None) -> RunAs:
    """Return what a trial's status says of a component."""
    return RunAs(
        qos_class=ran.qos_class,
        cpu_limit=ran.cpu_limit,
        cpu_request=ran.cpu_request,
        memory_limit=_whole(ran.memory_limit),
        memory_request=_whole(ran.memory_request),
        cpus_allowed=cpus_allowed,
        nodes=ran.nodes[:MOST_NODES],
    )


def _ran_as(pod: PodView) -> RanAs:
    own, whole = pod.own.resources, pod.pod_resources or Resources()
    return RanAs(
        cpu_limit=_least(own.cpu_limit, whole.cpu_limit),
        cpu_request=own.cpu_request,
        memory_limit=_least(own.memory_limit, whole.memory_limit),
        memory_request=own.memory_request,
        qos_class=pod.qos_class,
        set_by=LIMIT_RANGE if _is_by_limit_range(pod) else "",
    )


def _is_by_limit_range(pod: PodView) -> bool:
    """Whether the API server noted that it set the CPU limit of the pod's own container."""
    notes = pod.limit_ranger.partition(":")[2].split(";")
    return any("cpu" in n and n.endswith(f"limit for container {pod.own.name}") for n in notes)


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _most(limit: float | None) -> float:
    return float("inf") if limit is None else limit


def _whole(amount: float | None) -> int | None:
    return None if amount is None else int(amount)
