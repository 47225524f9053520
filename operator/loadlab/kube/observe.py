"""Observe: one list by label per kind -> frozen views. The only reads of a pass.

Of the trials only those are read that were not over before.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from loadlab.base.names import experiment_selector
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.asked_services import read_asked_services
from loadlab.kube.baseline import read_baseline
from loadlab.kube.chain import MAKER_KINDS, sort_pods
from loadlab.kube.errors import RefusedError
from loadlab.kube.finished import FinishedTrials, Trials, list_trials
from loadlab.kube.foreign_slices import read_foreign_slices
from loadlab.kube.hints import NO_HINTS, Hints
from loadlab.kube.inputs import read_inputs
from loadlab.kube.let_go import find_missing
from loadlab.kube.made import read_made
from loadlab.kube.nodes import read_nodes
from loadlab.kube.ownership import first_former, is_controlled_by
from loadlab.kube.pods import child_fields, view_controller, view_job, view_pod, view_stranger
from loadlab.kube.queue_order import find_place, without
from loadlab.kube.refused_pods import LackingPods, find_lacking_pods
from loadlab.kube.standing import Standing, standing_of
from loadlab.kube.unlisted import with_unlisted
from loadlab.kube.unmounted import view_pods
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase, Preparation
from loadlab.progress.known import NOTHING_KNOWN, Known
from loadlab.progress.observed import (
    NOBODY_AHEAD,
    Child,
    ControllerView,
    JobView,
    Observed,
    Place,
    PodView,
    Reference,
)
from loadlab.progress.servers import servers_of

Maker = TypeVar("Maker", JobView, ControllerView)
OWN_KINDS = (Kind.SERVICE, *MAKER_KINDS)
LISTED_KINDS = (Kind.POD, Kind.REPLICA_SET, *OWN_KINDS)


async def observe(
    cluster: Cluster,
    experiment: AnyExperiment,
    finished: FinishedTrials,
    *,
    namespaces: Iterable[str | None] = (None,),
    hints: Hints = NO_HINTS,
    known: Known = NOTHING_KNOWN,
) -> Observed:
    """Return all children of an experiment, and its place in the queue while it waits.

    Of one that waits behind others there are no children to look at. Those that are `known` are
    looked for where no list has them; pods among them may have been taken from us.
    """
    waiting = experiment.status.phase is Phase.PENDING
    if waiting and (hints.place.ahead or _is_suspended(experiment)):
        return Observed(place=hints.place, baseline=await read_baseline(cluster, experiment))
    children, (trials, former_trial) = await asyncio.gather(
        _list_children(cluster, experiment, known.makers), _trials(cluster, experiment, finished)
    )
    place = await _read_place(cluster, experiment, namespaces, hints)
    seen = {pod.reference.uid: pod for pod in (*servers_of(trials.values()), *known.pods)}.values()
    let_go, gone = await find_missing(cluster, experiment.metadata.namespace, seen, children)
    version = await cluster.version() if experiment.status.phase is Phase.ANALYZING else ""
    sorted_pods = await sort_pods(cluster, experiment.metadata, children)
    own = _own(children, experiment.metadata.uid)
    lacking = await find_lacking_pods(cluster, own | {Kind.POD: list(sorted_pods.own)})
    pods = await view_pods(cluster, experiment.metadata.namespace, sorted_pods.own, hints)
    return Observed(
        trials=trials,
        pods=pods,
        departing=tuple(view_pod(pod) for pod in sorted_pods.departing),
        let_go=let_go,
        gone=gone,
        strangers=tuple(view_stranger(*one) for one in sorted_pods.strangers),
        jobs=_jobs(own[Kind.JOB], sorted_pods.own, lacking),
        controllers=_controllers(own, lacking),
        services=tuple(Child(**child_fields(item, Kind.SERVICE)) for item in own[Kind.SERVICE]),
        made=await read_made(cluster, experiment, own),
        asked=await read_asked_services(cluster, experiment),
        foreign_slices=await read_foreign_slices(cluster, experiment, own[Kind.SERVICE]),
        inputs=await read_inputs(cluster, experiment, trials.values()),
        place=place,
        former=(_first_former(children, experiment) or former_trial) if waiting else "",
        preparation=_preparation(pods, hints),
        baseline=await read_baseline(cluster, experiment),
        kubernetes_version=version,
        nodes=await read_nodes(cluster, pods),
        awaits_pods=bool(lacking.said),
    )


def _own(children: Mapping[Kind, list[Manifest]], uid: str) -> dict[Kind, list[Manifest]]:
    return {kind: [i for i in children[kind] if is_controlled_by(i, uid)] for kind in OWN_KINDS}


def _jobs(
    jobs: Iterable[Manifest], pods: Sequence[Manifest], lacking: LackingPods
) -> tuple[JobView, ...]:
    return tuple(_with_refusal(view_job(job, pods), lacking.of(job)) for job in jobs)


def _controllers(
    own: Mapping[Kind, list[Manifest]], lacking: LackingPods
) -> tuple[ControllerView, ...]:
    both = ((kind, item) for kind in (Kind.DEPLOYMENT, Kind.STATEFUL_SET) for item in own[kind])
    return tuple(_with_refusal(view_controller(it, kind), lacking.of(it)) for kind, it in both)


def _with_refusal(maker: Maker, said: str) -> Maker:
    return replace(maker, refusal=said) if said else maker


def _is_suspended(experiment: AnyExperiment) -> bool:
    return isinstance(experiment, Experiment) and experiment.spec.suspend


async def _list_children(
    cluster: Cluster, experiment: AnyExperiment, known: Iterable[Reference]
) -> dict[Kind, list[Manifest]]:
    """List what bears an experiment's name, whosever it is."""
    labels = experiment_selector(experiment.metadata.name)
    namespace = experiment.metadata.namespace
    lists = await asyncio.gather(*(cluster.list(kind, namespace, labels) for kind in LISTED_KINDS))
    children = dict(zip(LISTED_KINDS, lists, strict=True))
    return await with_unlisted(cluster, experiment.metadata, children, known)


