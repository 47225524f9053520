"""A list may be older than what was made since: what was there is asked for by its name.

Else a Job that was created a moment ago would be taken for one that somebody deleted.
"""

from collections.abc import Iterable, Mapping

from loadlab.kube.api import Cluster, Kind, Manifest, kind_named
from loadlab.model.resources import Metadata
from loadlab.progress.observed import Reference

MOST_LOOKED_FOR = 20  # a pass; an experiment has few that make pods, and deletes what is over


async def with_unlisted(
    cluster: Cluster,
    experiment: Metadata,
    children: Mapping[Kind, list[Manifest]],
    known: Iterable[Reference],
) -> dict[Kind, list[Manifest]]:
    """Return the children with those that are known, not listed, and there all the same.

    Raises:
        ClusterError: the API server did not answer.
    """
    listed = {item["metadata"].get("uid") for items in children.values() for item in items}
    missing = [reference for reference in known if reference.uid not in listed]
    whole = {kind: list(items) for kind, items in children.items()}
    for reference in missing[:MOST_LOOKED_FOR]:
        kind = kind_named(reference.kind)
        found = await cluster.get(kind, experiment.namespace, reference.name)
        if found is not None and found["metadata"].get("uid") == reference.uid:
            whole[kind].append(found)
    return whole
