"""The cluster with LoadLab installed from the chart, and a namespace that enforces `restricted`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cluster_tools import CHART, HELM4, SYSTEM, VALUES, Lab, kubectl, run

NAMESPACE = "loadlab-e2e"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


def ensure_namespace(name: str) -> None:
    manifest = kubectl("create", "namespace", name, "--dry-run=client", "-o", "yaml")
    kubectl("apply", "-f", "-", stdin=manifest)
    kubectl("label", "--overwrite", "namespace", name, RESTRICTED)


@pytest.fixture(scope="session")
def installed() -> None:
    """LoadLab from the chart, with this checkout's images."""
    ensure_namespace(SYSTEM)
    # An earlier `kubectl apply -f install.yaml` owns the CRDs: the chart takes them over.
    adopt = ["--take-ownership", "--force-conflicts"]
    options = ["-n", SYSTEM, "-f", str(VALUES), "--wait", "--timeout", "2m", *adopt]
    run(HELM4, "upgrade", "--install", "loadlab", CHART, *options, timeout=150)
    # The images keep their tag over rebuilds, so a running operator may be of an older one.
    kubectl("-n", SYSTEM, "rollout", "restart", "deployment")
    kubectl("-n", SYSTEM, "rollout", "status", "deployment", "--timeout=60s")


@pytest.fixture(scope="session")
def lab(installed: None) -> Lab:
    """A namespace for experiments."""
    ensure_namespace(NAMESPACE)
    kubectl("-n", NAMESPACE, "delete", "loadexperiments", "--all", "--wait")
    return Lab(NAMESPACE)
