"""The configuration of a kind cluster: that of cluster/kind.yaml, with as many workers as asked."""

import os
from collections.abc import Mapping

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import SOURCES

MOST_WORKERS = 5
LABEL = "io.x-k8s.kind.cluster"  # of the container of every node, with the cluster's name


def kind_config(environment: Mapping[str, str] = os.environ) -> str:
    """The YAML text; LOADLAB_KIND_WORKERS adds nodes, which kubeadm configures as the first one.

    With workers kind keeps pods off the first node, so that there must be two to have two.
    """
    asked = environment.get("LOADLAB_KIND_WORKERS") or "0"
    if not asked.isdecimal() or int(asked) > MOST_WORKERS:
        raise ClusterError(f"LOADLAB_KIND_WORKERS is {asked}: a number from 0 to {MOST_WORKERS}")
    # The nodes are the last part of the file.
    return (SOURCES / "kind.yaml").read_text() + "  - role: worker\n" * int(asked)
