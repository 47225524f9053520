"""Secrets that pods are given: did they stay as they were?

What is in one nobody reads but the pods. A container of each leaves a digest of it before the
others begin, and what a process was given then it keeps: a change in mid-trial reaches none.
"""

import re
from collections.abc import Iterable

from loadlab.base.names import INPUTS, Component
from loadlab.model.resources import Trial
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.given import renewed_secrets
from loadlab.model.status.conditions import Reason
from loadlab.plan.noted_secrets import VOLUME
from loadlab.progress.decision import Failure
from loadlab.progress.observed import Observed, PodView

REMEDY = (
    "figures from before and after that cannot be compared; create the experiment anew, with "
    "immutable: true in the Secret (what load.request.headersFrom or https names may be renewed)"
)
# An earlier release's has 16 digits and knows no name: it is compared with nothing.
_DIGEST = re.compile(r"[0-9a-f]{18}")
_NAMED = "Secret "  # as a pod's view calls what it mounts


def noted_secrets(observed: Observed, run: str) -> dict[str, str]:
    """Return the digest of each Secret that all pods of a run found alike, by its name."""
    found = _noted(observed.pods_of(run, Component.SERVICE, Component.K6))
    return {name: next(iter(digests)) for name, digests in found.items() if len(digests) == 1}


def find_changed_secret(spec: LoadExperimentSpec, observed: Observed, run: str) -> Failure | None:
    """Return which Secret is another one than in the first trial with a result; None for none.

    One that was changed as the pods of a run began is another one in some of them. A header's or a
    certificate's may be renewed at any time: the trials have it on record, and go on.
    """
    renewed = renewed_secrets(spec)
    noted = _noted(observed.pods_of(run, Component.SERVICE, Component.K6))
    trials = (trial for trial in observed.trials.values() if trial.status.has_result)
    with_result = sorted(trials, key=_started)
    for name, digests in noted.items():
        if name in renewed:
            continue
        first = next((trial for trial in with_result if _has_digest(trial, name)), None)
        if first is not None and digests != {first.status.secrets[name]}:
            message = f"the Secret {name} was changed since trial {first.metadata.name} began"
            return Failure(Reason.INPUTS_CHANGED, f"{message}: {REMEDY}", ends_experiment=True)
        if len(digests) > 1:
            message = f"the Secret {name} was changed while the pods of the run began"
            return Failure(Reason.INPUTS_CHANGED, message)
    return None


def _noted(pods: Iterable[PodView]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pod in pods:
        noting = (each for each in pod.containers if each.ours and each.name == INPUTS)
        said = next(noting, None)
        for number, digest in enumerate(said.termination_message.split(",") if said else ()):
            name = pod.mounts.get(f"{VOLUME}-{number}", "").removeprefix(_NAMED)
            if name and _DIGEST.fullmatch(digest):
                found.setdefault(name, set()).add(digest)
    return found


def _has_digest(trial: Trial, name: str) -> bool:
    return _DIGEST.fullmatch(trial.status.secrets.get(name, "")) is not None


def _started(trial: Trial) -> float:
    return trial.status.timings.started if trial.status.timings else 0.0
