"""The trials of the experiment under way; those that are over are remembered, as they never change.

A sweep has up to a thousand trials, and a pass follows every event: listing them all each time
would cost more than running them. What is remembered spares reading, nothing else: whoever has
forgotten everything, after a restart or on any doubt, lists them once.
"""

from dataclasses import dataclass, field
from itertools import count

from pydantic import ValidationError

from loadlab.base.names import experiment_selector, trial_name
from loadlab.catalogue import Cell
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import is_controlled_by
from loadlab.model.resources import AnyExperiment, Metadata, Trial
from loadlab.model.status import LoadTrialStatus, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import LoadTrialSpec

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
        """Return the trials, those that were over before without their measurements."""
        known = self._known
        if known.uid == experiment.metadata.uid:
            trials = known.over | await _read_on(cluster, experiment, known.over)
            known.over.update(_light(trials))  # goes nowhere if all was forgotten meanwhile
            return trials
        trials = owned_trials(await list_trials(cluster, experiment), experiment)
        if self._known is known:
            self._known = _Known(experiment.metadata.uid, _light(trials))
        return trials


async def list_trials(cluster: Cluster, experiment: AnyExperiment) -> list[Manifest]:
    """List all trials that bear an experiment's name."""
    labels = experiment_selector(experiment.metadata.name)
    return await cluster.list(Kind.TRIAL, experiment.metadata.namespace, labels)


async def _read_on(cluster: Cluster, experiment: AnyExperiment, over: Trials) -> Trials:
    """Read those not remembered, in the plan's order, up to the first that is not over."""
    metadata, found = experiment.metadata, Trials()
    for position in count(1):
        name = trial_name(experiment.children_name, position)
        if name in over:
            continue
        body = await cluster.get(Kind.TRIAL, metadata.namespace, name)
        found |= owned_trials([body] if body else [], experiment)
        if name not in found or not _is_over(found[name]):
            break
    return found


def owned_trials(bodies: list[Manifest], experiment: AnyExperiment) -> Trials:
    """Return those that are an experiment's own, not of a former one of its name."""
    own = (body for body in bodies if is_controlled_by(body, experiment.metadata.uid))
    trials = [read_trial(body) for body in own]
    return {trial.metadata.name: trial for trial in trials}


def read_trial(body: Manifest) -> Trial:
    """Return a trial; one that another release wrote otherwise is over, and says so.

    It ends its experiment in words: an exception would come again in every pass, for ever.
    """
    try:
        return Trial.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        status = LoadTrialStatus(
            phase=TrialPhase.FAILED,
            reason=Reason.SUPERSEDED,
            message=f"this release cannot read what another one wrote: {place}: {first['msg']}",
        )
        unknown = LoadTrialSpec(
            experiment="", cell=Cell(variant="unknown"), replicate=1, position=1
        )
        return Trial(
            metadata=Metadata.model_validate(body["metadata"]), spec=unknown, status=status
        )


def _is_over(trial: Trial) -> bool:
    return trial.status.phase is not None and trial.status.phase.is_terminal


def _light(trials: Trials) -> Trials:
    """Return the finished ones without what only the analysis needs."""
    bare = {
        name: trial.status.model_copy(update={"measurement": None})
        for name, trial in trials.items()
        if _is_over(trial)
    }
    return {name: trials[name].model_copy(update={"status": bare[name]}) for name in bare}
