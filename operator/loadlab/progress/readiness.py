"""What a pod that is not ready still waits for, container by container."""

from loadlab.progress.begun import MOUNTING, is_mounting
from loadlab.progress.missing import IS_IT_THERE, mounts_in_words
from loadlab.progress.observed import ContainerKind, ContainerState, ContainerView, PodView


def what_is_awaited(pod: PodView) -> str:
    """Return the pod's component with its state, and which other containers hold it up."""
    foreign = [each for each in pod.containers if not each.ours and _holds_up(each)]
    if not foreign:
        where = f" on node {pod.node}" if pod.node else ""
        if pod.deleting:
            return f"{pod.component} (pod {pod.name}{where} was deleted and does not end)"
        is_told = is_mounting(pod) and pod.own.waiting_reason in MOUNTING
        if is_told and (mounted := mounts_in_words(pod)):
            return f"{pod.component} (its pod{where} waits for {mounted}: {IS_IT_THERE})"
        before = next((each for each in pod.containers if _goes_before(each)), None)
        if before is not None:
            return f"{pod.component} (its container {before.name}{where} {_state(before)})"
        return f"{pod.component} (its container{where} {_state(pod.own)})"
    added = ", ".join(f"{each.name} ({_state(each)})" for each in foreign)
    said = f"{pod.component}, whose pod got a container from elsewhere that is not ready: {added}"
    return said if pod.own.ready else f"{said}; nor is its own ({_state(pod.own)})"


def _goes_before(container: ContainerView) -> bool:
    return container.ours and container.kind is ContainerKind.INIT and _holds_up(container)


def _holds_up(container: ContainerView) -> bool:
    ended_well = container.state is ContainerState.TERMINATED and container.exit_code == 0
    return not container.ready and not (container.kind is ContainerKind.INIT and ended_well)


def _state(container: ContainerView) -> str:
    if container.waiting_reason:
        return container.waiting_reason
    if container.state is ContainerState.TERMINATED:
        return f"ended with exit code {container.exit_code}"
    if container.ready:
        return "runs, and has not ended"
    return "runs, and its readiness probe fails" if container.state else "has not started"
