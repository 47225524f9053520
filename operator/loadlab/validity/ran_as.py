"""Did the components run as they were asked for? A cluster's rules may change a pod unseen."""

from collections.abc import Iterator

from loadlab.base.names import STORES, Component
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judgement import Reason, ReasonKind, remark, suspect

LEAST_DIFFERENCE = 0.0005  # CPUs: the API counts in thousandths
MEASURED = (Component.SERVICE, Component.WORKER, Component.K6, *STORES)


def cpus_shared(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say why the service had no CPUs of its own, where it was to have some or liked to."""
    if why := trial.why_cpus_shared:
        weigh = suspect if trial.load.insists_on_cpus else remark
        yield weigh(ReasonKind.CPUS_SHARED, f"the service owned no CPUs: {why}")
    elif not trial.load.owns_cpus and trial.load.shared_because:
        yield remark(
            ReasonKind.CPUS_SHARED,
            f"the service shared the CPUs, as all of this experiment do: "
            f"{trial.load.shared_because}",
        )


def limits_changed(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the components whose CPU limit is not the one that was asked for."""
    changed = {
        name: f"{name} ran on {ran.limit_in_words} ({_in_words(asked)} was asked for)"
        for name in MEASURED
        if (ran := trial.ran.get(name)) is not None
        and not _is_same(_limit(name, ran), asked := trial.load.cpu_limits.get(name))
    }
    if changed:
        fields = ", ".join(f"spec.resources.{name}.cpu" for name in changed)
        yield suspect(
            ReasonKind.LIMIT_CHANGED,
            f"{', '.join(changed.values())}: give {fields}, or change the rule of the namespace",
        )


def containers_added(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name what admission added to the pods between whom requests go, such as a mesh's proxy."""
    added = [
        f"{', '.join(ran.beside)} to the pod of {name}"
        for name in (Component.SERVICE, Component.K6)
        if (ran := trial.ran.get(name)) is not None and ran.beside
    ]
    if added:
        yield remark(
            ReasonKind.CONTAINERS_ADDED,
            f"admission added {' and '.join(added)}: what it does with requests is in their "
            "latency, and what CPU it uses is in no figure of ours",
        )


def _limit(name: str, ran: RanAs) -> float | None:
    """What is asked for: of all pods of the service, of each of the generator."""
    return ran.cpu_limit_of_all if name == Component.SERVICE else ran.cpu_limit


def _is_same(ran: float | None, asked: float | None) -> bool:
    if ran is None or asked is None:
        return ran is asked
    return abs(ran - asked) < LEAST_DIFFERENCE


def _in_words(limit: float | None) -> str:
    return "none" if limit is None else f"{limit:g} CPU"
