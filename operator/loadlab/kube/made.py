"""What an experiment made and somebody may edit, with what is asked of each now."""

from collections.abc import Iterable, Iterator, Mapping

from loadlab.base.names import experiment_selector
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import is_controlled_by
from loadlab.kube.pods import child_fields
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase
from loadlab.progress.observed import MadeView

_EDITABLE = (Kind.SERVICE, Kind.DEPLOYMENT, Kind.STATEFUL_SET)  # what a Job runs stays as it is
_WORKING = {Phase.PREPARING, Phase.RUNNING}


async def read_made(
    cluster: Cluster, experiment: AnyExperiment, own: Mapping[Kind, Iterable[Manifest]]
) -> tuple[MadeView, ...]:
    """Return what an experiment made, policies among them, while it works; nothing otherwise."""
    if not isinstance(experiment, Experiment) or experiment.status.phase not in _WORKING:
        return ()
    listed = {kind: own[kind] for kind in _EDITABLE}
    policies = await _policies(cluster, experiment)
    return tuple(_views(listed | {Kind.NETWORK_POLICY: policies}))


async def _policies(cluster: Cluster, experiment: Experiment) -> list[Manifest]:
    if not experiment.spec.network.policies:
        return []
    metadata = experiment.metadata
    labels = experiment_selector(metadata.name)
    found = await cluster.list(Kind.NETWORK_POLICY, metadata.namespace, labels)
    return [each for each in found if is_controlled_by(each, metadata.uid)]


def _views(listed: Mapping[Kind, Iterable[Manifest]]) -> Iterator[MadeView]:
    for kind, items in listed.items():
        for item in items:
            yield view_made(item, kind)


def view_made(item: Manifest, kind: Kind) -> MadeView:
    """Return what is asked of an object; its generation counts how often its spec was written.

    A Service has none.
    """
    is_as_made = item["metadata"].get("generation") == 1
    return MadeView(**child_fields(item, kind), spec=item.get("spec") or {}, is_as_made=is_as_made)
