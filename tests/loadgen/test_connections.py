"""A connection is in the latency of who makes it, and few make one in the measurement."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.loadgen.conftest import Lab
from tests.loadgen.stand_in import Server
from tests.loadgen.test_arrivals import measured, slow, split_of
from tests.loadgen.test_https import certificate, serving_tls

pytestmark = pytest.mark.integration

HANDSHAKE_SECONDS = 0.3


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()


async def pass_on_late(
    port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await asyncio.sleep(HANDSHAKE_SECONDS)
    there, back = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)


@asynccontextmanager
async def behind_a_slow_way(address: str) -> AsyncIterator[str]:
    """Let nothing of a new connection through at first, so that its handshake takes as long."""
    late = partial(pass_on_late, urlsplit(address).port or 443)
    async with await asyncio.start_server(late, "127.0.0.1", 0) as listener:
        yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("warmup_ms", "made"), [(0, 4), (2000, 0)])
async def test_who_makes_a_connection_waits_for_it(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warmup_ms: int, made: int
) -> None:
    """And who has one from the warm-up does not; one user may have idled in that."""
    key, cert = certificate(tmp_path, "ours")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    async with serving_tls(Server(), key, cert) as service, behind_a_slow_way(service) as address:
        config = lab.configure(virtualUsers=4, warmupMs=warmup_ms) | {"target": address}
        scenario = measured(await asyncio.to_thread(lab.run, config=config))

    assert made <= scenario.connections <= made + 1
    waited = split_of(scenario).http_req_total.hdr.above(round(0.9e6 * HANDSHAKE_SECONDS))
    assert waited.count == scenario.connections


def test_connections_of_a_low_rate_are_kept(lab: Lab, server: Any) -> None:
    """The service closes what idles for 5 s. Were its 100 users to take turns at 20/s, each would
    find its connection closed, or closing: 13 of 400 failed, and at 10/s 141 of 150 made one."""
    load = {"rate": 20, "maxVirtualUsers": 100, "warmupMs": 3000, "durationMs": 8000}
    config = slow(lab, **load)
    config["requests"][0] |= {"method": "POST", "body": "{}"}
    scenario = measured(lab.run(config=config))

    assert (scenario.requests, scenario.failed, scenario.dropped_iterations) == (160, 0, 0)
    assert scenario.connections <= 3
