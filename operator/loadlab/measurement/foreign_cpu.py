"""What strangers used of a trial's CPUs: those were busy longer than the experiment used them.

The kernel tells how long CPUs were busy, and each component what it used; the difference is the
kubelet, containerd, the kernel's own work, neighbours, and whatever else runs on the node
(utilisation law: busy time is the sum of all users' demands; Denning & Buzen 1978). Time that the
hypervisor gave to others is a stranger's too. Where the use of a component is not known, or of a
container that admission added to a pod of ours (a mesh's proxy), it looks like a stranger's, and
what is found is the most that strangers may have used.

The steward sees the node that it is on: where no part of the trial is, nobody there is in its way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadlab.base.names import STORES, Component
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.usage import GENERATOR, CpuSetUsage
from loadlab.measurement.values import TrialMeasurement

# containerd carries a line of a log from the service's pipe into a file, several at once where they
# come so fast that it lags behind.
LOG_LINE_MICROS = 100.0
LOG_CPUS = 0.2
# All parts are not asked at one moment, and one that is short of CPU answers late.
MOST_OF_BUSY, BUSY_SLACK = 1.5, 0.2  # of the CPU seconds a second that were busy, and beside them
_PARTS = (Component.SERVICE, Component.WORKER, GENERATOR, *STORES)
_POD_OF = {GENERATOR: Component.K6}
_BESIDE_THE_SERVICE = (Component.WORKER, Component.K6, *STORES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCpu:
    """One set of CPUs over the measurement; all in CPU seconds a second."""

    where: str  # which CPUs, in words
    cpus: int
    busy: float
    ours: dict[str, float]  # by component
    unknown: tuple[str, ...]  # components that may run there, and nobody knows what they use
    stolen: float  # by the hypervisor
    logs: float  # what containerd may have used there for the service's log
    idle: float  # busy there, or nearby, before the loads, when no part had work

    @property
    def taken(self) -> float:
        """What strangers used, on this machine and beside it; with unknown users, at most."""
        return max(0.0, self.busy - sum(self.ours.values()) - self.logs) + self.stolen


def foreign_cpu(trial: TrialMeasurement) -> Iterator[ForeignCpu]:
    """Yield the sets of CPUs that were measured."""
    if (shared := watched_cpus(trial)) is not None:
        words = "beside the service's" if trial.owns_cpus else "that all share"
        where = f"the {_counted(shared)} {words}{_on_node(trial, Component.STEWARD)}"
        users, idle = _users(trial, Component.STEWARD), _idle(trial, "shared")
        logs = 0.0 if _is_elsewhere(trial) else _logs(trial)
        yield _difference(where, shared, users, logs=logs, idle=idle)
    own, used = _service_cpus(trial), trial.cpus_used_by(Component.SERVICE)
    if own is not None and used is not None and trial.owns_cpus:
        where = f"the service's own {_counted(own)}{_on_node(trial, Component.SERVICE)}"
        users, idle = {Component.SERVICE.value: used}, _idle(trial, "service")
        yield _difference(where, own, users, logs=_logs(trial), idle=idle)
    elif own is not None and not trial.owns_cpus and _is_elsewhere(trial):
        where = f"the {_counted(own)} that all share{_on_node(trial, Component.SERVICE)}"
        users, idle = _users(trial, Component.SERVICE), _idle(trial, "service")
        yield _difference(where, own, users, logs=_logs(trial), idle=idle)


def watched_cpus(trial: TrialMeasurement) -> CpuSetUsage | None:
    """Return the shared CPUs of the steward's node; None where no part of the trial is there."""
    watched = set(_nodes(trial, Component.STEWARD))
    parts = (Component.SERVICE, *_BESIDE_THE_SERVICE)
    nodes = [set(ran.nodes) for part in parts if (ran := trial.ran.get(part)) is not None]
    is_alone = watched and nodes and all(each and not each & watched for each in nodes)
    return None if is_alone else trial.shared_cpus


def _service_cpus(trial: TrialMeasurement) -> CpuSetUsage | None:
    """Return the CPUs that the service may run on; None where its pods are on several nodes.

    Pods without CPUs of their own tell of the same ones, once for all: of more than their node has
    some were counted twice.
    """
    usage, own = trial.components.get(Component.SERVICE), trial.service_cpus
    online = usage.cpus_online if usage else None
    if own is None or not _is_together(trial) or (online is not None and own.cpus > online):
        return None
    return own


def unwatched(trial: TrialMeasurement) -> dict[str, tuple[str, ...]]:
    """Return nodes whose CPUs nobody looked at, with the parts that ran there.

    The service's instruments tell of the CPUs that it may run on: of none that others share, where
    it owns its own, and of none of the other nodes, where its pods are on several.
    """
    seen = set(_nodes(trial, Component.STEWARD))
    if not seen:
        return {}
    of_service = set(_nodes(trial, Component.SERVICE)) if _service_cpus(trial) else set[str]()
    shared = set[str]() if trial.owns_cpus else of_service
    found: dict[str, tuple[str, ...]] = {}
    for part in (Component.SERVICE, *_BESIDE_THE_SERVICE):
        known = of_service if part is Component.SERVICE else shared
        for node in sorted(set(_nodes(trial, part)) - seen - known):
            found[node] = (*found.get(node, ()), part.value)
    return found


def _logs(trial: TrialMeasurement) -> float:
    """Return what may have been used, on any CPU of its node, for what the service printed."""
    lines = trial.seen_per_second * trial.load.log_lines
    return min(LOG_CPUS, lines * LOG_LINE_MICROS / 1e6)


