"""What is told of an experiment: its status, and events once that says the same."""

from collections.abc import Iterable

import structlog

from loadlab import __version__
from loadlab.controller.unwritten import Unwritten
from loadlab.kube.act import Actor
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.errors import ClusterError, NotTheWriterError
from loadlab.kube.merge_patch import merge_patch
from loadlab.kube.rewrite import write_over_changes
from loadlab.kube.standing import standing_of
from loadlab.model.status import LoadExperimentStatus
from loadlab.progress.decision import Announce, Decision

log = structlog.get_logger()


async def write_status(
    cluster: Cluster,
    unwritten: Unwritten,
    body: Manifest,
    status: LoadExperimentStatus,
    now: float,
    *,
    only: Iterable[str] | None = None,
) -> None:
    """Write what has changed of a status, of the fields in `only` where they are given.

    Raises:
        ClusterError: it was not taken, and `unwritten` knows.
    """
    former = body.get("status") or {}
    wanted = status.model_copy(update={"operator_version": __version__}).dump()
    patch = merge_patch(former, wanted)
    if only is not None:
        patch = {name: patch[name] for name in only if name in patch}
    if not patch:
        return
    metadata = body["metadata"]
    if wanted["phase"] != former.get("phase"):
        log.info("phase", experiment=metadata["name"], phase=wanted["phase"])
    place = Kind.EXPERIMENT, metadata["namespace"], metadata["name"]
    try:
        await write_over_changes(cluster, place, body, patch)
    except NotTheWriterError:
        raise
    except ClusterError as error:
        waits = standing_of(body).waits
        key = metadata["namespace"], metadata["name"]
        unwritten.refused(key, metadata["uid"], str(error), now, waits=waits)
        raise
    unwritten.forget(metadata["uid"])


async def announce(decision: Decision, actor: Actor) -> None:
    """Make the events of a decision: once the status says the same."""
    for action in decision.actions:
        if isinstance(action, Announce):
            await actor.act(action)
