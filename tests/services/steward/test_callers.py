"""Who may ask the steward, and what: its experiment's own pods, by names that it knows."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from redis.asyncio import Redis
from starlette.responses import JSONResponse

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.app import create_app
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.errors import SourceError
from loadlab_services.steward.snapshot import (
    LONGEST_ERROR,
    MOST_BYTES,
    read_instruments,
    take_snapshot,
)
from loadlab_services.steward.stores import Stores
from tests.services.stewards import AUTHORIZED, TOKEN, access, steward

RUN = "shop-1a2b3c-003-a1"
SNAPSHOT = f"/runs/{RUN}/snapshot?variant=own"
ROUTES = [
    ("POST", f"/runs/{RUN}/arrive"), ("POST", f"/runs/{RUN}/finish"), ("GET", SNAPSHOT),
    ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/redoc"), ("GET", "/"),
    ("GET", "/healthz/"), ("GET", "//healthz"), ("POST", "/nowhere"),
]  # fmt: skip
BODY = {"pod": 0, "pods": 1}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    settings = StewardSettings.model_validate({"workload": "sleep"} | access(RUN))
    async with steward(settings, headers={}) as client:
        yield client


@pytest.fixture(scope="module")
def closed() -> httpx.AsyncClient:
    """Of a steward that nobody enters: all strangers may ask the same one."""
    settings = StewardSettings.model_validate({"workload": "sleep"} | access(RUN))
    transport = httpx.ASGITransport(create_app(settings))
    return httpx.AsyncClient(transport=transport, base_url="http://steward")


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "credential",
    [
        None, "", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}0", TOKEN, f"bearer {TOKEN}",
        f"Basic {TOKEN}", "Bearer é",
    ],
)  # fmt: skip
async def test_a_stranger_is_refused_on_every_route(
    closed: httpx.AsyncClient, method: str, path: str, credential: str | None
) -> None:
    headers = {} if credential is None else {b"Authorization": credential.encode()}
    answer = await closed.request(method, path, json=BODY, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_stranger_prepares_nothing_and_the_health_check_needs_no_token(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.post(f"/runs/{RUN}/arrive", json=BODY)).status_code == 401
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.post(f"/runs/{RUN}/arrive", json=BODY, headers=AUTHORIZED)).is_success


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc"])
async def test_it_describes_itself_to_nobody(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers=AUTHORIZED)).status_code == 404


@pytest.mark.parametrize(
    "run",
    [
        "shop-003-a1", "other-1a2b3c-003-a1", f"{RUN}0", f"x{RUN}", "shop-1a2b3c-a1",
        "shop-1a2b3c-00003-a1", "shop-1a2b3c-003-a0", "shop-1a2b3c-003-a1.example.com",
        f"{RUN}%0A", "shop-1a2b3c-" + "0" * 3000 + "-a1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ask", ["arrive", "finish", "snapshot"])
async def test_only_runs_of_the_experiment_have_a_name(
    client: httpx.AsyncClient, run: str, ask: str
) -> None:
    method = "GET" if ask == "snapshot" else "POST"
    path = f"/runs/{run}/{ask}?variant=own"
    answer = await client.request(method, path, json=BODY, headers=AUTHORIZED)
    assert answer.status_code in {404, 422}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?variant=other",
        "?variant=http://any/",
        f"?variant={'x' * 3000}",
        "?service=http://any/",
    ],
)
async def test_only_variants_that_it_was_started_with_are_asked(
    client: httpx.AsyncClient, query: str
) -> None:
    answer = await client.get(f"/runs/{RUN}/snapshot{query}", headers=AUTHORIZED)
    assert answer.status_code in {404, 422}


async def test_an_address_in_the_query_is_not_looked_at(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{SNAPSHOT}&service=http://any/", headers=AUTHORIZED)
    assert (answer.json()["components"], answer.json()["errors"]) == ({}, {})


def answering(body: bytes, headers: dict[str, str] | None = None) -> httpx.MockTransport:
    """Instruments that send this, as a network does: in a stream that is read once."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    return httpx.MockTransport(answer)


async def snapshot_of(stores: Stores, service: str) -> dict[str, Any]:
    return await take_snapshot(
        stores,
        run="run-1",
        targets={"service": service},
        sessions={},
        app_metrics=AppMetrics(),
    )


