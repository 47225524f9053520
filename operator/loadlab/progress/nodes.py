"""What is looked at of nodes, where a pod fits none of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """What a node may give to pods, and what pods that are there ask for, in CPUs and bytes."""

    name: str
    cpus: float
    memory: float
    cpus_taken: float
    memory_taken: float
