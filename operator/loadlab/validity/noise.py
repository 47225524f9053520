"""Is the figure steadier than its surroundings: samples above a percentile, others' CPU time."""

from collections.abc import Iterator, Mapping

from loadlab.base.names import Component
from loadlab.measurement.foreign_cpu import ForeignCpu, foreign_cpu, unwatched, watched_cpus
from loadlab.measurement.usage import Watch
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.judgement import Reason, ReasonKind, invalid, remark, suspect

LEAST_TOLD = 0.005  # CPUs, as messages have two decimals
_ROUNDING = 1e-6  # samples: 99.95 of the 100 that are needed are 99, and 28.999… are 29
NAMES_TOLD = 3  # requests whose percentiles are thin; a message is no table


def samples_too_few(answers: int, named: Mapping[str, int]) -> Iterator[Reason]:
    """Say which percentiles rest on too little, of the load and of the requests of each name.

    Where that is so of the requests of a name only, it says nothing against the row's figures.
    """
    of_load = _thin(answers)
    of_names = [f"{thin} of {name}" for name, n in sorted(named.items()) if (thin := _thin(n))]
    if not of_load and not of_names:
        return
    told = ", ".join([*([of_load] if of_load else []), *of_names[:NAMES_TOLD]])
    level = suspect if of_load else remark
    yield level(
        ReasonKind.TOO_FEW_SAMPLES,
        f"too few samples lie above {told}; a percentile needs {bounds.SAMPLES_ABOVE}: measure "
        "longer or with more load",
    )


def _thin(answers: int) -> str:
    above = {p: answers * (100 - p) / 100 for p in bounds.REPORTED_PERCENTILES}
    thin = {p: n for p, n in above.items() if 0 < n < bounds.SAMPLES_ABOVE}
    return ", ".join(f"p{p:g} ({int(n + _ROUNDING)})" for p, n in thin.items())


def foreign_cpu_used(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say how much others used of the CPUs that the trial ran on, where it is too much."""
    for found in foreign_cpu(trial):
        bound = trial.load.foreign_cpus or _bound(found)
        if found.taken < bound:
            continue
        told = f"{found.taken:.2f} CPU of {found.where}, bound {bound:.2f} CPU: {_in_words(found)}"
        if found.unknown:
            names = ", ".join(found.unknown)
            yield remark(
                ReasonKind.FOREIGN_CPU,
                f"others, or {names}, used {told}; nobody knows what {names} used, so that others "
                "may be in the figures",
            )
        else:
            yield invalid(
                ReasonKind.FOREIGN_CPU,
                f"others used {told}; end the other work there, choose another node by "
                "spec.placement.nodeSelector, or allow more by spec.placement.foreignCpu",
            )


def others_unseen(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say why nobody knows whether others took part: a trial that nobody watched shows nothing."""
    match trial.others:
        case Watch.SEEN:
            yield from _unwatched_nodes(trial)
        case Watch.NO_SNAPSHOT:
            why = "; ".join(trial.notes) or "no pod of the generator handed in a snapshot"
            yield invalid(
                ReasonKind.OTHERS_UNSEEN,
                "nobody saw what others used of the CPUs: the steward's snapshot of one end of the "
                f"measurement is missing ({why}); is the steward's pod healthy, with enough CPU?",
            )
        case Watch.CPUS_CHANGED:
            # A kubelet may tell up to its cpuManagerReconcilePeriod late: where it does so in every
            # trial none could ever be used, so that this one is not void.
            yield suspect(
                ReasonKind.OTHERS_UNSEEN,
                "nobody saw what others used of the CPUs: those that all share were more or fewer "
                "at the end, as a pod of the node was given whole CPUs or gave them back; choose "
                "a longer spec.load.warmup than the kubelet's cpuManagerReconcilePeriod, or "
                "another node by spec.placement.nodeSelector",
            )
        case Watch.UNREADABLE:
            yield suspect(
                ReasonKind.OTHERS_UNSEEN,
                "nobody saw what others used of the CPUs: the node shows no /proc/stat to the "
                "steward (a sandboxed runtime?); choose another node by "
                "spec.placement.nodeSelector",
            )


def _unwatched_nodes(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the nodes of the trial's parts on which nobody looked at the CPUs."""
    places = [f"{node} ({', '.join(parts)})" for node, parts in sorted(unwatched(trial).items())]
    if places:
        watched = ", ".join(trial.ran[Component.STEWARD].nodes)
        yield remark(
            ReasonKind.OTHERS_UNSEEN,
            f"nobody saw what others used of the CPUs of node {', '.join(places[:NAMES_TOLD])}: "
            f"the steward watches its own, {watched}; give all pods of the service one node, and "
            "generator and stores one with room for all, by spec.placement.nodeSelector",
        )


def _bound(found: ForeignCpu) -> float:
    """What others may use; where they use more than half of it before the load, somewhat more.

    Nobody is quiet who uses more than the first bound, and so that much is believed at most.
    """
    least = max(bounds.FOREIGN_CPUS, bounds.FOREIGN_SHARE * found.cpus)
    return max(least, min(found.idle, least) + bounds.FOREIGN_ABOVE_IDLE)


def _in_words(found: ForeignCpu) -> str:
    stolen = f", the hypervisor took {found.stolen:.2f}" if found.stolen >= LEAST_TOLD else ""
    ours = ", ".join(f"{name} {used:.2f}" for name, used in found.ours.items())
    logs = f", its log at most {found.logs:.2f}" if found.logs >= LEAST_TOLD else ""
    idle = f" ({found.idle:.2f} before the load)" if found.idle >= LEAST_TOLD else ""
    return (
        f"{found.busy:.2f} were busy{idle}{stolen}, and the experiment used "
        f"{sum(found.ours.values()):.2f}" + (f" ({ours})" if ours else "") + logs
    )


def cpu_stolen(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say how much of the CPUs that the trial ran on the node did not get."""
    found = (watched_cpus(trial), trial.service_cpus)
    stolen = max((cpus.stolen for cpus in found if cpus is not None), default=0.0)
    if stolen > bounds.STEAL_SHARE:
        yield suspect(
            ReasonKind.CPU_STOLEN,
            f"the hypervisor took {stolen:.1%} of the CPU time away, bound "
            f"{bounds.STEAL_SHARE:.0%}: neighbours of this virtual machine are in the figures",
        )
