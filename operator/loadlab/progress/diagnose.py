"""Why a pod is not ready, in one word and one sentence with the remedy."""

from collections.abc import Iterable

from loadlab.base.names import Component
from loadlab.model.status.conditions import Reason
from loadlab.progress.begun import is_held_up
from loadlab.progress.last_words import TERMINATION_LINE, last_words
from loadlab.progress.missing import what_is_missing
from loadlab.progress.observed import ControllerView, JobView, PodView, Stranger
from loadlab.progress.readiness import what_is_awaited
from loadlab.progress.refused_creation import refused_pod, suspended
from loadlab.progress.unplaced import why_unplaced

PULL_TROUBLE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
OUT_OF_MEMORY = "OOMKilled"
# The kubelet's words for a container that the runtime could not start, whatever is in its image.
NOT_STARTABLE = {
    "StartError",
    "ContainerCannotRun",
    "RunContainerError",
    "CreateContainerError",
    "CreateContainerConfigError",
}
# 128 + SIGKILL: the kernel's, of which a node does not always notice that memory ran out.
KILLED = 137
# The node's words for a container whose end it did not see, as it was started again meanwhile.
UNSEEN_ENDS = {"Unknown", "ContainerStatusUnknown"}
ONCE = (Component.DATASET, Component.PREPARATION)  # what they are for is their end
Diagnosis = tuple[Reason, str]


def diagnose(
    pods: Iterable[PodView],
    makers: Iterable[ControllerView | JobView],
    strangers: Iterable[Stranger] = (),
) -> Diagnosis:
    """Return the most telling reason why these pods are not ready.

    A pod that admission made another than was asked for is a stranger.
    """
    seen, made_by = tuple(pods), tuple(makers)
    for pod in seen:
        if not pod.is_serving and (found := _of_pod(pod)):
            return found
    refused = refused_pod(made_by) or suspended(m for m in made_by if isinstance(m, JobView))
    if refused is not None:
        return refused
    for stranger in strangers:
        return Reason.NEVER_READY, f"the {stranger.component} pod does not count: {stranger.why}"
    waiting = sorted({what_is_awaited(pod) for pod in seen if _is_awaited(pod)})
    return Reason.NEVER_READY, f"not ready in time: {', '.join(waiting) or 'no pod appeared'}"


def missing_input(pods: Iterable[PodView]) -> Diagnosis | None:
    """Return which pod waits for a Secret or ConfigMap that is not there; None for none."""
    waiting = (pod for pod in pods if not pod.deleting and not pod.is_serving)
    found = ((pod, missing) for pod in waiting if (missing := what_is_missing(pod)))
    pod, missing = next(found, (None, ""))
    if pod is None:
        return None
    return Reason.CREATION_REFUSED, f"pod {pod.name} ({pod.component}): {missing}"


def _is_awaited(pod: PodView) -> bool:
    """The pod of a Job is done when its container has ended well: it may be ready, and run on."""
    is_done = pod.has_finished and pod.exit_code == 0
    is_ready = pod.is_serving and pod.component not in ONCE
    return pod.deleting or not (is_ready or is_done)


def not_startable(pod: PodView) -> str:
    """Return why a container cannot be started, in the kubelet's words; empty where it can."""
    if pod.terminated_reason in NOT_STARTABLE:
        return pod.termination_message or pod.terminated_reason
    if pod.waiting_reason in NOT_STARTABLE:
        return pod.waiting_message or pod.waiting_reason
    return ""


def termination_line(pod: PodView) -> str:
    """Return why a failed container ended, as it said it; empty where nothing is known."""
    if pod.component is Component.K6:  # whose documents quote the errors of others
        lines = pod.termination_message.strip().splitlines()
        return lines[-1][:TERMINATION_LINE] if lines else ""
    return last_words(pod.termination_message)


