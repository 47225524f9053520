"""What an experiment made and somebody may edit, with what is asked of each now."""

from collections.abc import Iterable, Iterator, Mapping

from loadlab.base.names import experiment_selector
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import is_controlled_by
from loadlab.kube.pods import child_fields
from loadlab.kube.writers import written_by_others
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase
from loadlab.progress.observed import MadeView

_EDITABLE = (Kind.SERVICE, Kind.DEPLOYMENT, Kind.STATEFUL_SET)  # what a Job runs stays as it is
_TEMPLATE_NUMBER = "deployment.kubernetes.io/revision"
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
    """Return what is asked of an object, and whether that is as it was made."""
    as_made = _is_unwritten(item) or (kind is Kind.DEPLOYMENT and _has_its_first_template(item))
    return MadeView(
        **child_fields(item, kind),
        spec=item.get("spec") or {},
        is_as_made=as_made,
        others_wrote=written_by_others(item) if kind is Kind.SERVICE else frozenset(),
    )


def _is_unwritten(item: Manifest) -> bool:
    """The generation counts how often a spec was written; a Service has none."""
    return bool(item["metadata"].get("generation") == 1)


def _has_its_first_template(deployment: Manifest) -> bool:
    """Of a Deployment an annotation that is written counts, too, as does the number of its pods.

    Its controller numbers the templates, and says up to which generation it has looked. With the
    strategy Recreate it gives another one its number only when the former pods have gone.
    """
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    is_first = (metadata.get("annotations") or {}).get(_TEMPLATE_NUMBER) == "1"
    is_seen = status.get("observedGeneration") == metadata.get("generation")
    is_rolled_out = status.get("updatedReplicas") == status.get("replicas")
    return is_first and is_seen and is_rolled_out
