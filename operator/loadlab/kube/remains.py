"""What is left of an experiment's children, by nothing but metadata: enough to clear it away.

Used where a full observation fails, so little that somebody wrote into an object is read here.
"""

import asyncio
from dataclasses import dataclass

from loadlab.base.names import experiment_selector
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.chain import MAKER_KINDS, SortedPods, sort_pods
from loadlab.kube.errors import RefusedError, UnavailableError
from loadlab.kube.ownership import is_controlled_by
from loadlab.kube.pods import child_fields
from loadlab.model.resources import AnyExperiment, Metadata
from loadlab.progress.observed import Child, ControllerView, JobView, Observed, PodView

OWN_KINDS = (Kind.SERVICE, *MAKER_KINDS)


async def observe_remains(
    cluster: Cluster, experiment: AnyExperiment, *, unanswered_ok: bool = False
) -> Observed:
    """Return an experiment's children as far as their removal needs them; no trials.

    With `unanswered_ok` there are none of a kind that the API server does not list.

    Raises:
        ClusterError: it refused to, or did not answer.
    """
    metadata = experiment.metadata
    ask = _Lists(cluster, metadata, unanswered_ok)
    lists = await asyncio.gather(*map(ask.of, OWN_KINDS))
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
    pods = await _pods(ask, labelled)
    return Observed(
        pods=tuple(_bare_pod(pod) for pod in pods.own),
        departing=tuple(_bare_pod(pod) for pod in pods.departing),
        jobs=tuple(JobView(**child_fields(item, Kind.JOB)) for item in own[Kind.JOB]),
        controllers=tuple(controllers),
        services=tuple(Child(**child_fields(item, Kind.SERVICE)) for item in own[Kind.SERVICE]),
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """What bears an experiment's name, kind by kind."""

    cluster: Cluster
    metadata: Metadata
    unanswered_ok: bool

    async def of(self, kind: Kind) -> list[Manifest]:
        selector = experiment_selector(self.metadata.name)
        try:
            return await self.cluster.list(kind, self.metadata.namespace, selector)
        except UnavailableError:
            if self.unanswered_ok:
                return []
            raise


async def _pods(ask: _Lists, labelled: dict[Kind, list[Manifest]]) -> SortedPods:
    """Return the pods to wait for; none where we may not see whose they are."""
    kinds = (Kind.POD, Kind.REPLICA_SET)
    try:
        lists = [await ask.of(kind) for kind in kinds]
        known = labelled | dict(zip(kinds, lists, strict=True))
        return await sort_pods(ask.cluster, ask.metadata, known)
    except RefusedError:
        return SortedPods()
    except UnavailableError:
        if ask.unanswered_ok:
            return SortedPods()
        raise


def _bare_pod(pod: Manifest) -> PodView:
    phase = str((pod.get("status") or {}).get("phase") or "Pending")
    return PodView(**child_fields(pod, Kind.POD), phase=phase)
