"""The cluster with LoadLab installed from the chart, and a namespace that enforces `restricted`."""

from collections.abc import Iterator

import pytest

from tests.e2e.chart import helm, wait_until_gone
from tests.e2e.cluster_tools import SYSTEM, Lab, install_loadlab, kubectl, run

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


@pytest.fixture
def without_operator(lab: Lab) -> None:
    """An operator that `make install` or another test left is uninstalled."""
    run(helm(4), "uninstall", "loadlab", "-n", SYSTEM, "--ignore-not-found", "--wait")
    wait_until_gone()


@pytest.fixture(scope="module")
def installed_again(installed: None) -> Iterator[None]:
    """For a module that installs: the others find the operator of this checkout after it."""
    yield
    install_loadlab()