@pytest.mark.parametrize("size", [MOST_BYTES // 2, MOST_BYTES * 3])
async def test_instruments_that_answer_without_end_are_cut_off(size: int) -> None:
    body = json.dumps({"processes": "x" * size})
    async with httpx.AsyncClient(transport=answering(body.encode())) as http:
        if size > MOST_BYTES:
            with pytest.raises(SourceError, match="more than 24 KiB"):
                await read_instruments(http, "http://shop:9000")
        else:
            assert await read_instruments(http, "http://shop:9000") == json.loads(body)


async def test_figures_that_are_longer_as_they_are_written_on_are_cut_off() -> None:
    body = json.dumps({"processes": "\N{PILE OF POO}" * 3000}, ensure_ascii=False).encode()
    assert len(body) < MOST_BYTES < 3000 * len(r"\ud83d\udca9")
    async with httpx.AsyncClient(transport=answering(body)) as http:
        with pytest.raises(SourceError, match="more than 24 KiB"):
            await read_instruments(http, "http://shop:9000")


@pytest.mark.parametrize(
    "body", [b"process_cpu_seconds_total{" + b"," * 900_000, b"<!doctype html>" + b"x" * 900_000]
)
async def test_why_something_is_unknown_is_short_whatever_was_answered(body: bytes) -> None:
    """A page of one line was quoted in full: the whole snapshot was cut, and none could be read."""
    async with httpx.AsyncClient(transport=answering(body)) as http:
        taken = await snapshot_of(Stores(http), "http://shop:80/metrics")

    assert "is no text for a Prometheus" in taken["errors"]["service"]
    assert len(taken["errors"]["service"]) <= LONGEST_ERROR + 1


@pytest.mark.parametrize(
    "body",
    [rb'{"x": "\ud800"}', b'{"x":' * 900 + b"1" + b"}" * 900, b'{"x": 1' + b"0" * 400 + b"}"],
    ids=["half a character", "nested", "400 digits"],
)
async def test_what_cannot_be_sent_on_costs_the_other_figures_nothing(body: bytes) -> None:
    async with httpx.AsyncClient(transport=answering(body)) as http:
        taken = await snapshot_of(Stores(http), "http://shop:9000")

    assert JSONResponse(taken).body
    assert taken["components"] == {}
    assert "sharedCpus" in taken


async def test_a_store_that_lacks_what_is_asked_leaves_the_other_figures() -> None:
    """A Redis by another name may not count what Redis counts."""

    class Other:
        async def info(self, *_: str) -> dict[str, int]:
            return {"used_memory_rss": 1}

    body = json.dumps({"cpuSeconds": 1.0}).encode()
    async with httpx.AsyncClient(transport=answering(body)) as http:
        stores = Stores(http, redis=cast("Redis", Other()))
        taken = await snapshot_of(stores, "http://shop:9000")

    assert taken["components"] == {"service": {"cpuSeconds": 1.0}}
    said = "SourceError: Redis tells no 'total_commands_processed' by INFO, as Redis itself does"
    assert taken["errors"]["redis"] == said


async def test_a_page_for_people_where_instruments_should_be_is_told_with_its_beginning() -> None:
    async with httpx.AsyncClient(transport=answering(b"<!doctype html><p>Sign in")) as http:
        taken = await snapshot_of(Stores(http), "http://shop:9000")

    assert taken["errors"]["service"] == (
        "SourceError: http://shop:9000 answers no JSON, but '<!doctype html><p>Sign in'; "
        "is it the instruments port?"
    )


async def test_a_compressed_answer_is_not_unpacked() -> None:
    body = gzip.compress(b'{"processes": "' + b"0" * 5_000 + b'"}')
    transport = answering(body, {"Content-Encoding": "gzip"})
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(SourceError, match="answers no JSON"):
            await read_instruments(http, "http://shop:9000")


async def test_brackets_without_end_are_said_to_be_that() -> None:
    async with httpx.AsyncClient(transport=answering(b"[" * 20_000)) as http:
        with pytest.raises(SourceError, match="nested too deep"):
            await read_instruments(http, "http://shop:9000")


@pytest.mark.parametrize(
    "address", ["http://shop:9000/x?y", "https://shop", "file:///etc", "http://user@shop:1", "shop"]
)
def test_a_target_is_an_address_and_nothing_else(address: str) -> None:
    with pytest.raises(ValueError, match="snapshot_targets"):
        StewardSettings.model_validate({"workload": "sleep"} | access(RUN, service=address))
