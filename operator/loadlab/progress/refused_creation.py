"""Why the API server creates something not: in one word, and in the sentence of whoever refused."""

import re
from collections.abc import Iterable

from loadlab.base.names import Component
from loadlab.model.status.conditions import Reason
from loadlab.progress.observed import ControllerView, JobView

QUOTA = re.compile(r"\b(exceeded|insufficient|failed) quota\b")
ADMISSION = re.compile(
    r"denied|webhook|violates PodSecurity|(minimum|maximum) \S+ usage per|limit to request ratio"
)
# Who asked for what: the request, or a pod that never was.
PREAMBLE = re.compile(
    r"^.* is forbidden: |^POST \S+: \d+ |^Error creating: |^create Pod \S+ in .* error: ", re.DOTALL
)
REMEDIES = {
    Reason.QUOTA_EXCEEDED: "raise the quota, or lower what the experiment asks for",
    Reason.ADMISSION_DENIED: "change the rule of the namespace, or what the experiment asks for",
    Reason.CREATION_REFUSED: "look at the operator's rights and the namespace",
}


def is_of_admission(said: str) -> bool:
    """Whether a rule of the cluster refused it, which may be changed, and not its own form."""
    return bool(QUOTA.search(said) or ADMISSION.search(said))


def why_refused(what: str, said: str) -> tuple[Reason, str]:
    """Return reason and sentence of a refusal, with the remedy."""
    if QUOTA.search(said):
        reason = Reason.QUOTA_EXCEEDED
    elif ADMISSION.search(said):
        reason = Reason.ADMISSION_DENIED
    else:
        reason = Reason.CREATION_REFUSED
    return reason, f"{what} cannot be created: {sentence_of(said)}; {REMEDIES[reason]}"


def sentence_of(refusal: str) -> str:
    """Return what whoever refused said, without the name of what never was."""
    return PREAMBLE.sub("", refusal).strip().rstrip(".")


def scaled(
    controllers: Iterable[ControllerView], run: str = "", service_pods: int = 1
) -> tuple[Reason, str] | None:
    """Return which of an experiment's own, or of a run's, somebody scaled; None for none.

    There is one pod of each, but of a run's service: a second store would be empty, and a second
    worker would do the work of one.
    """
    for each in controllers:
        asked = service_pods if each.run and each.component is Component.SERVICE else 1
        is_meant = each.run in {"", run} and not each.deleting
        if is_meant and each.replicas is not None and each.replicas != asked:
            what = f"{each.reference.kind} {each.name} to {each.replicas}"
            remedy = f"somebody scaled {what}: scale it to {asked} again"
            return Reason.INFRASTRUCTURE_LOST, remedy
    return None


def suspended(jobs: Iterable[JobView]) -> tuple[Reason, str] | None:
    """Return which Job somebody suspended, which makes no pods then; None for none."""
    for job in jobs:
        if job.suspended and not job.deleting:
            remedy = (
                f"Job {job.name} is suspended, and not by LoadLab: set its spec.suspend to false, "
                "or leave the Jobs of this namespace out of what suspends them, such as Kueue"
            )
            return Reason.SUSPENDED, remedy
    return None


def refused_pod(makers: Iterable[ControllerView | JobView]) -> tuple[Reason, str] | None:
    """Return why the pod of one of these was not created; None where none was refused."""
    refused = (maker for maker in makers if maker.refusal and not maker.deleting)
    first = next(refused, None)
    return why_refused(f"the {first.component} pod", first.refusal) if first else None
