"""The configuration of a kind cluster: that of cluster/kind.yaml, with as many workers as asked."""

import os
from collections.abc import Mapping

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import NAME, SOURCES

KIND_YAML = SOURCES / "kind.yaml"
MOST_WORKERS = 5
WORKERS, NODE = "LOADLAB_KIND_WORKERS", "LOADLAB_KIND_NODE"
LABEL = "io.x-k8s.kind.cluster"  # of the container of every node, with the cluster's name


def kind_config(environment: Mapping[str, str] = os.environ) -> str:
    """The YAML text; LOADLAB_KIND_WORKERS adds nodes, which kubeadm configures as the first one.

    With workers kind keeps pods off the first node, so that there must be two to have two.
    """
    # The nodes are the last part of the file.
    return KIND_YAML.read_text() + "  - role: worker\n" * asked_workers(environment)


def asked_workers(environment: Mapping[str, str]) -> int:
    """How many nodes beside the first are asked for; raises where that is no such number."""
    asked = environment.get(WORKERS) or "0"
    if not asked.isdecimal() or int(asked) > MOST_WORKERS:
        raise ClusterError(f"{WORKERS} is {asked}: a number from 0 to {MOST_WORKERS}")
    return int(asked)


def refuse_another(environment: Mapping[str, str], workers: int, image: str) -> None:
    """A cluster that is up keeps its nodes: raises where other ones are asked for by name."""
    differs = []
    if environment.get(WORKERS) and asked_workers(environment) != workers:
        differs.append(f"it has {workers} workers, and {WORKERS} is {environment[WORKERS]}")
    if environment.get(NODE) and environment[NODE] != image:
        differs.append(f"its nodes are {image}, and {NODE} is {environment[NODE]}")
    if differs:
        raise ClusterError(
            f"the kind cluster {NAME} is up, and another one is asked for: {'; '.join(differs)}\n"
            "  `CLUSTER=kind make down` first, with which its results go; or leave that away"
        )