def failed_dataset(pods: Iterable[PodView]) -> str:
    """Return why the data set was not loaded, as the last of its pods said it; else empty."""
    said = (termination_line(pod) for pod in pods if pod.component is Component.DATASET)
    return next((words for words in said if words), "")


def why_it_was_ended(pods: Iterable[PodView]) -> str:
    """Return what ended the pod of a Job, or kept it from starting, beside itself; else empty.

    It is no word of its log then: memory, an eviction, a container that cannot be started.
    """
    for pod in pods:
        if pod.terminated_reason == OUT_OF_MEMORY:
            return why_it_ended(pod)
        if why := not_startable(pod):
            return f"its container cannot be started: {why}"
        if pod.reason:
            where = f" on node {pod.node}" if pod.node else ""
            said = f": {pod.message}" if pod.message else ""
            return f"its pod ended{where}, {pod.reason}{said}"
    return ""


def why_it_ended(pod: PodView) -> str:
    """Return how a container that was started again had ended, with the remedy if one is known."""
    if pod.terminated_reason == OUT_OF_MEMORY:
        return f"it ran out of memory; raise spec.resources.{pod.component}.memory"
    if pod.terminated_reason in UNSEEN_ENDS:
        where = f"node {pod.node}" if pod.node else "its node"
        return f"{where} did not see its end ({pod.terminated_reason}): it was started again"
    words = termination_line(pod)
    return exit_code(pod) + (f", {words}" if words else "")


def exit_code(pod: PodView) -> str:
    """Return the exit code, and what it may mean where the container said nothing more."""
    if pod.exit_code != KILLED:
        return f"exit code {pod.exit_code}"
    memory = f"spec.resources.{pod.component}.memory"
    return f"exit code {KILLED}: killed, as the kernel does when memory runs out ({memory})"


def _of_pod(pod: PodView) -> Diagnosis | None:
    where = f"pod {pod.name} ({pod.component})"
    if pod.waiting_reason in PULL_TROUBLE:
        message = (
            f"{where}: image {_awaited_image(pod)} cannot be pulled ({pod.waiting_reason}); "
            f"check its name, the registry and the pull secret{_if_it_is_there(pod)}"
        )
        return Reason.IMAGE_PULL_FAILED, message
    if pod.terminated_reason == OUT_OF_MEMORY:
        message = f"{where} ran out of memory; raise spec.resources.{pod.component}.memory"
        return Reason.OUT_OF_MEMORY, message
    if pod.unschedulable:
        return Reason.UNSCHEDULABLE, why_unplaced(pod)
    if pod.waiting_reason == "CrashLoopBackOff" or pod.restarts or pod.exit_code:
        return _ended(pod, where)
    is_refused = pod.waiting_reason == "CreateContainerConfigError"
    said = what_is_missing(pod) or (pod.waiting_message if is_refused else "")
    return (Reason.CREATION_REFUSED, f"{where}: {said}") if said else None


def _awaited_image(pod: PodView) -> str:
    held = next(filter(is_held_up, pod.containers), None)
    return held.image if held else pod.image


def _if_it_is_there(pod: PodView) -> str:
    """Say what to do about an image that was loaded into the node, and is in no registry."""
    name, _, tag = pod.own.image.rpartition("/")[2].partition(":")
    is_users = pod.component in {Component.SERVICE, Component.PREPARATION}
    is_latest = is_users and "@" not in name and tag in {"", "latest"}
    return ", or say imagePullPolicy: IfNotPresent if it is on the node" if is_latest else ""


def _ended(pod: PodView, where: str) -> Diagnosis:
    words = termination_line(pod)
    if pod.component is Component.DATASET and words:
        return Reason.DATASET_FAILED, f"the data set was not loaded: {words}"
    said = f": {words}" if words else "; it said nothing last"
    ends = f"{exit_code(pod)}, {pod.restarts} restarts"
    return Reason.CRASH_LOOP, f"{where} ends again and again ({ends}){said}"
