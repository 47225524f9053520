"""ConfigMaps that an experiment is given: did they stay as they were?

A k6 script, the texts of a request, or a variable of a service stand in objects that somebody else
may change, and the pods of each trial read them anew. Figures of two scripts are no figures of two
variants. So the version of each is on record in each trial, and any change ends the experiment,
also one that was taken back: nobody looks at what is in it, and a version never comes again.
"""

from loadlab.model.resources import Trial
from loadlab.model.status.conditions import Reason
from loadlab.model.status.inputs import Inputs
from loadlab.progress.decision import Failure
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.observed import Observed

REMEDY = (
    "figures from before and after that cannot be compared; create the experiment anew, with "
    "immutable: true in the ConfigMap"
)


def inputs_at_start(former: Trial | None, observed: Observed) -> Inputs:
    """Return the versions with which an attempt starts.

    Of one whose start was cut short some pods may be there: what it began with stays.
    """
    if former is not None and former.status.timings is not None:
        return former.status.inputs
    return dict(observed.inputs)


def find_changed_input(trial: Trial, observed: Observed) -> Failure | None:
    """Return which ConfigMap changed since the attempt began; None for none.

    Where there are results already, another attempt could not be compared with them.
    """
    for name, before in trial.status.inputs.items():
        if trouble := _trouble(before, observed.inputs.get(name, before)):
            if ending := why_incomparable(observed):
                return Failure(*ending, ends_experiment=True)
            message = f"the ConfigMap {name} {trouble} during the run"
            return Failure(Reason.INPUTS_CHANGED, message)
    return None


def why_incomparable(observed: Observed) -> Diagnosis | None:
    """Return why no further attempt could be compared with the trials that have a result.

    One that was not there is none that they were given: their pods would have waited for it.
    """
    trials = [trial for trial in observed.trials.values() if trial.status.phase is not None]
    with_result = sorted((t for t in trials if t.status.has_result), key=_started)
    for name, now in observed.inputs.items():
        first = next((trial for trial in with_result if trial.status.inputs.get(name)), None)
        if first and (trouble := _trouble(first.status.inputs[name], now)):
            message = f"the ConfigMap {name} {trouble} since trial {first.metadata.name} began"
            return Reason.INPUTS_CHANGED, f"{message}: {REMEDY}"
    return None


def _trouble(before: str, now: str) -> str:
    if before == now:
        return ""
    if not before:
        return "was created"
    if not now:
        return "is gone, deleted"
    same = before.partition("/")[0] == now.partition("/")[0]
    return "was changed" if same else "was deleted and created anew"


def _started(trial: Trial) -> float:
    return trial.status.timings.started if trial.status.timings else 0.0
