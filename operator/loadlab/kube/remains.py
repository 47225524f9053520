"""What is left of an experiment's children, by nothing but metadata: enough to clear it away.

Used where a full observation fails, so little that somebody wrote into an object is read here.
"""

import asyncio

from loadlab.base.names import experiment_selector
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.chain import MAKER_KINDS, SortedPods, sort_pods
from loadlab.kube.errors import RefusedError
from loadlab.kube.ownership import is_controlled_by
from loadlab.kube.pods import child_fields
from loadlab.model.resources import AnyExperiment
from loadlab.progress.observed import Child, ControllerView, JobView, Observed, PodView

OWN_KINDS = (Kind.SERVICE, *MAKER_KINDS)


async def observe_remains(cluster: Cluster, experiment: AnyExperiment) -> Observed:
    """Return an experiment's children as far as their removal needs them; no trials."""
    metadata = experiment.metadata
    selector = experiment_selector(metadata.name)
    lists = await asyncio.gather(
        *(cluster.list(kind, metadata.namespace, selector) for kind in OWN_KINDS)
    )
    labelled = dict(zip(OWN_KINDS, lists, strict=True))
    own = {
        kind: [item for item in items if is_controlled_by(item, metadata.uid)]
        for kind, items in labelled.items()
    }
    controllers = [
        ControllerView(**child_fields(item, kind))
        for kind in (Kind.DEPLOYMENT, Kind.STATEFUL_SET)
        for item in own[kind]
    ]
    pods = await _pods(cluster, experiment, labelled)
    return Observed(
        pods=tuple(_bare_pod(pod) for pod in pods.own),
        departing=tuple(_bare_pod(pod) for pod in pods.departing),
        jobs=tuple(JobView(**child_fields(item, Kind.JOB)) for item in own[Kind.JOB]),
        controllers=tuple(controllers),
        services=tuple(Child(**child_fields(item, Kind.SERVICE)) for item in own[Kind.SERVICE]),
    )


async def _pods(
    cluster: Cluster, experiment: AnyExperiment, labelled: dict[Kind, list[Manifest]]
) -> SortedPods:
    """Return the pods to wait for; none where we may not see whose they are."""
    metadata = experiment.metadata
    selector = experiment_selector(metadata.name)
    kinds = (Kind.POD, Kind.REPLICA_SET)
    try:
        lists = [await cluster.list(kind, metadata.namespace, selector) for kind in kinds]
        known = labelled | dict(zip(kinds, lists, strict=True))
        return await sort_pods(cluster, metadata, known)
    except RefusedError:
        return SortedPods()


def _bare_pod(pod: Manifest) -> PodView:
    phase = str((pod.get("status") or {}).get("phase") or "Pending")
    return PodView(**child_fields(pod, Kind.POD), phase=phase)
