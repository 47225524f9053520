"""EndpointSlices that somebody else made for Services of an experiment.

Whoever may create one decides by a label which Service it is for, and every node then sends that
Service's connections to its addresses, too. Kubernetes' own are not held against pods here: its
controller puts them right, and whose the pods are is looked at elsewhere.
"""

from collections.abc import Iterable

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.asked_services import MADE_BY, OF_SERVICE
from loadlab.model.resources import AnyExperiment
from loadlab.model.status import Phase
from loadlab.progress.asked_service import MAKER, ForeignSlice


async def read_foreign_slices(
    cluster: Cluster, experiment: AnyExperiment, services: Iterable[Manifest]
) -> tuple[ForeignSlice, ...]:
    """Return what others made for these Services, while trials run; nothing otherwise."""
    names = tuple(sorted(service["metadata"]["name"] for service in services))
    if experiment.status.phase is not Phase.RUNNING or not names:
        return ()
    found = await cluster.list(
        Kind.ENDPOINT_SLICE, experiment.metadata.namespace, {OF_SERVICE: names}
    )
    return tuple(_view(item) for item in found if _is_foreign(item))


def _is_foreign(item: Manifest) -> bool:
    return bool((item["metadata"].get("labels") or {}).get(MADE_BY) != MAKER)


def _view(item: Manifest) -> ForeignSlice:
    metadata = item["metadata"]
    return ForeignSlice(metadata["name"], str((metadata.get("labels") or {}).get(OF_SERVICE, "")))
