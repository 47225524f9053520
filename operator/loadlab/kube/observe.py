"""Observe: one list by label per kind -> frozen views. The only reads of a pass.

Of the trials, while they run, only those are read that were not over before.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from loadlab.base.names import (
    COMPONENT_LABEL,
    EXPERIMENT_UID_LABEL,
    METER,
    RUN_LABEL,
    Component,
    experiment_selector,
)
from loadlab.base.times import epoch
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.finished import FinishedTrials, Trials, list_trials, owned_trials
from loadlab.kube.ownership import has_controller, is_controlled_by, is_of_a_namesake
from loadlab.measurement.documents import Progress
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase, Preparation
from loadlab.progress.observed import Child, ControllerView, JobView, Observed, PodView, Reference

CHILD_KINDS = (Kind.POD, Kind.SERVICE, Kind.JOB, Kind.DEPLOYMENT, Kind.STATEFUL_SET)


@dataclass(frozen=True, slots=True)
class Hints:
    """What events and followed logs said before; without them a pass is only later.

    `reported` holds the uids of pods whose log is known to be complete, `preparations` what the
    data sets' Jobs said last, `progress` what generators did, `ahead` how many experiments are
    known to be ahead.
    """

    reported: Set[str] = frozenset()
    preparations: Mapping[str, Preparation] = field(default_factory=dict)
    progress: Mapping[str, Progress] = field(default_factory=dict)
    ahead: int = 0


NO_HINTS = Hints()


async def observe(
    cluster: Cluster,
    experiment: AnyExperiment,
    finished: FinishedTrials,
    *,
    namespaces: Iterable[str | None] = (None,),
    hints: Hints = NO_HINTS,
) -> Observed:
    """Return all children of an experiment, and its place in the queue while it waits.

    Of one that waits behind others there are no children to look at.
    """
    waiting = experiment.status.phase is Phase.PENDING
    if waiting and (hints.ahead or _is_suspended(experiment)):
        return Observed(ahead=hints.ahead)
    children, (trials, others) = await asyncio.gather(
        _list_children(cluster, experiment), _trials(cluster, experiment, finished)
    )
    ahead = await count_ahead(cluster, experiment, namespaces) if waiting else 0
    summing_up = experiment.status.phase is Phase.ANALYZING
    version = await cluster.version() if summing_up else ""
    former = others or any(_is_former(i, experiment) for items in children.values() for i in items)
    own = {kind: _own(kind, items, experiment) for kind, items in children.items()}
    controllers = [
        view_controller(item, kind)
        for kind in (Kind.DEPLOYMENT, Kind.STATEFUL_SET)
        for item in own[kind]
    ]
    return Observed(
        trials=trials,
        pods=tuple(view_pod(pod, hints) for pod in own[Kind.POD]),
        jobs=tuple(view_job(job, own[Kind.POD]) for job in own[Kind.JOB]),
        controllers=tuple(controllers),
        services=tuple(Child(**_child_fields(item, Kind.SERVICE)) for item in own[Kind.SERVICE]),
        # Children of a former experiment of this name: wait until they are collected.
        ahead=ahead + bool(waiting and former),
        preparation=_preparation(own[Kind.POD], hints),
        kubernetes_version=version,
    )


def _is_suspended(experiment: AnyExperiment) -> bool:
    return isinstance(experiment, Experiment) and experiment.spec.suspend


async def _list_children(cluster: Cluster, experiment: AnyExperiment) -> dict[Kind, list[Manifest]]:
    """List what bears an experiment's name, whosever it is."""
    labels = experiment_selector(experiment.metadata.name)
    namespace = experiment.metadata.namespace
    lists = await asyncio.gather(*(cluster.list(kind, namespace, labels) for kind in CHILD_KINDS))
    return dict(zip(CHILD_KINDS, lists, strict=True))


def _own(kind: Kind, items: Iterable[Manifest], experiment: AnyExperiment) -> list[Manifest]:
    """Return an experiment's own: pods by their template's label, as others make them."""
    uid = experiment.metadata.uid
    if kind is Kind.POD:
        return [pod for pod in items if _label(pod, EXPERIMENT_UID_LABEL) == uid]
    return [item for item in items if is_controlled_by(item, uid)]


def _is_former(item: Manifest, experiment: AnyExperiment) -> bool:
    """Whether an object is of an experiment of this name that is gone: it will be collected."""
    return is_of_a_namesake(item, Kind.EXPERIMENT.value.word, experiment.metadata)


async def _trials(
    cluster: Cluster, experiment: AnyExperiment, finished: FinishedTrials
) -> tuple[Trials, bool]:
    """Return the trials, and whether others are left of a former experiment of this name."""
    if experiment.status.phase is Phase.RUNNING:
        return await finished.read(cluster, experiment), False
    found = await list_trials(cluster, experiment)
    return owned_trials(found, experiment), any(_is_former(i, experiment) for i in found)


def _preparation(pods: Iterable[Manifest], hints: Hints) -> Preparation | None:
    """Return what the running pod of the data set's Job said last; one that ended says no more."""
    running = (p for p in pods if (p.get("status") or {}).get("phase") == "Running")
    said = (hints.preparations.get(pod["metadata"].get("uid", "")) for pod in running)
    return next((preparation for preparation in said if preparation), None)


