"""One control plane for all tests of a session, and an operator of its own for each."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.measuring import (
    PASSED,
    Measured,
    measuring,
    pytest_runtest_makereport,  # noqa: F401 - a hook
)
from tests.reliability.control_plane import ControlPlane, control_plane
from tests.reliability.durable_parts import Parts
from tests.reliability.site import Site
from tests.reliability.table import TABLE


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as plane:
        yield plane


@pytest.fixture
async def site(
    plane: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Site]:
    async with Site(plane, tmp_path, seed=13).running() as site:
        yield site
        if not request.node.stash.get(PASSED, False):
            print_logs(tmp_path)
    await asyncio.sleep(0.1)  # TLS connections of aiohttp close a moment after their session


@pytest.fixture
def parts() -> Iterator[Parts]:
    with tempfile.TemporaryDirectory(prefix="loadlab-durable-") as name:
        Path(name).chmod(0o755)  # Postgres runs as another user
        parts = Parts(Path(name))
        try:
            yield parts
        finally:
            parts.close()


def print_logs(folder: Path) -> None:
    """Print what each operator said last."""
    for log in folder.glob("*/log"):
        print(f"{log.parent.name}: {log.read_text(errors='replace')[-6000:]}")


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Iterator[Measured]:
    """Print what was measured for one of the twenty, and keep it with the test's outcome."""
    yield from measuring(request, TABLE)
