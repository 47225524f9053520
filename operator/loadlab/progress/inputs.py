"""ConfigMaps and images that an experiment is given: did they stay as they were?

A k6 script, the texts of a request, or a variable of a service stand in objects that somebody else
may change, and the pods of each trial read them anew. Figures of two scripts are no figures of two
variants. So each trial has a digest on record of what was in each, and a change of it ends the
experiment. Where there is none, as of one that is too large to read, its version counts.

An image is named by a tag, which may be moved to another one while trials run: what ran in a trial
is told by the image's digest. A service that runs already may be updated, scaled or given other
limits between two trials: what ran behind it stands in each of them.
"""

from loadlab.base.names import Component
from loadlab.model.resources import Trial
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.given import renewed_config_maps
from loadlab.model.status.conditions import Reason
from loadlab.model.status.inputs import Inputs, is_same_input
from loadlab.plan.variants import ResolvedVariant
from loadlab.progress.asked_service import why_unlike
from loadlab.progress.decision import Failure
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.observed import Observed

SHORT = 12  # of a digest, as tools print it
REMEDY = (
    "figures from before and after that cannot be compared; create the experiment anew, with "
    "immutable: true in the ConfigMap"
)

OTHER_SERVICE = (
    "figures of both cannot be put together; measure while nobody rolls it out or scales it"
)


def inputs_at_start(former: Trial | None, observed: Observed) -> Inputs:
    """Return the versions with which an attempt starts.

    Of one whose start was cut short some pods may be there: what it began with stays.
    """
    if former is not None and former.status.timings is not None:
        return former.status.inputs
    return dict(observed.inputs)


def find_changed_input(
    spec: LoadExperimentSpec, trial: Trial, observed: Observed
) -> Failure | None:
    """Return which ConfigMap changed since the attempt began; None for none.

    Where there are results already, another attempt could not be compared with them. One of those
    who have signed a certificate may be renewed at any time.
    """
    renewed = renewed_config_maps(spec)
    for name, before in trial.status.inputs.items():
        if name in renewed:
            continue
        if trouble := _trouble(before, observed.inputs.get(name, before)):
            if ending := why_incomparable(spec, observed):
                return Failure(*ending, ends_experiment=True)
            message = f"the ConfigMap {name} {trouble} during the run"
            return Failure(Reason.INPUTS_CHANGED, message)
    return None


def why_incomparable(spec: LoadExperimentSpec, observed: Observed) -> Diagnosis | None:
    """Return why no further attempt could be compared with the trials that have a result.

    One that was not there is none that they were given: their pods would have waited for it.
    """
    trials = [trial for trial in observed.trials.values() if trial.status.phase is not None]
    with_result = sorted((t for t in trials if t.status.has_result), key=_started)
    lasting = observed.inputs.keys() - renewed_config_maps(spec)
    for name, now in ((name, observed.inputs[name]) for name in sorted(lasting)):
        first = next((trial for trial in with_result if trial.status.inputs.get(name)), None)
        if first and (trouble := _trouble(first.status.inputs[name], now)):
            message = f"the ConfigMap {name} {trouble} since trial {first.metadata.name} began"
            return Reason.INPUTS_CHANGED, f"{message}: {REMEDY}"
    return None


def find_changed_image(variant: ResolvedVariant, observed: Observed, run: str) -> Failure | None:
    """Return that a team's own service runs another image than in the first trial with a result.

    Those of the catalogue come with the operator, whose upgrade is another matter.
    """
    if variant.image is None:
        return None
    pods = observed.pods_of(run, Component.SERVICE)
    now = next((pod.image for pod in pods if _digest(pod.image)), "")
    trials = (t for t in observed.trials.values() if t.status.has_result)
    same = (trial for trial in trials if trial.spec.cell.variant == variant.name)
    for first in sorted(same, key=_started):
        before = first.status.images.get(Component.SERVICE, "")
        if _digest(before) and _digest(now) and _form(before) == _form(now):
            if _digest(before) == _digest(now):
                return None
            digests = f"{_digest(now)[:SHORT]}, and was {_digest(before)[:SHORT]}"
            message = (
                f"the image of variant {variant.name} is another one since trial "
                f"{first.metadata.name}: {digests}; figures of two images cannot be put together: "
                "give each a variant, named by digest"
            )
            return Failure(Reason.INPUTS_CHANGED, message, ends_experiment=True)
    return None


def why_another_service(variant: ResolvedVariant, observed: Observed) -> Diagnosis | None:
    """Return why a trial that asks a running service now is none of the trials with a result.

    Those before the first block are left out: no figure of theirs is in a row, and by them an
    autoscaler may have learnt how many pods it takes.
    """
    if variant.service is None:
        return None
    for first in sorted((t for t in observed.measured() if t.status.has_result), key=_started):
        if unlike := why_unlike(variant, first, observed.asked):
            return Reason.INPUTS_CHANGED, f"{unlike}: {OTHER_SERVICE}"
    return None


def _digest(image: str) -> str:
    """Return what says which image it is; empty where only a tag is known, as before it runs."""
    return image.partition("sha256:")[2]


def _form(image: str) -> bool:
    """Whether it is a registry's digest; a node that was handed the image tells its own."""
    return "@" in image


def _trouble(before: str, now: str) -> str:
    if is_same_input(before, now):
        return ""
    if not before:
        return "was created"
    if not now:
        return "is gone, deleted"
    same = before.partition("/")[0] == now.partition("/")[0]
    return "was changed" if same else "was deleted and created anew"


def _started(trial: Trial) -> float:
    return trial.status.timings.started if trial.status.timings else 0.0