def _idle(trial: TrialMeasurement, cpus: str) -> float:
    """Return what the steward saw in quiet moments; 0 where it saw none.

    Daemons are bound to no CPU: those that a load drives off the shared CPUs are met on the
    service's own, and so what all of a node's sets had in quiet moments may be met on each.
    """
    seen = trial.quietness.idle_cpus if trial.quietness else {}
    together = trial.owns_cpus and _are_known(trial) and not _is_elsewhere(trial)
    return sum(seen.values()) if together else seen.get(cpus, 0.0)


def _is_elsewhere(trial: TrialMeasurement) -> bool:
    """Whether the service is known to run on other nodes than the shared CPUs."""
    service, steward = _nodes(trial, Component.SERVICE), _nodes(trial, Component.STEWARD)
    return bool(service and steward and service != steward)


def _are_known(trial: TrialMeasurement) -> bool:
    return bool(_nodes(trial, Component.SERVICE) and _nodes(trial, Component.STEWARD))


def _nodes(trial: TrialMeasurement, part: Component) -> tuple[str, ...]:
    ran = trial.ran.get(part)
    return ran.nodes if ran else ()


def _difference(
    where: str,
    found: CpuSetUsage,
    users: Mapping[str, float | None],
    *,
    logs: float,
    idle: float,
) -> ForeignCpu:
    busy = found.busy * found.cpus
    ours = _believed(busy, {name: cpus for name, cpus in users.items() if cpus is not None})
    return ForeignCpu(
        where=where,
        cpus=found.cpus,
        busy=busy,
        stolen=found.stolen * found.cpus,
        ours=ours,
        unknown=tuple(name for name in users if name not in ours),
        logs=logs,
        idle=idle,
    )


def _believed(busy: float, ours: dict[str, float]) -> dict[str, float]:
    """Leave out what the service says of itself, and beside it, where it was more than was busy.

    It would hide whatever others used.
    """
    is_too_much = sum(ours.values()) > MOST_OF_BUSY * busy + BUSY_SLACK
    told = {name for name in ours if name == Component.SERVICE or name not in _PARTS}
    return {name: n for name, n in ours.items() if name not in told or not is_too_much}


def _used(trial: TrialMeasurement, name: str) -> float | None:
    """Return the CPUs that a part used; where pods of a service did so on one node is not known."""
    is_apart = name == Component.SERVICE and not _is_together(trial)
    return None if is_apart else trial.cpus_used_by(name)


def _users(trial: TrialMeasurement, beside: Component) -> dict[str, float | None]:
    """Return the parts that may have used the shared CPUs of the node of one of them.

    What admission added to their pods is no neighbour's.
    """
    used = {name: _used(trial, name) for name in _PARTS if _may_be_there(trial, name, beside)}
    return used | dict(_added(trial, beside))


def _added(trial: TrialMeasurement, beside: str) -> Iterator[tuple[str, float | None]]:
    """Yield the containers that were added, such as `istio-proxy beside k6, service`.

    They own no CPUs: where the service does, such a container uses those that all share. What it
    used is known where a meter shares its process namespace: beside one pod of an own image.
    """
    other, unknown = trial.ran.get(beside), dict[str, list[str]]()
    for part, ran in sorted(trial.ran.items()):
        if not ran.beside or not (other is None or _share_a_node(ran, other)):
            continue
        names = ", ".join(ran.beside)
        if (used := _used_beside(trial, part)) is not None:
            yield f"{names} beside {part}", used
        else:
            unknown.setdefault(names, []).append(part)
    yield from ((f"{names} beside {', '.join(found)}", None) for names, found in unknown.items())


def _used_beside(trial: TrialMeasurement, part: str) -> float | None:
    """Return what was used beside a part; processes that ended meanwhile took their time along."""
    usage = trial.components.get(part)
    if part != Component.SERVICE or _pods(trial) > 1 or usage is None:
        return None
    return usage.cpus_beside if usage.cpus_beside is not None and usage.cpus_beside >= 0 else None


def _may_be_there(trial: TrialMeasurement, part: str, beside: Component) -> bool:
    """Whether a part took place in the trial, and may have used CPUs that all share there."""
    if part == Component.SERVICE and trial.owns_cpus:
        return False
    ran, other = trial.ran.get(_POD_OF.get(part, part)), trial.ran.get(beside)
    if ran is None:
        return part in {Component.SERVICE, GENERATOR} or part in trial.components
    return other is None or _share_a_node(ran, other)


def _share_a_node(one: RanAs, other: RanAs) -> bool:
    """Whether some of their pods may have run on one node."""
    return not one.nodes or not other.nodes or bool(set(one.nodes) & set(other.nodes))


def _is_together(trial: TrialMeasurement) -> bool:
    """Whether all pods of the service are on one node, so that their sum is what was used there."""
    return _pods(trial) == 1 or len(_nodes(trial, Component.SERVICE)) == 1


def _pods(trial: TrialMeasurement) -> int:
    ran = trial.ran.get(Component.SERVICE)
    return ran.pods if ran else 1


def _counted(found: CpuSetUsage) -> str:
    return "CPU" if found.cpus == 1 else f"{found.cpus} CPUs"


def _on_node(trial: TrialMeasurement, part: Component) -> str:
    ran = trial.ran.get(part)
    return f" on node {ran.nodes[0]}" if ran and ran.nodes else ""
