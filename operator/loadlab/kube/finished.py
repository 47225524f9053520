"""The trials of the experiment under way; those that are over are remembered, as they never change.

A sweep has up to a thousand trials, and a pass follows every event: listing them all each time
would cost more than running them. What is remembered spares reading, nothing else: whoever has
forgotten everything, after a restart or on any doubt, lists them once. The measurements of pilot
trials are kept, 50 of 27 KiB at most: rates, and what is said of tiers, follow from them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.base.names import experiment_selector, preliminary_name, traced_name, trial_name
from loadlab.catalogue import Cell
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import first_former, is_controlled_by
from loadlab.model.resources import AnyExperiment, Experiment, Metadata, Trial
from loadlab.model.status import LoadTrialStatus, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import LoadTrialSpec, TrialRole

DELETED = "DELETED"
Trials = dict[str, Trial]  # by name


@dataclass(frozen=True, slots=True)
class _Known:
    uid: str = ""  # of the experiment; none: nothing is known
    over: Trials = field(default_factory=dict)


class FinishedTrials:
    """Reads the trials of one experiment at a time: there are never two under way."""

    def __init__(self) -> None:
        self._known = _Known()

    def forget(self) -> None:
        """List them all at the next pass."""
        self._known = _Known()

    def handle_event(self, event: Manifest) -> bool:
        """Take note of a LoadTrial's watch event; return whether it asks for a pass.

        Only a deletion does: the operator itself makes every other change.
        """
        if event.get("type") != DELETED:
            return False
        self.forget()
        return True

    async def read(self, cluster: Cluster, experiment: AnyExperiment) -> Trials:
        """Return the trials, without their measurements but for those of pilots."""
        known = self._known
        if known.uid == experiment.metadata.uid:
            trials = known.over | await _read_on(cluster, experiment, known.over)
            known.over.update(_over(trials))  # goes nowhere if all was forgotten meanwhile
            return trials
        trials, _ = await list_trials(cluster, experiment)
        if self._known is known:
            self._known = _Known(experiment.metadata.uid, _over(trials))
        return trials


async def list_trials(cluster: Cluster, experiment: AnyExperiment) -> tuple[Trials, str]:
    """Return the trials, and one of a former experiment of this name, if any is left.

    Their measurements are let go page by page: all together are too large to be held.
    """
    labels, namespace = experiment_selector(experiment.metadata.name), experiment.metadata.namespace
    found, former = Trials(), ""
    async for page in cluster.pages(Kind.TRIAL, namespace, labels):
        found |= _owned(page, experiment)
        former = former or first_former(Kind.TRIAL, page, experiment)
    return found, former


async def read_whole_trial(cluster: Cluster, experiment: Experiment, name: str) -> Trial | None:
    """Return one trial with its measurement; None where it is gone or somebody else's."""
    body = await cluster.get(Kind.TRIAL, experiment.metadata.namespace, name)
    is_own = body is not None and is_controlled_by(body, experiment.metadata.uid)
    return read_trial(body) if body is not None and is_own else None


async def _read_on(cluster: Cluster, experiment: AnyExperiment, over: Trials) -> Trials:
    """Read those not remembered, in the plan's order, up to the first that is not over."""
    children = experiment.children_name
    if trial_name(children, 1) in over:
        found = await _read_row(cluster, experiment, over, trial_name)
        if not _may_be_traced(experiment, found):
            return found
        return found | await _read_row(cluster, experiment, over, traced_name)
    before = await _read_row(cluster, experiment, over, preliminary_name)
    if not all(map(_is_over, before.values())):
        return before
    return before | await _read_row(cluster, experiment, over, trial_name)


def _may_be_traced(experiment: AnyExperiment, found: Trials) -> bool:
    """Whether there may be traced trials: they begin when all others that there are are over."""
    asked = isinstance(experiment, Experiment) and experiment.spec.trace is not None
    return asked and all(map(_is_over, found.values()))


async def _read_row(
    cluster: Cluster, experiment: AnyExperiment, over: Trials, name_of: Callable[[str, int], str]
) -> Trials:
    found = Trials()
    for position in count(1):
        name = name_of(experiment.children_name, position)
        if name in over:
            continue
        body = await cluster.get(Kind.TRIAL, experiment.metadata.namespace, name)
        found |= _owned([body] if body else [], experiment)
        if name not in found or not _is_over(found[name]):
            break
    return found


def _owned(bodies: list[Manifest], experiment: AnyExperiment) -> Trials:
    """Return those that are an experiment's own, not of a former one of its name."""
    own = (body for body in bodies if is_controlled_by(body, experiment.metadata.uid))
    trials = [_bare(read_trial(body)) for body in own]
    return {trial.metadata.name: trial for trial in trials}


def _bare(trial: Trial) -> Trial:
    """Return a trial without what only the analysis needs, and people once it is over."""
    bare: dict[str, Any] = {"trace": None} | ({"evidence": ()} if _is_over(trial) else {})
    if trial.spec.role is not TrialRole.PILOT:
        bare["measurement"] = None
    status = trial.status.model_copy(update=bare)
    return trial.model_copy(update={"status": status})


def read_trial(body: Manifest) -> Trial:
    """Return a trial; one that another release wrote otherwise is over, and says so.

    It ends its experiment in words: an exception would come again in every pass, for ever.
    """
    try:
        return Trial.model_validate(body)
    except ValidationError as error:
        status = LoadTrialStatus(
            phase=TrialPhase.FAILED,
            reason=Reason.SUPERSEDED,
            message=f"this release cannot read what another one wrote: {first_fault(error)}",
        )
        unknown = LoadTrialSpec(
            experiment="", cell=Cell(variant="unknown"), replicate=1, position=1
        )
        return Trial(
            metadata=Metadata.model_validate(body["metadata"]), spec=unknown, status=status
        )


def _is_over(trial: Trial) -> bool:
    return trial.status.phase is not None and trial.status.phase.is_terminal


def _over(trials: Trials) -> Trials:
    return {name: trial for name, trial in trials.items() if _is_over(trial)}
