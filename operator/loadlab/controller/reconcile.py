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
from loadlab.controller.experiment_index import only_waits
from loadlab.controller.metrics import Metrics
from loadlab.controller.plans import Plans
from loadlab.controller.read import OF_THE_ENDING, read_experiment, read_identity
from loadlab.controller.seen_children import SeenChildren
from loadlab.controller.unwritten import Unwritten
from loadlab.controller.work_queue import Key
from loadlab.kube.act import Actor
from loadlab.kube.api import Cluster, Kind, Manifest, Version, kind_named
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
from loadlab.kube.remains import observe_remains
from loadlab.kube.rewrite import write_over_changes
from loadlab.kube.standing import standing_of
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
from loadlab.progress.observed import Observed
from loadlab.progress.refusal import Refusal, answer_refusal
from loadlab.progress.refused_creation import why_refused

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
        body = await self.cluster.get(Kind.EXPERIMENT, *key)
        await self._take_away_what_is_left(key, body)
        if body is None:
            return None
        standing = standing_of(body)
        if standing.deleting and not standing.is_under_way:
            return None
        if not (hints.alone or only_waits(standing, hints.place)):
            return AT_ONCE  # it is not as the events said: to be looked at alone
        why = self.unwritten.why_to_end(standing.uid, now) if standing.is_under_way else ""
        try:
            return await (self._give_up(body, why, now) if why else self._pass(body, now, hints))
        except UnavailableError:
            raise
        except Exception as error:
            log.exception("pass failed", experiment=key)
            return await self._answer_failure(body, error, now)

    async def _take_away_what_is_left(self, key: Key, body: Manifest | None) -> None:
        """Delete the children of an experiment that is gone: they may have been orphaned."""
        uid = body["metadata"]["uid"] if body else ""
        self.unwritten.forget_namesakes(key, uid)
        for one in self.seen.left_by(key, uid):
            try:
                await self.cluster.delete(kind_named(one.kind), key[0], one.name, one.uid)
            except RefusedError as error:
                log.warning("not cleared", experiment=key, error=str(error))
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

    async def _give_up(self, body: Manifest, why: str, now: float) -> float | None:
        """End one whose status is not taken: nothing of it runs, and then that is written."""
        found = read_identity(body)
        closing = found.status.model_copy(update={"phase": Phase.ANALYZING})
        experiment = found.model_copy(update={"status": closing})
        transition = Transition(experiment.metadata.generation, now)
        decision = await self._end(experiment, Refusal(Reason.REQUEST_REFUSED, why), transition)
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
        actor = Actor(self.cluster, experiment, now, _versions(observed))
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
        decision = await self._end(experiment, shown, transition)
        await self._write_status(body, decision.status, now, only=OF_THE_ENDING)
        await self._announce(decision, Actor(self.cluster, experiment, now))
        return decision.requeue_after

    async def _end(
        self, experiment: AnyExperiment, refusal: Refusal, transition: Transition
    ) -> Decision:
        """Take the next step of an ending, also where the API server refuses to show or delete."""
        try:
            observed = await observe_remains(self.cluster, experiment)
        except RefusedError as error:
            message = f"{refusal.message}; what is left of it can't be looked at: {error}"
            refusal, observed = Refusal(refusal.reason, message), Observed()
        decision = answer_refusal(refusal, experiment.status, observed, transition)
        try:
            await self._act(refusal, Actor(self.cluster, experiment, transition.now), decision)
        except RefusedError as error:
            log.warning("not cleared", experiment=experiment.metadata.name, error=str(error))
        return decision

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
        await actor.act(action)
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


def _versions(observed: Observed) -> dict[str, Version]:
    seen = {name: trial.metadata for name, trial in observed.trials.items()}
    return {name: Version(each.uid, each.resource_version) for name, each in seen.items()}