async def count_ahead(
    cluster: Cluster, experiment: AnyExperiment, namespaces: Iterable[str | None]
) -> int:
    """Return how many experiments of these namespaces are under way or waited longer."""
    own = experiment.model_dump(by_alias=True)
    lists = [await cluster.list(Kind.EXPERIMENT, namespace, {}) for namespace in namespaces]
    return sum(is_ahead(other, own) for others in lists for other in others)


def is_ahead(other: Manifest, own: Manifest) -> bool:
    """Whether another experiment is under way, or waited longer and may begin.

    One that is being deleted is ahead of nobody, however long a finalizer holds it. One in a
    phase of another release counts as under way, until its own pass has brought it to its end.
    """
    if not is_open(other) or other["metadata"].get("uid") == own["metadata"].get("uid"):
        return False
    spec = other.get("spec") or {}
    if _phase(other) != Phase.PENDING:
        return True
    return not spec.get("suspend") and _age(other) < _age(own)


def is_open(experiment: Manifest) -> bool:
    """Whether an experiment is neither over nor being deleted."""
    over = {phase for phase in Phase if phase.is_terminal}
    return _phase(experiment) not in over and not experiment["metadata"].get("deletionTimestamp")


def _phase(experiment: Manifest) -> str:
    """Return the phase as it is spelt, also one that this release does not know."""
    return str((experiment.get("status") or {}).get("phase") or Phase.PENDING)


def _age(item: Manifest) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata.get("creationTimestamp") or "", metadata.get("uid") or ""


def _child_fields(item: Manifest, kind: Kind) -> dict[str, Any]:
    metadata, component = item["metadata"], _label(item, COMPONENT_LABEL)
    return {
        "reference": Reference(kind.value.word, metadata["name"], metadata.get("uid") or ""),
        "component": Component(component) if component in set(Component) else None,
        "run": _label(item, RUN_LABEL),
        "deleting": bool(metadata.get("deletionTimestamp")),
    }


def _label(item: Manifest, key: str) -> str:
    return str((item["metadata"].get("labels") or {}).get(key, ""))


def _condition(status: Manifest, type_: str) -> Manifest:
    conditions: Iterable[Manifest] = status.get("conditions") or ()
    return next((c for c in conditions if c.get("type") == type_), {})


def view_pod(pod: Manifest, hints: Hints = NO_HINTS) -> PodView:
    """Return what decides about a pod: its only container, or the one that is metered."""
    status = pod.get("status") or {}
    statuses: Iterable[Manifest] = status.get("containerStatuses") or ()
    container = next((each for each in statuses if each.get("name") != METER), {})
    state, last = container.get("state") or {}, container.get("lastState") or {}
    ended = state.get("terminated") or last.get("terminated") or {}
    waiting = state.get("waiting") or {}
    scheduled = _condition(status, "PodScheduled")
    image = pod["spec"]["containers"][0]["image"]
    return PodView(
        **_child_fields(pod, Kind.POD),
        phase=status.get("phase") or "Pending",
        controlled=has_controller(pod),
        reported=pod["metadata"].get("uid") in hints.reported,
        progress=hints.progress.get(pod["metadata"].get("uid", "")),
        ready=_condition(status, "Ready").get("status") == "True",
        restarts=container.get("restartCount") or 0,
        waiting_reason=waiting.get("reason") or "",
        waiting_message=waiting.get("message") or "",
        terminated_reason=ended.get("reason") or "",
        exit_code=ended.get("exitCode"),
        ended=_moment(ended.get("finishedAt")),
        termination_message=ended.get("message") or "",
        unschedulable=_unschedulable(scheduled),
        node=pod["spec"].get("nodeName") or "",
        image=container.get("imageID") or image,
        created=_moment(pod["metadata"].get("creationTimestamp")) or 0.0,
    )


def _moment(text: str | None) -> float | None:
    return epoch(text) if text else None


def _unschedulable(scheduled: Manifest) -> str:
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        return scheduled.get("message") or "no reason given"
    return ""


def view_job(job: Manifest, pods: Iterable[Manifest]) -> JobView:
    """Return what decides about a Job.

    Its work is done when its pods' containers have; its pods say so a second later, and the Job
    itself another one. No container of a Job is started twice.
    """
    status = job.get("status") or {}
    failed = _condition(status, "Failed")
    ends = sorted(_successes(job, pods))
    wanted = job["spec"].get("completions") or 1
    reported = _moment(status.get("completionTime"))
    return JobView(
        **_child_fields(job, Kind.JOB),
        complete=len(ends) >= wanted or _condition(status, "Complete").get("status") == "True",
        completed=ends[wanted - 1] if len(ends) >= wanted else reported,
        failed=failed.get("status") == "True",
        message=failed.get("message") or "",
    )


def _successes(job: Manifest, pods: Iterable[Manifest]) -> Iterator[float]:
    """Yield when the pods of a Job ended well, epoch seconds."""
    for pod in pods:
        view = view_pod(pod) if is_controlled_by(pod, job["metadata"]["uid"]) else None
        if view and view.exit_code == 0 and view.ended is not None:
            yield view.ended


def view_controller(item: Manifest, kind: Kind) -> ControllerView:
    """Return what decides about a Deployment or StatefulSet."""
    failure = _condition(item.get("status") or {}, "ReplicaFailure")
    refusal = failure.get("message") or "" if failure.get("status") == "True" else ""
    return ControllerView(**_child_fields(item, kind), refusal=refusal)