def _first_former(items_by_kind: dict[Kind, list[Manifest]], experiment: AnyExperiment) -> str:
    """Return what is left of an experiment of this name that is gone; it will be collected."""
    found = (first_former(kind, items, experiment) for kind, items in items_by_kind.items())
    return next(filter(None, found), "")


async def _trials(
    cluster: Cluster, experiment: AnyExperiment, finished: FinishedTrials
) -> tuple[Trials, str]:
    """Return the trials, and one of a former experiment of this name, if any is left."""
    if experiment.status.phase in {Phase.RUNNING, Phase.ANALYZING}:
        return await finished.read(cluster, experiment), ""
    return await list_trials(cluster, experiment)


def _preparation(pods: Iterable[PodView], hints: Hints) -> Preparation | None:
    """Return what the running pod of the data set's Job said last; one that ended says no more."""
    running = (pod for pod in pods if not pod.has_finished)
    said = (hints.preparations.get(pod.reference.uid) for pod in running)
    return next((preparation for preparation in said if preparation), None)


async def _read_place(
    cluster: Cluster,
    experiment: AnyExperiment,
    namespaces: Iterable[str | None],
    hints: Hints,
) -> Place:
    """Return the place among the experiments of these namespaces, and the turns of former ones.

    In another namespace that refuses to be read, such as one that was deleted and took our Role
    along, there is nobody: nothing could be done for them anyway.
    """
    retains = experiment.status.retained is not None
    if experiment.status.phase is not Phase.PENDING and not retains:
        return NOBODY_AHEAD
    everyone = list[Standing]()
    for namespace in namespaces:
        try:
            async for page in cluster.pages(Kind.EXPERIMENT, namespace, {}):
                everyone += [standing_of(body) for body in page]
        except RefusedError:
            if namespace in {None, experiment.metadata.namespace}:
                raise
    place, own = tuple(without(everyone, hints.set_aside)), experiment.metadata.uid
    if retains:
        others = (each for each in place if each.holds_up_others and each.uid != own)
        return Place(wanted_by=next((f"{each.namespace}/{each.name}" for each in others), ""))
    return find_place([*place, *hints.former], own)
