"""The one pass: model -> plan -> observe -> decide -> act -> write status.

The same whatever woke it, and safe to repeat: the operator may die between any two requests.
"""

from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic import ValidationError

from loadlab import __version__
from loadlab.cluster.act import Actor
from loadlab.cluster.api import Cluster, Kind
from loadlab.cluster.errors import ForeignObjectError, MalformedError
from loadlab.cluster.finished import FinishedTrials
from loadlab.cluster.observe import NO_HINTS, Hints, observe
from loadlab.collect.run import collect
from loadlab.controller.wakeups import Key
from loadlab.model.conditions import Reason
from loadlab.model.names import API_VERSION
from loadlab.model.resources import Experiment, Metadata
from loadlab.model.status import LoadExperimentStatus
from loadlab.plan import Images, Plan, PlanError, make_plan
from loadlab.progress.admission import refuse
from loadlab.progress.decide import decide
from loadlab.progress.decision import Collect, Decision
from loadlab.progress.endings import creation_refused
from loadlab.progress.marks import Marker
from loadlab.progress.patch import merge_patch

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Looks at one experiment at a time; the only writer of what it writes."""

    cluster: Cluster
    images: Images
    namespaces: tuple[str | None, ...] = (None,)  # where experiments queue up; None is everywhere
    finished: FinishedTrials = field(default_factory=FinishedTrials)

    async def look(self, key: Key, now: float, hints: Hints = NO_HINTS) -> float | None:
        """Do one pass; return the seconds until the next, or None where a change must wake it.

        Raises:
            ClusterError: the API server refused or did not answer; look again later.
        """
        body = await self.cluster.get(Kind.EXPERIMENT, *key)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return None
        try:
            experiment = Experiment.model_validate(body)
            plan = make_plan(experiment, self.images)
        except (ValidationError, PlanError) as error:
            await self._refuse(body, error, now)
            return None
        observed = await observe(
            self.cluster, experiment, self.finished, namespaces=self.namespaces, hints=hints
        )
        decision = decide(plan, experiment, observed, now)
        try:
            await self._act(plan, experiment, decision, now)
        except (MalformedError, ForeignObjectError) as error:
            decision = creation_refused(experiment, str(error), now)
            await self._act(plan, experiment, decision, now)
        await self._write_status(body, decision.status)
        return decision.requeue_after

    async def _act(
        self, plan: Plan, experiment: Experiment, decision: Decision, now: float
    ) -> None:
        actor = Actor(self.cluster, experiment, now)
        for action in decision.actions:
            if isinstance(action, Collect):
                await actor.act(await collect(self.cluster, plan, action, now))
            else:
                await actor.act(action)

    async def _refuse(
        self, body: dict[str, Any], error: ValidationError | PlanError, now: float
    ) -> None:
        status = LoadExperimentStatus.model_validate(body.get("status") or {})
        if status.phase.is_terminal:
            return
        reason = error.reason if isinstance(error, PlanError) else Reason.INVALID_SPEC
        metadata = Metadata.model_validate(body["metadata"])
        decision = refuse(status, Marker(metadata.generation, now), reason, _explain(error))
        shell = {"apiVersion": API_VERSION, "metadata": body["metadata"], "spec": _ANY_SPEC}
        actor = Actor(self.cluster, Experiment.model_validate(shell), now)
        for action in decision.actions:
            if not isinstance(action, Collect):  # which a refusal never asks for
                await actor.act(action)
        await self._write_status(body, decision.status)

    async def _write_status(self, body: dict[str, Any], status: LoadExperimentStatus) -> None:
        former = body.get("status") or {}
        wanted = status.model_copy(update={"operator_version": __version__}).dump()
        patch = merge_patch(former, wanted)
        if not patch:
            return
        metadata = body["metadata"]
        if wanted["phase"] != former.get("phase"):
            log.info("phase", experiment=metadata["name"], phase=wanted["phase"])
        await self.cluster.patch_status(
            Kind.EXPERIMENT, metadata["namespace"], metadata["name"], patch
        )


# Stands in for a spec that could not be read, where only the metadata matter.
_ANY_SPEC = {"workload": "sleep", "variants": [{"name": "async"}]}


def _explain(error: ValidationError | PlanError) -> str:
    if isinstance(error, PlanError):
        return str(error)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']} ({error.error_count()} errors in all)"
