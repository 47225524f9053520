"""What becomes of an experiment that no pass can be made over, or whose status is not taken.

A pass that fails says so in the status, by metadata and phase alone, and ends what it can't mend.
"""

from dataclasses import dataclass

import structlog

from loadlab.controller.ending import end_one_step, take_away
from loadlab.controller.read import OF_THE_ENDING, read_identity
from loadlab.controller.seen_children import SeenChildren
from loadlab.controller.silences import Silences
from loadlab.controller.telling import announce, write_status
from loadlab.controller.unwritten import TRIED_AGAIN, Unwritten
from loadlab.controller.work_queue import Key
from loadlab.kube.act import Actor
from loadlab.kube.api import Cluster, Manifest
from loadlab.kube.errors import ClusterError, MalformedError, RefusedError, UnavailableError
from loadlab.kube.standing import Standing
from loadlab.model.resources import AnyExperiment, Metadata
from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import Reason
from loadlab.progress.conditions import AT_ONCE, Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.failed_pass import (
    RETRY,
    UNANSWERED_FOR,
    UNANSWERED_SHOWN,
    failed,
    is_given_up,
    refused,
    show,
    unanswered,
)
from loadlab.progress.refusal import Refusal
from loadlab.progress.stalled import stall

WHEN_OVER = 300.0  # seconds until a finished experiment whose pass failed is looked at again
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Troubled:
    """Does for such an experiment what can be done in its next pass."""

    cluster: Cluster
    seen: SeenChildren
    unwritten: Unwritten
    silences: Silences

    async def try_to_write(self, body: Manifest, now: float) -> float:
        """See whether the status of one that is set aside is taken by now; nothing else is done.

        Raises:
            ClusterError: it is not.
        """
        experiment = read_identity(body)
        why = Reason.REQUEST_REFUSED, self.unwritten.why_set_aside(experiment.metadata.uid)
        transition = Transition(experiment.metadata.generation, now)
        shown = stall(experiment.status, transition, why)
        await self._write(body, shown, now)
        self.unwritten.forget(experiment.metadata.uid)  # also where it says so already
        return AT_ONCE

    async def give_up(self, body: Manifest, why: str, now: float) -> float | None:
        """End one whose status is not taken: nothing of it runs, and then that is written."""
        found = read_identity(body)
        closing = found.status.model_copy(update={"phase": Phase.ANALYZING})
        experiment = found.model_copy(update={"status": closing})
        transition = Transition(experiment.metadata.generation, now)
        decision = await self._step(experiment, Refusal(Reason.REQUEST_REFUSED, why), transition)
        if decision.status.phase.is_terminal:
            self.unwritten.cleared(experiment.metadata.uid)
        await self._write(body, decision.status, now)
        await announce(decision, Actor(self.cluster, experiment, now))
        return decision.requeue_after

    async def answer_failure(self, body: Manifest, error: Exception, now: float) -> float | None:
        """Show why passes fail; once they did for too long, end the experiment and clear it away.

        Raises:
            ClusterError: the API server did not answer, or refuses even that.
        """
        experiment = read_identity(body)
        if experiment.status.phase.is_terminal:
            return WHEN_OVER
        transition = Transition(experiment.metadata.generation, now)
        is_refusal = isinstance(error, RefusedError) and not isinstance(error, MalformedError)
        shown = show(experiment.status, transition, refused(error) if is_refusal else failed(error))
        if not isinstance(shown, Refusal):
            self.silences.broken((experiment.metadata.namespace, experiment.metadata.name))
            await self._write(body, shown, now)
            return RETRY
        return await self._end(body, experiment, shown, transition)

    async def answer_silence(
        self, body: Manifest, error: UnavailableError, now: float
    ) -> float | None:
        """Show what is not answered of an experiment; end one of which it was not for too long.

        An API server that is away answers this neither: then nothing is shown, and nobody is ended.

        Raises:
            UnavailableError: that one, where another pass is to try again.
        """
        experiment = read_identity(body)
        status, lasts = experiment.status, self._note_silence(experiment.metadata, now)
        if status.phase.is_terminal or not (lasts >= UNANSWERED_SHOWN or is_given_up(status, now)):
            raise error
        transition = Transition(experiment.metadata.generation, now)
        shown = show(status, transition, unanswered(error))
        if isinstance(shown, Refusal):
            return await self._end(body, experiment, shown, transition)
        try:
            await write_status(self.cluster, Unwritten(), body, shown, now, only=OF_THE_ENDING)
        except ClusterError as worse:
            log.info("not shown", experiment=experiment.metadata.name, error=str(worse))
        raise error

    async def _end(
        self, body: Manifest, experiment: AnyExperiment, why: Refusal, transition: Transition
    ) -> float | None:
        """Take the next step of the ending of one whose passes have failed for too long."""
        decision = await self._step(experiment, why, transition)
        await self._write(body, decision.status, transition.now)
        await announce(decision, Actor(self.cluster, experiment, transition.now))
        return decision.requeue_after

    async def _step(
        self, experiment: AnyExperiment, why: Refusal, transition: Transition
    ) -> Decision:
        """Take it, also where what is left has not been shown for too long."""
        status, metadata, now = experiment.status, experiment.metadata, transition.now
        lasted = self.silences.lasted((metadata.namespace, metadata.name), now)
        gone_on = is_given_up(status, now) or lasted >= UNANSWERED_FOR
        try:
            return await end_one_step(
                self.cluster, self.seen, experiment, why, transition, unanswered_ok=gone_on
            )
        except UnavailableError:
            self._note_silence(metadata, now)
            raise

    def _note_silence(self, metadata: Metadata, now: float) -> float:
        return self.silences.lasts((metadata.namespace, metadata.name), metadata.uid, now)

    async def leave_alone(
        self, body: Manifest, standing: Standing, why: str, now: float
    ) -> float | None:
        """Write nothing to one whose writes hold up the API server; an Event says so once."""
        key = standing.namespace, standing.name
        if not (standing.waits or standing.is_under_way):
            return WHEN_OVER
        is_told = self.unwritten.knows(standing.uid)
        soon = await self.abandon(key, standing, RefusedError(why), now)
        if not is_told:  # last: an API server that is held up may not take it
            said = Announce(Reason.REQUEST_REFUSED, f"left alone: {why}", warning=True)
            await Actor(self.cluster, read_identity(body), now).act(said)
        return self.unwritten.retry(key, now, soon)

    async def abandon(
        self, key: Key, standing: Standing, error: Exception, now: float, *, unread: bool = False
    ) -> float:
        """Let nobody wait for one that can't be read or ended; take away what was seen of it."""
        said, uid = f"{type(error).__name__}: {error}", standing.uid
        self.unwritten.refused(key, uid, said, now, waits=standing.waits, unread=unread)
        if standing.is_under_way and self.unwritten.why_to_end(standing.uid, now):
            await take_away(self.cluster, key, self.seen.left_by(key))
            self.unwritten.cleared(standing.uid)
        return TRIED_AGAIN[0]

    async def _write(self, body: Manifest, status: LoadExperimentStatus, now: float) -> None:
        await write_status(self.cluster, self.unwritten, body, status, now, only=OF_THE_ENDING)
