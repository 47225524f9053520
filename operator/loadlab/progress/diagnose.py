"""Why a pod is not ready, in one word and one sentence with the remedy."""

from collections.abc import Iterable

from loadlab.model.conditions import Reason
from loadlab.progress.observed import ControllerView, PodView

PULL_TROUBLE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
Diagnosis = tuple[Reason, str]


def diagnose(pods: Iterable[PodView], controllers: Iterable[ControllerView]) -> Diagnosis:
    """Return the most telling reason why these pods are not ready."""
    seen = tuple(pods)
    for pod in seen:
        if not pod.ready and (found := _of_pod(pod)):
            return found
    for controller in controllers:
        if controller.refusal:
            message = f"the API server refused the {controller.component} pod: {controller.refusal}"
            return Reason.CREATION_REFUSED, message
    waiting = sorted({pod.component.value for pod in seen if not pod.ready})
    message = f"not ready in time: {', '.join(waiting) or 'no pod appeared'}; see kubectl logs"
    return Reason.NEVER_READY, message


def _of_pod(pod: PodView) -> Diagnosis | None:
    where = f"pod {pod.name} ({pod.component})"
    if pod.waiting_reason in PULL_TROUBLE:
        message = (
            f"{where}: image {pod.image} cannot be pulled ({pod.waiting_reason}); "
            "check its name, the registry and the pull secret"
        )
        return Reason.IMAGE_PULL_FAILED, message
    if pod.terminated_reason == "OOMKilled":
        message = f"{where} ran out of memory; raise spec.resources.{pod.component}.memory"
        return Reason.OUT_OF_MEMORY, message
    if pod.unschedulable:
        message = f"{where} fits no node: {pod.unschedulable}"
        return Reason.UNSCHEDULABLE, message
    if pod.waiting_reason == "CrashLoopBackOff" or pod.restarts or pod.exit_code:
        message = (
            f"{where} ends again and again (exit code {pod.exit_code}, {pod.restarts} restarts); "
            f"see kubectl logs {pod.name}"
        )
        return Reason.CRASH_LOOP, message
    if pod.waiting_reason == "CreateContainerConfigError":
        return Reason.CREATION_REFUSED, f"{where}: {pod.waiting_message}"
    return None
