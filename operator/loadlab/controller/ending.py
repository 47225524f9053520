"""The ending of an experiment whose passes fail: whatever breaks on the way, it comes to an end.

It reads as little as it can; where even that can't be read, what was seen of the experiment before
is taken away, by its uids, and the status says what could not be looked at.
"""

from collections.abc import Iterable

import structlog

from loadlab.controller.seen_children import SeenChildren
from loadlab.controller.work_queue import Key
from loadlab.kube.act import Actor
from loadlab.kube.api import Cluster, kind_named
from loadlab.kube.errors import RefusedError, UnavailableError
from loadlab.kube.remains import observe_remains
from loadlab.model.resources import AnyExperiment
from loadlab.progress.conditions import Transition
from loadlab.progress.decision import Announce, ClusterAction, Decision
from loadlab.progress.observed import Observed, Reference
from loadlab.progress.refusal import Refusal, answer_refusal

log = structlog.get_logger()


async def end_one_step(
    cluster: Cluster,
    seen: SeenChildren,
    experiment: AnyExperiment,
    refusal: Refusal,
    transition: Transition,
) -> Decision:
    """Take the next step of an ending, also where what is left can't be shown or deleted.

    Raises:
        UnavailableError: the API server did not answer.
    """
    try:
        observed = await observe_remains(cluster, experiment)
    except UnavailableError:
        raise
    except Exception as error:
        log.exception("not looked at", experiment=experiment.metadata.name)
        message = f"{refusal.message}; what is left of it can't be looked at: {_said(error)}"
        refusal, observed = Refusal(refusal.reason, message), Observed()
        key = experiment.metadata.namespace, experiment.metadata.name
        await take_away(cluster, key, seen.left_by(key))
    decision = answer_refusal(refusal, experiment.status, observed, transition)
    actor = Actor(cluster, experiment, transition.now)
    try:
        for action in decision.actions:
            if isinstance(action, ClusterAction) and not isinstance(action, Announce):
                await actor.act(action)
    except RefusedError as error:
        log.warning("not cleared", experiment=experiment.metadata.name, error=str(error))
    return decision


async def take_away(cluster: Cluster, key: Key, seen: Iterable[Reference]) -> None:
    """Delete what was seen of an experiment, each by its uid; what is refused stays."""
    for one in seen:
        try:
            await cluster.delete(kind_named(one.kind), key[0], one.name, one.uid)
        except RefusedError as error:
            log.warning("not cleared", experiment=key, error=str(error))


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, RefusedError) else f"{type(error).__name__}: {error}"
