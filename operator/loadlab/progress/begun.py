"""Whether the containers of a pod have begun, and what keeps them from it."""

from loadlab.progress.observed import ContainerKind, ContainerState, ContainerView, PodView

# The second is said of every container where one is to run before the others.
MOUNTING = {"ContainerCreating", "PodInitializing"}


def is_mounting(pod: PodView) -> bool:
    """Whether a kubelet has it and nothing in it began: it may wait for a volume."""
    begun = any(map(_has_begun, pod.containers)) or pod.phase != "Pending"
    return bool(pod.node) and not begun and not pod.deleting


def is_held_up(container: ContainerView) -> bool:
    """Whether it is one of ours that is to run before the pod's own and can't."""
    waits_in_vain = container.waiting_reason and container.waiting_reason not in MOUNTING
    return container.ours and container.kind is ContainerKind.INIT and bool(waits_in_vain)


def _has_begun(container: ContainerView) -> bool:
    waits = container.state in {ContainerState.WAITING, ContainerState.UNKNOWN}
    return not waits or container.waiting_reason not in {"", *MOUNTING}
