"""The ending of an experiment whose passes fail: whatever breaks on the way, it comes to an end.

It reads as little as it can; where even that can't be read, what was seen of the experiment before
is taken away, by its uids, and the status says what could not be looked at.
"""

from collections.abc import Iterable

import structlog

from loadlab.controller.seen_children import SeenChildren
from loadlab.controller.work_queue import Key
from loadlab.kube.act import MOST_UNANSWERED, Actor
from loadlab.kube.api import Cluster, kind_named
from loadlab.kube.errors import (
    ClusterError,
    NotTheWriterError,
    RefusedError,
    UnavailableError,
)
from loadlab.kube.remains import observe_remains
from loadlab.model.resources import AnyExperiment
from loadlab.model.status import Phase
from loadlab.progress.clearing import clear_all
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
    *,
    unanswered_ok: bool = False,
) -> Decision:
    """Take the next step of an ending, also where what is left can't be shown or deleted.

    With `unanswered_ok` nobody waits for an answer any more: what is shown is taken away, and what
    was seen before.

    Raises:
        UnavailableError: the API server did not answer, and that may be waited for.
    """
    key = experiment.metadata.namespace, experiment.metadata.name
    is_closing = experiment.status.phase is Phase.ANALYZING
    try:
        observed = await observe_remains(cluster, experiment, unanswered_ok=unanswered_ok)
    except UnavailableError:
        raise
    except Exception as error:
        log.exception("not looked at", experiment=experiment.metadata.name)
        message = f"{refusal.message}; what is left of it can't be looked at: {_said(error)}"
        refusal, observed = Refusal(refusal.reason, message), Observed()
        await take_away(cluster, key, seen.left_by(key), unanswered_ok=unanswered_ok)
    else:
        if unanswered_ok and is_closing:
            await take_away(cluster, key, seen.left_by(key), unanswered_ok=True)
    decision = answer_refusal(refusal, experiment.status, observed, transition)
    at_last = clear_all(observed) if is_closing and decision.status.phase.is_terminal else ()
    actor = Actor(cluster, experiment, transition.now)
    try:
        for action in (*at_last, *decision.actions):
            if isinstance(action, ClusterAction) and not isinstance(action, Announce):
                await actor.act(action)
    except RefusedError as error:
        log.warning("not cleared", experiment=experiment.metadata.name, error=str(error))
    return decision


async def take_away(
    cluster: Cluster, key: Key, seen: Iterable[Reference], *, unanswered_ok: bool = False
) -> None:
    """Delete what was seen of an experiment, each by its uid; what is refused stays.

    Raises:
        UnavailableError: the API server did not answer, and that may be waited for.
    """
    silent = 0
    for one in seen:
        try:
            await cluster.delete(kind_named(one.kind), key[0], one.name, one.uid)
        except NotTheWriterError:
            raise
        except ClusterError as error:
            if isinstance(error, UnavailableError) and not unanswered_ok:
                raise
            log.warning("not cleared", experiment=key, error=str(error))
            silent += isinstance(error, UnavailableError)
            if silent == MOST_UNANSWERED:
                return


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, RefusedError) else f"{type(error).__name__}: {error}"
