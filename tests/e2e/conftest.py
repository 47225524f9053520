"""The cluster with LoadLab installed from the chart, and a namespace that enforces `restricted`."""

import pytest

from tests.e2e.cluster_tools import Lab, install_loadlab, kubectl

NAMESPACE = "loadlab-e2e"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


def ensure_namespace(name: str) -> None:
    manifest = kubectl("create", "namespace", name, "--dry-run=client", "-o", "yaml")
    kubectl("apply", "-f", "-", stdin=manifest)
    kubectl("label", "--overwrite", "namespace", name, RESTRICTED)


@pytest.fixture(scope="session")
def installed() -> None:
    """LoadLab from the chart, with this checkout's images."""
    install_loadlab()


@pytest.fixture(scope="session")
def namespace(installed: None) -> str:
    """A namespace that enforces `restricted`."""
    ensure_namespace(NAMESPACE)
    return NAMESPACE


@pytest.fixture
def lab(namespace: str) -> Lab:
    """A namespace without experiments: one that a failed test left would hold up all others.

    Other tests, or the machine's neighbours, may use what CPUs they like: what a figure rests on
    a test says itself (`premises.py`), and whether others void a trial is a test of its own.
    """
    kubectl("-n", namespace, "delete", "loadexperiments", "--all", "--wait")
    return Lab(namespace)
