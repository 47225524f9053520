"""One HTTP contract for all variants of items; `queued` differs in its answer to a POST only."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.items import database

pytestmark = pytest.mark.integration

STATUS = {"direct": 201, "cached": 201, "cached-middleware": 201, "queued": 202}
DIRECT = [variant for variant, status in STATUS.items() if status == 201]
every_variant = pytest.mark.parametrize("variant", list(STATUS))
direct_variants = pytest.mark.parametrize("variant", DIRECT)
NEW = {"name": "item-1", "description": "the first\nand only"}
REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"{",
    "null": b"null",
    "a list": b"[]",
    "no description": b'{"name":"a"}',
    "no name": b'{"name":"","description":""}',
    "a null name": b'{"name":null,"description":""}',
    "numbers": b'{"name":NaN,"description":1e999}',
    "a NUL in the name": b'{"name":"a\\u0000b","description":""}',
    "a NUL in the description": b'{"name":"a","description":"\\u0000"}',
    "a lone surrogate": b'{"name":"\\ud800","description":""}',
    "a lone surrogate in UTF-8": b'{"name":"\xed\xa0\x80","description":""}',
    "not UTF-8": b'{"name":"\xff","description":""}',
    "a long number": b'{"name":' + b"9" * 5000 + b"}",
    "a deep list": b'{"name":' + b"[" * 9000,
    "a long name": json.dumps({"name": "x" * 201, "description": ""}).encode(),
    "a long description": json.dumps({"name": "x", "description": "x" * 65_537}).encode(),
    "a huge body": b" " * (1024 * 1024 + 1),
}
TEXT = st.text(st.characters(codec="utf-8")) | st.sampled_from(["\0", "a\0b", "x" * 201, ""])
ITEM = st.fixed_dictionaries(
    {"name": TEXT | st.none() | st.integers(), "description": TEXT | st.booleans()}
)

SettingsOf = Callable[..., ServiceSettings]
Serving = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
Write = Callable[..., bool]
Rows = Callable[[], list[tuple[object, ...]]]


@direct_variants
async def test_an_item_is_stored_and_answered_as_it_will_be_listed(
    serving: Serving, settings_of: SettingsOf, rows: Rows, variant: str
) -> None:
    async with serving(settings_of(variant)) as client:
        answers = [await client.post("/items", json=NEW) for _ in range(2)]
        listed = (await client.get("/items")).json()
    assert [answer.status_code for answer in answers] == [201, 201]
    first, second = (answer.json() for answer in answers)
    assert list(first) == ["id", "key", "name", "description", "created_at"]
    assert first | NEW == first
    assert (first["id"], second["id"]) == (1, 2)
    assert listed == [second, first]
    assert rows() == [(item["key"], *NEW.values()) for item in (first, second)]


async def test_a_queued_item_is_answered_with_its_key_and_not_yet_listed(
    serving: Serving, settings_of: SettingsOf
) -> None:
    async with serving(settings_of("queued")) as client:
        answers = [await client.post("/items", json=NEW) for _ in range(2)]
        listed = (await client.get("/items")).json()
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [list(answer.json()) for answer in answers] == [["key"], ["key"]]
    assert len({UUID(answer.json()["key"]) for answer in answers}) == 2
    assert listed == []


async def test_all_variants_list_the_same_rows_byte_for_byte_newest_first(
    serving: Serving, settings_of: SettingsOf, write: Write
) -> None:
    items = [f"item-{number}" for number in range(101)]
    for name in items:
        write(name, "\N{SNOWMAN}\ud7ff\U0001f600")
    answers: dict[str, list[bytes]] = {}
    for variant in DIRECT:
        async with serving(settings_of(variant)) as client:
            asked = [await client.get(f"/items{query}") for query in ("", "?limit=2", "?limit=2")]
        assert {(a.status_code, a.headers["Content-Type"]) for a in asked} == {
            (200, "application/json")
        }
        answers[variant] = [answer.content for answer in asked]
    assert answers["direct"] == answers["cached"] == answers["cached-middleware"]
    every, two, again = (json.loads(body) for body in answers["direct"])
    assert [item["name"] for item in every] == items[:0:-1]
    assert [item["id"] for item in two] == [101, 100]
    assert two == again == every[:2]


async def test_a_queued_list_is_the_same_as_that_of_the_others(
    serving: Serving, settings_of: SettingsOf, write: Write
) -> None:
    assert [write("a"), write("b")] == [True, True]
    bodies = []
    for variant in ("queued", "direct"):
        async with serving(settings_of(variant)) as client:
            bodies.append((await client.get("/items?limit=2")).content)
    assert bodies[0] == bodies[1]


@every_variant
async def test_a_limit_that_makes_no_sense_is_refused(
    serving: Serving, settings_of: SettingsOf, cache: redis.Redis, variant: str
) -> None:
    limits = ["0", "1001", "-1", "many", "", "1.5", "%00", "٣x"]
    async with serving(settings_of(variant)) as client:
        answers = [await client.get(f"/items?limit={limit}") for limit in limits]
    assert [answer.status_code for answer in answers] == [422] * len(limits)
    assert all(answer.json()["detail"] for answer in answers)
    assert cache.keys() == []


@every_variant
async def test_a_body_that_cannot_be_stored_is_refused_with_a_message(
    serving: Serving, settings_of: SettingsOf, rows: Rows, variant: str
) -> None:
    async with serving(settings_of(variant)) as client:
        answers = {
            name: await client.post("/items", content=body) for name, body in REFUSED.items()
        }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: 413 if name == "a huge body" else 422 for name in REFUSED
    }
    assert all(answer.json()["detail"] for answer in answers.values())
    assert rows() == []


@direct_variants
async def test_the_largest_item_is_stored_whichever_way_it_is_spelled(
    serving: Serving, settings_of: SettingsOf, rows: Rows, variant: str
) -> None:
    item = {"name": "\U0001f600" * 200, "description": "\U0001f600" * 65_536}
    bodies = [json.dumps(item), json.dumps(item, ensure_ascii=False)]
    async with serving(settings_of(variant)) as client:
        answers = [await client.post("/items", content=body) for body in bodies]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert (await client.get("/items?limit=1")).json() == [answers[1].json()]
    assert [row[1:] for row in rows()] == [tuple(item.values())] * 2


@direct_variants
async def test_any_item_is_stored_exactly_or_refused(
    serving: Serving, settings_of: SettingsOf, rows: Rows, variant: str
) -> None:
    """Collects generated items first: Hypothesis cannot drive a test that awaits."""
    items: list[dict[str, Any]] = []

    @hypothesis_settings(
        max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(ITEM)
    def collect(item: dict[str, Any]) -> None:
        items.append(item)

    collect()
    async with serving(settings_of(variant)) as client:
        answers = [await client.post("/items", json=item) for item in items]
    assert {answer.status_code for answer in answers} == {201, 422}
    taken = [item for item, answer in zip(items, answers, strict=True) if answer.is_success]
    assert [row[1:] for row in rows()] == [(item["name"], item["description"]) for item in taken]


@direct_variants
async def test_connections_stay_within_the_pool_and_waits_are_counted(
    serving: Serving, settings_of: SettingsOf, variant: str
) -> None:
    async with serving(settings_of(variant)) as client:
        await asyncio.gather(*(client.post("/items", json=NEW) for _ in range(40)))
        with psycopg.connect(settings_of(variant).database_url) as watcher:
            row = watcher.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and backend_type = 'client backend'"
            ).fetchone()
        reading = app_of(client).state.meter.read()
    assert row == (2,)
    assert (reading.requests, reading.failed, reading.pool_wait_count) == (40, 0, 40)
    assert reading.pool_wait_sum > 0


@every_variant
async def test_a_pool_that_stays_empty_is_503_with_retry_after(
    serving: Serving, settings_of: SettingsOf, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "POOL_TIMEOUT_SECONDS", 0.05)
    async with serving(settings_of(variant, pool_size=1)) as client:
        async with app_of(client).state.sessions() as session:
            await session.connection()
            busy = await client.get("/items")
        free = await client.get("/items")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
    assert "Postgres is unavailable" in busy.json()["detail"]
    assert free.status_code == 200


@direct_variants
async def test_an_absent_database_is_503_and_connections_are_replaced_when_it_is_back(
    serving: Serving, settings_of: SettingsOf, items_url: str, database_url: str, variant: str
) -> None:
    name = items_url.rpartition("/")[2]
    with psycopg.connect(database_url, autocommit=True) as postgres:
        async with serving(settings_of(variant)) as client:
            postgres.execute(f"alter database {name} allow_connections false".encode())
            postgres.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
            )
            try:
                posted = [await client.post("/items", json=NEW) for _ in range(4)]
                listed = await client.get("/items")
            finally:
                postgres.execute(f"alter database {name} allow_connections true".encode())
            again = await client.post("/items", json=NEW)
    assert {(a.status_code, a.headers["Retry-After"]) for a in [*posted, listed]} == {(503, "1")}
    assert all("try again" in answer.json()["detail"] for answer in posted)
    assert again.status_code == 201


async def test_an_absent_broker_is_503_with_retry_after_and_reading_goes_on(
    serving: Serving, settings_of: SettingsOf, unused_port: Callable[[], int]
) -> None:
    absent = settings_of("queued", amqp_url=f"amqp://guest:guest@127.0.0.1:{unused_port()}/")
    async with serving(absent) as client:
        posted = await client.post("/items", json=NEW)
        listed = await client.get("/items")
    assert (posted.status_code, posted.headers["Retry-After"]) == (503, "1")
    assert "not taken" in posted.json()["detail"]
    assert listed.status_code == 200


def app_of(client: httpx.AsyncClient) -> Any:
    transport: Any = client._transport
    return transport.app
