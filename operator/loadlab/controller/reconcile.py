"""The one pass: model -> plan -> observe -> decide -> act -> write status.

The same whatever caused it, and safe to repeat: the operator may die between any two requests.
A pass that fails says so in the status, by metadata and phase alone, and ends what it can't mend.
What is computed, a plan, a decision or a measurement, is computed in a thread: it may take
seconds, and the probes and watches on the event loop go on meanwhile.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import structlog

from loadlab import __version__
from loadlab.controller.analyses import Analyses
from loadlab.controller.collect import collect, collect_evidence
from loadlab.controller.ending import end_one_step, take_away
from loadlab.controller.experiment_index import only_waits
from loadlab.controller.metrics import Metrics
from loadlab.controller.plans import Plans
from loadlab.controller.read import OF_THE_ENDING, read_experiment, read_identity
from loadlab.controller.seen_children import SeenChildren
from loadlab.controller.unwritten import TRIED_AGAIN, Unwritten
from loadlab.controller.work_queue import Key
from loadlab.kube.act import Actor, versions_seen
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.errors import (
    ClusterError,
    CreationRefusedError,
    ForeignObjectError,
    MalformedError,
    NotTheWriterError,
    RefusedError,
    UnavailableError,
)
from loadlab.kube.finished import FinishedTrials
from loadlab.kube.hints import NO_HINTS, Hints
from loadlab.kube.merge_patch import merge_patch
from loadlab.kube.observe import observe
from loadlab.kube.rewrite import write_over_changes
from loadlab.kube.standing import Standing, standing_of
from loadlab.model.resources import AnyExperiment
from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import Reason
from loadlab.plan import Images, Plan
from loadlab.progress.clearing import with_kept
from loadlab.progress.closing import awaits_analysis
from loadlab.progress.conditions import AT_ONCE, Transition
from loadlab.progress.creation import answer_refused_creation
from loadlab.progress.decide import decide, decide_unobserved, decide_unseen
from loadlab.progress.decision import (
    Announce,
    ClusterAction,
    Collect,
    CollectEvidence,
    Decision,
    RecordTrial,
)
from loadlab.progress.endings import creation_refused
from loadlab.progress.failed_pass import RETRY, failed, refused, show
from loadlab.progress.refusal import Refusal
from loadlab.progress.refused_creation import why_refused
from loadlab.progress.stalled import stall

WHEN_OVER = 300.0  # seconds until a finished experiment whose pass failed is looked at again
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Reconciles one experiment at a time; the only writer of what it writes."""

    cluster: Cluster
    images: Images
    namespaces: tuple[str | None, ...] = (None,)  # where experiments queue up; None is everywhere
    finished: FinishedTrials = field(default_factory=FinishedTrials)
    plans: Plans = field(default_factory=Plans)
    analyses: Analyses = field(default_factory=Analyses)
    seen: SeenChildren = field(default_factory=SeenChildren)
    metrics: Metrics = field(default_factory=Metrics)
    unwritten: Unwritten = field(default_factory=Unwritten)

    async def reconcile(self, key: Key, now: float, hints: Hints = NO_HINTS) -> float | None:
        """Do one pass; return the seconds until the next, or None where only an event causes it.

        Raises:
            ClusterError: the API server did not answer, or takes no status; requeue it.
        """
        try:
            body = await self.cluster.get(Kind.EXPERIMENT, *key)
        except UnavailableError as error:
            if hints.standing is not None:
                await self._abandon(key, hints.standing, error, now, unread=True)
            raise
        await self._take_away_what_is_left(key, body)
        if body is None:
            return None
        standing = standing_of(body)
        self.unwritten.was_read(standing.uid)
        if standing.deleting and not standing.is_under_way:
            return None
        if standing.waits and standing.uid in hints.set_aside:
            return await self._try_to_write(body, now)
        if not (hints.alone or only_waits(standing, hints.place)):
            return AT_ONCE  # it is not as the events said: to be looked at alone
        return await self._look_at(body, standing, now, hints)

    async def _look_at(
        self, body: Manifest, standing: Standing, now: float, hints: Hints
    ) -> float | None:
        key = standing.namespace, standing.name
        why = self.unwritten.why_to_end(standing.uid, now) if standing.is_under_way else ""
        try:
            return await (self._give_up(body, why, now) if why else self._pass(body, now, hints))
        except UnavailableError:
            raise
        except Exception as error:
            log.exception("pass failed", experiment=key)
            try:
                return await self._answer_failure(body, error, now)
            except ClusterError:
                raise
            except Exception as worse:  # not even its ending can be worked out
                log.exception("pass broke", experiment=key)
                return await self._abandon(key, standing, worse, now)

    async def _take_away_what_is_left(self, key: Key, body: Manifest | None) -> None:
        """Delete the children of an experiment that is gone: they may have been orphaned."""
        uid = body["metadata"]["uid"] if body else ""
        self.unwritten.forget_namesakes(key, uid)
        await take_away(self.cluster, key, self.seen.left_by(key, uid))
        if body is None:
            self.seen.forget(key)

    async def _pass(self, body: Manifest, now: float, hints: Hints) -> float | None:
        experiment, planned = await asyncio.to_thread(
            read_experiment, body, self.images, self.plans
        )
        status = experiment.status
        if isinstance(planned, Refusal) and status.phase.is_terminal and not status.retained:
            return None  # what another release wrote stays, also where this one cannot read it
        decision = decide_unseen(planned, experiment, now)
        if decision is not None:
            await self._act(planned, Actor(self.cluster, experiment, now), decision)
        else:
            decision = await self._observe_and_act(planned, experiment, now, hints)
        await self._write_status(body, decision.status, now)
        await self._announce(decision, Actor(self.cluster, experiment, now))
        return decision.requeue_after

    async def _try_to_write(self, body: Manifest, now: float) -> float:
        """See whether the status of one that is set aside is taken by now; nothing else is done.

        Raises:
            ClusterError: it is not.
        """
        experiment = read_identity(body)
        why = Reason.REQUEST_REFUSED, self.unwritten.why_set_aside(experiment.metadata.uid)
        transition = Transition(experiment.metadata.generation, now)
        shown = stall(experiment.status, transition, why)
        await self._write_status(body, shown, now, only=OF_THE_ENDING)
        self.unwritten.forget(experiment.metadata.uid)  # also where it says so already
        return AT_ONCE

    async def _give_up(self, body: Manifest, why: str, now: float) -> float | None:
        """End one whose status is not taken: nothing of it runs, and then that is written."""
        found = read_identity(body)
        closing = found.status.model_copy(update={"phase": Phase.ANALYZING})
        experiment = found.model_copy(update={"status": closing})
        transition = Transition(experiment.metadata.generation, now)
        decision = await end_one_step(
            self.cluster, self.seen, experiment, Refusal(Reason.REQUEST_REFUSED, why), transition
        )
        if decision.status.phase.is_terminal:
            self.unwritten.cleared(experiment.metadata.uid)
        await self._write_status(body, decision.status, now, only=OF_THE_ENDING)
        await self._announce(decision, Actor(self.cluster, experiment, now))
        return decision.requeue_after

    async def _observe_and_act(
        self, planned: Plan | Refusal, experiment: AnyExperiment, now: float, hints: Hints
    ) -> Decision:
        try:
            observed = await observe(
                self.cluster, experiment, self.finished, namespaces=self.namespaces, hints=hints
            )
            if isinstance(planned, Plan) and awaits_analysis(
                planned, experiment.status, observed, now
            ):
                cells = await self.analyses.advance(self.cluster, planned, observed.trials)
                observed = replace(observed, cells=cells)
        except ClusterError as error:
            due = decide_unobserved(planned, experiment, str(error), now)
            if due is None:
                raise
            return due
        self.seen.note(experiment.metadata, observed)
        decision = await asyncio.to_thread(decide, planned, experiment, observed, now)
        actor = Actor(self.cluster, experiment, now, versions_seen(observed))
        try:
            await self._act(planned, actor, decision)
        except CreationRefusedError as error:
            if isinstance(planned, Refusal):
                raise
            diagnosis = why_refused(error.what, error.answer)
            decision = answer_refused_creation(planned, observed, diagnosis, now)
        except (MalformedError, ForeignObjectError) as error:
            decision = creation_refused(experiment, str(error), now)
        else:
            return with_kept(decision, actor.kept, Transition(experiment.metadata.generation, now))
        await self._act(planned, actor, decision)
        return decision

    async def _answer_failure(self, body: Manifest, error: Exception, now: float) -> float | None:
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
            await self._write_status(body, shown, now, only=OF_THE_ENDING)
            return RETRY
        decision = await end_one_step(self.cluster, self.seen, experiment, shown, transition)
        await self._write_status(body, decision.status, now, only=OF_THE_ENDING)
        await self._announce(decision, Actor(self.cluster, experiment, now))
        return decision.requeue_after

    async def _abandon(
        self, key: Key, standing: Standing, error: Exception, now: float, *, unread: bool = False
    ) -> float:
        """Let nobody wait for one that can't be read or ended; take away what was seen of it."""
        said, uid = f"{type(error).__name__}: {error}", standing.uid
        self.unwritten.refused(key, uid, said, now, waits=standing.waits, unread=unread)
        if standing.is_under_way and self.unwritten.why_to_end(standing.uid, now):
            await take_away(self.cluster, key, self.seen.left_by(key))
            self.unwritten.cleared(standing.uid)
        return TRIED_AGAIN[0]

    async def _act(self, planned: Plan | Refusal, actor: Actor, decision: Decision) -> None:
        for action in decision.actions:
            if isinstance(action, Announce):
                continue  # once the status says the same
            if isinstance(action, CollectEvidence):
                namespace = actor.experiment.metadata.namespace
                await self._do(actor, await collect_evidence(self.cluster, namespace, action))
            elif not isinstance(action, Collect):
                await self._do(actor, action)
            elif isinstance(planned, Plan):
                await self._do(actor, await collect(self.cluster, planned, action, actor.now))

    async def _do(self, actor: Actor, action: ClusterAction) -> None:
        try:
            await actor.act(action)
        finally:
            self.seen.add(actor.experiment.metadata, actor.there)
        if isinstance(action, RecordTrial):
            self.metrics.recorded(action.status)

    async def _announce(self, decision: Decision, actor: Actor) -> None:
        for action in decision.actions:
            if isinstance(action, Announce):
                await actor.act(action)

    async def _write_status(
        self,
        body: Manifest,
        status: LoadExperimentStatus,
        now: float,
        only: Iterable[str] | None = None,
    ) -> None:
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
            await write_over_changes(self.cluster, place, body, patch)
        except NotTheWriterError:
            raise
        except ClusterError as error:
            waits = standing_of(body).waits
            key = metadata["namespace"], metadata["name"]
            self.unwritten.refused(key, metadata["uid"], str(error), now, waits=waits)
            raise
        self.unwritten.forget(metadata["uid"])
