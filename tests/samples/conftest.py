"""A namespace of the samples' own, with this checkout's operator."""

from collections.abc import Iterator

import pytest

from tests.e2e.cluster_tools import Lab, install_loadlab, kubectl
from tests.e2e.conftest import ensure_namespace
from tests.measuring import (
    Measured,
    measuring,
    pytest_runtest_makereport,  # noqa: F401 - a hook
)
from tests.samples.table import TABLE

NAMESPACE = "loadlab-samples"


@pytest.fixture(scope="session")
def installed() -> None:
    install_loadlab()


@pytest.fixture
def lab(installed: None) -> Iterator[Lab]:
    ensure_namespace(NAMESPACE)
    yield Lab(NAMESPACE)
    kubectl("delete", "namespace", NAMESPACE, "--wait", timeout=120)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Iterator[Measured]:
    """Print what was measured, and keep it with the test's outcome."""
    yield from measuring(request, TABLE)
