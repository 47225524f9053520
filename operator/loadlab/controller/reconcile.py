"""The one pass: model -> plan -> observe -> decide -> act -> write status.

The same whatever caused it, and safe to repeat: the operator may die between any two requests.
What a pass that fails comes to is worked out in `troubled`.
What is computed, a plan, a decision or a measurement, is computed in a thread: it may take
seconds, and the probes and watches on the event loop go on meanwhile.
"""

import asyncio
from dataclasses import dataclass, field, replace

import structlog

from loadlab.controller.analyses import Analyses
from loadlab.controller.collect import collect, collect_evidence
from loadlab.controller.ending import take_away
from loadlab.controller.experiment_index import only_waits
from loadlab.controller.metrics import Metrics
from loadlab.controller.plans import Plans
from loadlab.controller.read import read_experiment
from loadlab.controller.seen_children import SeenChildren
from loadlab.controller.silences import Silences
from loadlab.controller.telling import announce, write_status
from loadlab.controller.troubled import Troubled
from loadlab.controller.unwritten import Unwritten
from loadlab.controller.work_queue import Key
from loadlab.kube.act import Actor, versions_seen
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.errors import (
    ClusterError,
    CreationRefusedError,
    ForeignObjectError,
    MalformedError,
    NotTheWriterError,
    UnavailableError,
)
from loadlab.kube.finished import FinishedTrials
from loadlab.kube.hints import NO_HINTS, Hints
from loadlab.kube.managed import why_not_written
from loadlab.kube.observe import observe
from loadlab.kube.standing import Standing, retains_pods, standing_of
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.plan import Images, Plan
from loadlab.progress.clearing import with_kept
from loadlab.progress.closing import awaits_analysis, expire
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
from loadlab.progress.observed import Observed
from loadlab.progress.refusal import Refusal
from loadlab.progress.refused_creation import why_refused
from loadlab.progress.unread_log import give_up_unread

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
    silences: Silences = field(default_factory=Silences)

    @property
    def _troubled(self) -> Troubled:
        return Troubled(self.cluster, self.seen, self.unwritten, self.silences)

    async def reconcile(self, key: Key, now: float, hints: Hints = NO_HINTS) -> float | None:
        """Do one pass; return the seconds until the next, or None where only an event causes it.

        Raises:
            ClusterError: the API server did not answer, or takes no status; requeue it.
        """
        try:
            body = await self.cluster.get(Kind.EXPERIMENT, *key)
        except UnavailableError as error:
            if hints.standing is not None:
                await self._troubled.abandon(key, hints.standing, error, now, unread=True)
            raise
        await self._take_away_what_is_left(key, body)
        if body is None:
            return None
        standing = standing_of(body)
        self.unwritten.was_read(standing.uid)
        if standing.deleting and not standing.is_under_way and not retains_pods(body):
            return None
        if why := why_not_written(body):
            return await self._troubled.leave_alone(body, standing, why, now)
        if standing.waits and standing.uid in hints.set_aside:
            return await self._troubled.try_to_write(body, now)
        if not (hints.alone or only_waits(standing, hints.place)):
            return AT_ONCE  # it is not as the events said: to be looked at alone
        return await self._look_at(body, standing, now, hints)

    async def _look_at(
        self, body: Manifest, standing: Standing, now: float, hints: Hints
    ) -> float | None:
        key = standing.namespace, standing.name
        why = self.unwritten.why_to_end(standing.uid, now) if standing.is_under_way else ""
        try:
            if why:
                return await self._troubled.give_up(body, why, now)
            after = await self._pass(body, now, hints)
        except NotTheWriterError:
            raise
        except UnavailableError as error:
            return await self._troubled.answer_silence(body, error, now)
        except Exception as error:
            log.exception("pass failed", experiment=key)
            try:
                return await self._troubled.answer_failure(body, error, now)
            except ClusterError:
                raise
            except Exception as worse:  # not even its ending can be worked out
                log.exception("pass broke", experiment=key)
                return await self._troubled.abandon(key, standing, worse, now)
        self.silences.broken(key)
        return after

    async def _take_away_what_is_left(self, key: Key, body: Manifest | None) -> None:
        """Delete the children of an experiment that is gone: they may have been orphaned."""
        uid = body["metadata"]["uid"] if body else ""
        self.unwritten.forget_namesakes(key, uid)
        await take_away(self.cluster, key, self.seen.left_by(key, uid))
        if body is None:
            self.seen.forget(key)
            self.silences.broken(key)

    async def _pass(self, body: Manifest, now: float, hints: Hints) -> float | None:
        experiment, planned = await asyncio.to_thread(
            read_experiment, body, self.images, self.plans
        )
        status = experiment.status
        if isinstance(planned, Refusal) and status.phase.is_terminal and not status.retained:
            return await self._expire(planned, experiment, now)
        decision = decide_unseen(planned, experiment, now)
        if decision is not None:
            await self._act(planned, Actor(self.cluster, experiment, now), decision)
        else:
            decision = await self._observe_and_act(planned, experiment, now, hints)
        await write_status(self.cluster, self.unwritten, body, decision.status, now)
        await announce(decision, Actor(self.cluster, experiment, now))
        return decision.requeue_after

    async def _expire(
        self, planned: Refusal, experiment: AnyExperiment, now: float
    ) -> float | None:
        """Let one that is over and has no plan delete itself in its time; its status stays.

        What another release wrote stays, where this one cannot read it.
        """
        if not isinstance(experiment, Experiment):
            return None
        decision = expire(experiment, now)
        await self._act(planned, Actor(self.cluster, experiment, now), decision)
        return decision.requeue_after

    async def _observe_and_act(
        self, planned: Plan | Refusal, experiment: AnyExperiment, now: float, hints: Hints
    ) -> Decision:
        try:
            observed = await self._observe(planned, experiment, now, hints)
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
        except ClusterError as error:
            decision = _answer(planned, actor, observed, decision, error)
        else:
            transition = Transition(experiment.metadata.generation, now)
            return with_kept(decision, actor.kept, experiment.status, transition)
        await self._act(planned, actor, decision)
        return decision

    async def _observe(
        self, planned: Plan | Refusal, experiment: AnyExperiment, now: float, hints: Hints
    ) -> Observed:
        observed = await observe(
            self.cluster,
            experiment,
            self.finished,
            namespaces=self.namespaces,
            hints=hints,
            known=self.seen.of(experiment.metadata),
        )
        if isinstance(planned, Plan) and awaits_analysis(planned, experiment.status, observed, now):
            cells = await self.analyses.advance(self.cluster, planned, observed.trials)
            return replace(observed, cells=cells)
        return observed

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


def _answer(
    planned: Plan | Refusal,
    actor: Actor,
    observed: Observed,
    decision: Decision,
    error: ClusterError,
) -> Decision:
    """Return what becomes of an experiment of which something could not be done.

    Raises:
        ClusterError: that one, where the whole pass has failed.
    """
    if isinstance(error, MalformedError | ForeignObjectError):
        return creation_refused(actor.experiment, str(error), actor.now)
    if isinstance(planned, Plan) and isinstance(error, CreationRefusedError):
        diagnosis = why_refused(error.what, error.answer)
        return answer_refused_creation(planned, observed, diagnosis, actor.now)
    is_silence = isinstance(error, UnavailableError) and not isinstance(error, NotTheWriterError)
    if isinstance(planned, Plan) and is_silence:
        given_up = give_up_unread(planned, observed, decision, str(error), actor.now)
        if given_up is not None:
            return given_up
    raise error
