"""What is left of an experiment's children, by nothing but metadata: enough to clear it away.

Used where a full observation fails, so nothing that somebody wrote into an object is read here.
"""

import asyncio

from loadlab.base.names import EXPERIMENT_UID_LABEL, experiment_selector
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import has_controller, is_controlled_by
from loadlab.kube.pods import child_fields
from loadlab.model.resources import AnyExperiment
from loadlab.progress.observed import Child, ControllerView, JobView, Observed, PodView


async def observe_remains(cluster: Cluster, experiment: AnyExperiment) -> Observed:
    """Return an experiment's children as far as their removal needs them; no trials."""
    metadata = experiment.metadata
    selector = experiment_selector(metadata.name)

    async def own(kind: Kind) -> list[Manifest]:
        found = await cluster.list(kind, metadata.namespace, selector)
        return [item for item in found if is_controlled_by(item, metadata.uid)]

    pods, services, jobs, deployments, stateful_sets = await asyncio.gather(
        cluster.list(Kind.POD, metadata.namespace, selector | {EXPERIMENT_UID_LABEL: metadata.uid}),
        *(own(kind) for kind in (Kind.SERVICE, Kind.JOB, Kind.DEPLOYMENT, Kind.STATEFUL_SET)),
    )
    controllers = [
        ControllerView(**child_fields(item, kind))
        for kind, items in ((Kind.DEPLOYMENT, deployments), (Kind.STATEFUL_SET, stateful_sets))
        for item in items
    ]
    return Observed(
        pods=tuple(_bare_pod(pod) for pod in pods),
        jobs=tuple(JobView(**child_fields(item, Kind.JOB)) for item in jobs),
        controllers=tuple(controllers),
        services=tuple(Child(**child_fields(item, Kind.SERVICE)) for item in services),
    )


def _bare_pod(pod: Manifest) -> PodView:
    phase = str((pod.get("status") or {}).get("phase") or "Pending")
    return PodView(**child_fields(pod, Kind.POD), phase=phase, controlled=has_controller(pod))
