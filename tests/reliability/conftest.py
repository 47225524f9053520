"""One control plane for all tests of a session, and an operator of its own for each."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.reliability.control_plane import ControlPlane, control_plane
from tests.reliability.site import Site


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as plane:
        yield plane


@pytest.fixture
async def site(plane: ControlPlane, tmp_path: Path) -> AsyncIterator[Site]:
    async with Site(plane, tmp_path, seed=13).running() as site:
        yield site
    await asyncio.sleep(0.1)  # TLS connections of aiohttp close a moment after their session
