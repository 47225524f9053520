"""ConfigMaps that an experiment is given: which version each one has, never what is in it."""

from loadlab.kube.api import Cluster, Kind, version_of
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.spec.config_maps import config_maps_of
from loadlab.model.status import Phase
from loadlab.model.status.inputs import MOST_CONFIG_MAPS, Inputs


async def read_inputs(cluster: Cluster, experiment: AnyExperiment) -> Inputs:
    """Return the version of each ConfigMap that an experiment names, while it runs; else nothing.

    One request for each, one after the other, as metadata may be large; a plan that names more than
    MOST_CONFIG_MAPS is refused. A version is `uid/resourceVersion`; "" of one that is not there.

    Raises:
        ClusterError: the API server did not answer.
    """
    if not isinstance(experiment, Experiment) or experiment.status.phase is not Phase.RUNNING:
        return {}
    names, namespace = config_maps_of(experiment.spec), experiment.metadata.namespace
    return {name: await _read(cluster, namespace, name) for name in names[:MOST_CONFIG_MAPS]}


async def _read(cluster: Cluster, namespace: str, name: str) -> str:
    found = await cluster.get(Kind.CONFIG_MAP, namespace, name, bare=True)
    if found is None:
        return ""
    version = version_of(found)
    return f"{version.uid}/{version.resource_version}"
