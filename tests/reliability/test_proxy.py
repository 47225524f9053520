"""The fault proxy in front of a small server of the same protocol: it does what it says."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from tests.reliability.proxy import FaultProxy, Faults

PODS = "/api/v1/namespaces/lab/pods"


class SmallServer:
    """Counts what arrives; its list grows by one item at every look, its watch ticks."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.looks = itertools.count(1)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield "http://{}:{}".format(*runner.addresses[0][:2])
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            stream = web.StreamResponse()
            await stream.prepare(request)
            for tick in itertools.count():
                await stream.write(json.dumps({"tick": tick}).encode() + b"\n")
                await asyncio.sleep(0.01)
        self.arrived.append(f"{request.method} {request.path}")
        if request.method == "GET":
            return web.json_response({"kind": "PodList", "items": list(range(next(self.looks)))})
        return web.json_response(await request.json(), status=201)


@pytest.fixture
def server() -> SmallServer:
    return SmallServer()


@pytest.fixture
async def proxy(server: SmallServer) -> AsyncIterator[FaultProxy]:
    async with server.running() as address, FaultProxy(address, seed=7).running() as proxy:
        yield proxy


@pytest.fixture
async def http(proxy: FaultProxy) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(proxy.address) as session:
        yield session


async def write(http: aiohttp.ClientSession) -> int:
    async with http.post(PODS, json={"a": 1}) as answer:
        return answer.status


async def test_a_write_passes_is_counted_and_announced_before_its_answer(server, proxy, http):
    order = []
    proxy.after_write = lambda write: order.append(f"{write.verb} {write.path} {write.status}")

    assert await write(http) == 201
    async with http.get(PODS) as answer:
        await answer.read()

    assert order == [f"POST {PODS} 201"]
    assert server.arrived == [f"POST {PODS}", f"GET {PODS}"]


async def test_a_lease_is_written_and_not_counted(server, proxy, http):
    path = "/apis/coordination.k8s.io/v1/namespaces/lab/leases/x"
    async with http.put(path, json={}) as answer:
        assert answer.status == 201

    assert proxy.writes == []
    assert server.arrived == [f"PUT {path}"]


@pytest.mark.parametrize(
    ("faults", "codes"),
    [
        (Faults(conflicts=1.0), {409}),
        (Faults(errors=1.0), {500, 503}),
        (Faults(throttled=1.0), {429}),
    ],
    ids=["conflicts", "errors", "throttled"],
)
async def test_a_refused_write_never_arrives(server, proxy, http, *, faults, codes):
    proxy.faults = faults

    answers = {await write(http) for _ in range(20)}

    assert answers == codes
    assert server.arrived == []
    assert proxy.writes == []


async def test_a_lost_answer_stands_for_a_write_that_was_done(server, proxy, http):
    proxy.faults = Faults(lost_answers=1.0)

    with pytest.raises(aiohttp.ClientError):
        await write(http)

    assert server.arrived == [f"POST {PODS}"]
    assert len(proxy.writes) == 1


async def test_faults_come_in_their_shares_and_the_same_ones_for_the_same_seed(server):
    async def met(seed: int) -> list[int]:
        async with server.running() as address, FaultProxy(address, seed=seed).running() as proxy:
            proxy.faults = Faults(conflicts=0.2, errors=0.1)
            async with aiohttp.ClientSession(proxy.address) as http:
                return [await write(http) for _ in range(300)]

    first, second, other = await met(1), await met(1), await met(2)

    assert first == second != other
    assert first.count(409) == pytest.approx(60, abs=20)
    assert first.count(500) + first.count(503) == pytest.approx(30, abs=15)


async def test_a_stale_list_is_the_one_before(proxy, http):
    async def look() -> int:
        async with http.get(PODS) as answer:
            return len((await answer.json())["items"])

    assert [await look(), await look()] == [1, 2]
    proxy.faults = Faults(stale_lists=1.0)

    assert [await look(), await look()] == [2, 3]
    assert proxy.met["stale list"] == 2


async def test_a_silent_watch_stays_open_and_what_happens_meanwhile_is_missed(proxy, http):
    async with http.get(PODS, params={"watch": "true"}) as watch:
        assert json.loads(await watch.content.readline()) == {"tick": 0}
        proxy.silent = True
        await asyncio.sleep(0.1)
        assert proxy.watches == 1
        proxy.silent = False
        ticks = [json.loads(await watch.content.readline())["tick"] for _ in range(20)]

    missed = [b - a for a, b in itertools.pairwise([0, *ticks]) if b - a > 1]
    assert missed, f"nothing was missed: {ticks}"


async def test_cut_watches_end_and_new_ones_begin(proxy, http):
    async with http.get(PODS, params={"watch": "true"}) as watch:
        await watch.content.readline()
        proxy.cut_watches()
        with pytest.raises(aiohttp.ClientError):
            await watch.content.read()
    async with http.get(PODS, params={"watch": "true"}) as watch:
        assert await watch.content.readline()


async def test_a_server_that_is_away_answers_nothing_and_then_again(server, proxy, http):
    async with http.get(PODS, params={"watch": "true"}) as watch:
        await watch.content.readline()
        proxy.leave()
        with pytest.raises(aiohttp.ClientError):
            await watch.content.read()
    with pytest.raises(aiohttp.ClientError):
        await write(http)
    assert server.arrived == []

    proxy.come_back()

    assert await write(http) == 201


async def test_logs_come_from_where_there_is_no_kubelet(server):
    async def logs(namespace: str, pod: str, follow: bool) -> AsyncIterator[bytes]:
        yield f"{namespace}/{pod} {follow}\n".encode()

    async with (
        server.running() as address,
        FaultProxy(address, logs=logs).running() as proxy,
        aiohttp.ClientSession(proxy.address) as http,
        http.get(f"{PODS}/a/log", params={"follow": "true"}) as answer,
    ):
        assert await answer.text() == "lab/a True\n"
    assert server.arrived == []
