"""The real client against a server on loopback."""

from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path

import pytest
from kubernetes.aio.client import ApiClient, Configuration

from loadlab.kube.client import ApiCluster
from loadlab.kube.timeouts import Timeouts
from tests.unit.kube.api_server import ApiServer, says, serve


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[ApiServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "certificates").touch()  # to load the machine's takes longer than a test
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))
    async with serve(says(200, {})) as listening:
        yield listening


@pytest.fixture
async def cluster(server: ApiServer) -> AsyncIterator[ApiCluster]:
    async with ApiClient(Configuration(host=server.url)) as api:
        yield ApiCluster(api)


@pytest.fixture
async def impatient(server: ApiServer) -> AsyncIterator[ApiCluster]:
    async with ApiClient(Configuration(host=server.url)) as api:
        yield ApiCluster(api, Timeouts(*[0.1] * len(fields(Timeouts))))
