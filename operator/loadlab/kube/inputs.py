"""ConfigMaps that an experiment is given: which version each one has, and a digest of its data.

What is in one is read where its version is on no record yet, to tell an edit from a label that
somebody sets, and from one of a key that no pod is given; nothing of it is kept but the digest.
"""

import json
from collections.abc import Collection, Iterable
from hashlib import sha256

from loadlab.kube.api import Cluster, Kind, Manifest, version_of
from loadlab.model.resources import AnyExperiment, Experiment, Trial
from loadlab.model.spec.given import config_map_keys
from loadlab.model.status import Phase
from loadlab.model.status.inputs import MOST_CONFIG_MAPS, Inputs, version_in

DIGITS = 16  # hexadecimal, of a digest


async def read_inputs(
    cluster: Cluster, experiment: AnyExperiment, trials: Iterable[Trial] = ()
) -> Inputs:
    """Return what each ConfigMap is that an experiment names, while it runs; else nothing.

    One request for each, one after the other, as metadata may be large, and another one where its
    trials do not know the version; a plan that names more than MOST_CONFIG_MAPS is refused.

    Raises:
        ClusterError: the API server did not answer.
    """
    if not isinstance(experiment, Experiment) or experiment.status.phase is not Phase.RUNNING:
        return {}
    given, namespace = config_map_keys(experiment.spec), experiment.metadata.namespace
    on_record = [trial.status.inputs for trial in trials]
    found = Inputs()
    for name in sorted(given)[:MOST_CONFIG_MAPS]:
        known = {each.get(name, "") for each in on_record}
        found[name] = await _read(cluster, namespace, name, given[name], known)
    return found


async def _read(
    cluster: Cluster,
    namespace: str,
    name: str,
    keys: Collection[str] | None,
    known: Iterable[str],
) -> str:
    found = await cluster.get(Kind.CONFIG_MAP, namespace, name, bare=True)
    if found is None:
        return ""
    same = next((each for each in known if version_in(each) == _version(found)), "")
    if same:
        return same
    whole = await cluster.get(Kind.CONFIG_MAP, namespace, name)
    return "" if whole is None else _version(whole) + _digest(whole, keys)


def _version(found: Manifest) -> str:
    version = version_of(found)
    return f"{version.uid}/{version.resource_version}"


def _digest(config_map: Manifest, keys: Collection[str] | None) -> str:
    """Return what its version is followed by; nothing where it came in outline, too large."""
    if "spec" in config_map:  # as an outline has, and no ConfigMap
        return ""
    parts = [config_map.get(part) or {} for part in ("data", "binaryData")]
    content = [{k: v for k, v in part.items() if keys is None or k in keys} for part in parts]
    text = json.dumps(content, sort_keys=True)
    return f"/{sha256(text.encode()).hexdigest()[:DIGITS]}"
