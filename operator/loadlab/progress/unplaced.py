"""What fits no node: the scheduler's own sentence, with what the pod asks for."""

from collections.abc import Iterable

from loadlab.base.names import STORES, Component
from loadlab.model.status.chosen import Chosen
from loadlab.model.status.conditions import Reason
from loadlab.progress.nodes import NodeView
from loadlab.progress.observed import ContainerKind, PodView

# What follows in the sentence is about pods of less priority that could make room.
_PREEMPTION = " preemption:"
INSUFFICIENT, SELECTOR = "Insufficient ", "node affinity/selector"  # in the scheduler's words
ANTI_AFFINITY, TAINT = "anti-affinity", "untolerated taint"
# Of nodes that a pod's names leave out; a release of Kubernetes has one of these sentences.
_NOT_NAMED = (SELECTOR, "[NodeAffinity]", "filtered out by the prefilter", "nodeinfo not found")
_CORDONED = "were unschedulable"
# What a node that takes pods may have again when others are gone.
_MAY_PASS = (INSUFFICIENT, "Too many pods", "free ports", "affinity rules", "turned it away")
_MIB = 1024**2


def unplaced_pod(
    pods: Iterable[PodView], nodes: Iterable[NodeView] = ()
) -> tuple[Reason, str] | None:
    """Return why the first of these pods fits no node; None where none waits for one.

    Of one that a node turned away another may have come since, and found room.
    """
    seen = tuple(pods)
    placed = {(pod.run, pod.component) for pod in seen if not pod.unschedulable}
    waiting = (pod for pod in seen if pod.unschedulable and not pod.deleting)
    first = next((pod for pod in waiting if (pod.run, pod.component) not in placed), None)
    return (Reason.UNSCHEDULABLE, why_unplaced(first, nodes)) if first else None


def why_unplaced(pod: PodView, nodes: Iterable[NodeView] = ()) -> str:
    """Return the scheduler's sentence about a pod, what it asks for, and what the nodes have."""
    cpus, memory = asked_for(pod)
    asked = f"it asks for {cpus:g} CPU and {memory / _MIB:,.0f} MiB"
    remedy = _remedy(pod)
    return f"the {pod.component} pod fits no node: {sentence(pod)}; {asked}{_room(nodes)}; {remedy}"


def sentence(pod: PodView) -> str:
    """Return what the scheduler said of a pod, without what it thought of others."""
    return pod.unschedulable.partition(_PREEMPTION)[0].rstrip("., ")


def closed_nodes(pods: Iterable[PodView], chosen: Chosen) -> str:
    """Return the nodes of the layout that take no pod any more, in words; empty for none.

    They are gone, cordoned or tainted, of which the scheduler's sentence is the sign; one on which
    there is no room for now is not.
    """
    for pod in pods:
        nodes, said = chosen.nodes_of(pod.component or ""), sentence(pod)
        is_closed = any(words in said for words in (*_NOT_NAMED, _CORDONED, TAINT))
        if nodes and is_closed and not any(words in said for words in _MAY_PASS):
            return ", ".join(nodes)
    return ""


def _remedy(pod: PodView) -> str:
    """Name the fields that decide; what a node selector or a taint keeps away needs no room."""
    remedies = {
        INSUFFICIENT: f"lower spec.resources.{pod.component}{_or_factor(pod)}",
        ANTI_AFFINITY: (
            "add a node, as spec.placement.separateGenerator Required keeps generator and stores "
            "off the service's, or set it to Preferred"
        ),
        **dict.fromkeys(_NOT_NAMED, _other_nodes(pod)),
        _CORDONED: "uncordon a node",
        TAINT: "tolerate the taint by spec.placement.tolerations",
    }
    found = (remedy for words, remedy in remedies.items() if words in sentence(pod))
    said = dict.fromkeys(found)  # each once
    return ", or ".join(said) or "make room for it on a node, or lift what keeps it off"


def _other_nodes(pod: PodView) -> str:
    remedy = "give a node the labels of spec.placement.nodeSelector, or ask for others"
    is_pinned = pod.run or pod.component in STORES
    return remedy + (", or bring back the nodes of status.chosen.layout" if is_pinned else "")


def _or_factor(pod: PodView) -> str:
    return " or factors.serviceCpu" if pod.component is Component.SERVICE else ""


def asked_for(pod: PodView) -> tuple[float, float]:
    """Return the CPUs and bytes that a pod requests, as admission left it.

    Containers that stay are added up; one that ends before the others only matters if it alone
    asks for more.
    """
    whole = pod.pod_resources
    stay = [c.resources for c in pod.containers if c.kind is not ContainerKind.INIT]
    first = [c.resources for c in pod.containers if c.kind is ContainerKind.INIT]
    cpus = max(sum(r.cpu_request or 0 for r in stay), *(r.cpu_request or 0 for r in first), 0)
    memory = max(
        sum(r.memory_request or 0 for r in stay), *(r.memory_request or 0 for r in first), 0
    )
    if whole is None:
        return cpus, memory
    return whole.cpu_request or cpus, whole.memory_request or memory


def _room(nodes: Iterable[NodeView]) -> str:
    """Say what the node with the most free CPU has, and what others ask of it."""
    best = max(nodes, key=lambda node: node.cpus - node.cpus_taken, default=None)
    if best is None:
        return ""
    return (
        f", and {best.name}, with the most CPU free, gives {best.cpus:g} CPU and "
        f"{best.memory / _MIB:,.0f} MiB, of which others ask for {best.cpus_taken:g} CPU and "
        f"{best.memory_taken / _MIB:,.0f} MiB"
    )
