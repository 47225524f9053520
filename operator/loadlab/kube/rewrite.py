"""Write a status though somebody changes the object's metadata all the time.

A status is written in the version that was read, so that nothing is decided about one state and
written over another. What was decided holds as long as nothing changed that it was decided by.
"""

from loadlab.kube.api import Cluster, Kind, Manifest, version_of
from loadlab.kube.errors import ConflictError

TIMES = 5  # in a row; each takes some milliseconds
Place = tuple[Kind, str, str]


async def write_over_changes(
    cluster: Cluster, place: Place, body: Manifest, patch: Manifest
) -> None:
    """Write a patch of the status that was decided by what was read.

    Raises:
        ConflictError: what it was decided by has changed, or the object changes too fast.
        ClusterError: the API server refused or did not answer.
    """
    read = body
    for _ in range(TIMES - 1):
        try:
            await cluster.patch_status(*place, patch, version_of(read))
        except ConflictError:
            found = await cluster.get(*place)
            if found is None:
                return
            if not _decides_alike(found, body):
                raise
            read = found
        else:
            return
    await cluster.patch_status(*place, patch, version_of(read))


def _decides_alike(found: Manifest, body: Manifest) -> bool:
    """Whether nothing has changed but what no decision looks at: labels and annotations."""
    decisive = ("uid", "generation", "deletionTimestamp", "finalizers")
    before, after = body["metadata"], found["metadata"]
    is_same = all(before.get(key) == after.get(key) for key in decisive)
    return is_same and (body.get("status") or {}) == (found.get("status") or {})
