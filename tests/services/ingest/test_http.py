"""One HTTP contract for all ingest variants; only the success status of POST /write differs."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from loadlab_services.apps import create_app
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads import find_variant
from tests.services.streams import entries

pytestmark = pytest.mark.integration

STATUS = {
    "naive": 201,
    "pooled": 201,
    "queued-insert": 202,
    "queued-batch": 202,
    "queued-copy": 202,
    "queued-quiet": 202,
    "queued-dict": 202,
    "queued": 202,
    "celery": 202,
}
STREAMED = [variant for variant in STATUS if variant.startswith("queued")]
RUN = "ingest-003-a1"
KEY = f"loadlab:ingest:{RUN}"
READING = {
    "device_id": "sensor-17",
    "temperature": -3.5,
    "humidity": 44,
    "battery": 88.1,
    "recorded_at": "2026-01-01T00:00:00Z",
}
every_variant = pytest.mark.parametrize("variant", list(STATUS))
streamed_variants = pytest.mark.parametrize("variant", STREAMED)
direct_variants = pytest.mark.parametrize("variant", ["naive", "pooled"])
TEXT = st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture
async def redis(stream_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(stream_url) as client:
        yield client


@pytest.fixture
def build_settings(
    messages_url: str, stream_url: str, amqp_url: str
) -> Callable[..., ServiceSettings]:
    def build(variant: str, **changes: object) -> ServiceSettings:
        stores = {"database_url": messages_url, "redis_url": stream_url, "amqp_url": amqp_url}
        known = stores | {"run_id": RUN}
        return ServiceSettings.model_validate(
            {"workload": "ingest", "variant": variant, "pool_size": 4} | known | changes
        )

    return build


@asynccontextmanager
async def serving(settings: ServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client


@every_variant
async def test_a_reading_is_taken_and_answered_with_its_id(
    build_settings: Callable[..., ServiceSettings], variant: str
) -> None:
    async with serving(build_settings(variant)) as client:
        answers = [await client.post("/write", json=READING) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [STATUS[variant]] * 2
    assert [list(answer.json()) for answer in answers] == [["id"], ["id"]]
    assert answers[0].json() != answers[1].json()


@every_variant
async def test_a_rung_logs_messages_where_it_prints_an_access_log(
    build_settings: Callable[..., ServiceSettings],
    variant: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="loadlab.ingest")
    async with serving(build_settings(variant)) as client:
        await client.post("/write", content=b'{"humidity": 2, "device_id": "a"}')
    said = [record.getMessage() for record in caplog.records if record.name == "loadlab.ingest"]
    assert bool(said) is find_variant("ingest", variant).access_log


@pytest.mark.parametrize(
    ("variant", "text"),
    [
        ("queued-quiet", b'{"device_id":"a","humidity":2}'),
        ("queued-dict", b'{"humidity":2,"device_id":"a"}'),
    ],
)
async def test_a_model_orders_the_keys_and_a_dict_does_not(
    build_settings: Callable[..., ServiceSettings], redis: Redis, variant: str, text: bytes
) -> None:
    async with serving(build_settings(variant)) as client:
        await client.post("/write", content=b'{"humidity": 2, "device_id": "a"}')
    assert [fields[b"payload"] for fields in (await entries(redis, KEY)).values()] == [text]


@direct_variants
async def test_the_latest_messages_come_newest_first(
    build_settings: Callable[..., ServiceSettings], variant: str
) -> None:
    async with serving(build_settings(variant)) as client:
        assert (await client.get("/messages")).json() == []
        for number in range(3):
            await client.post("/write", json={"n": number})
        latest = (await client.get("/messages?limit=2")).json()
    assert [message["payload"] for message in latest] == [{"n": 2}, {"n": 1}]
    assert [set(message) for message in latest] == [{"id", "payload", "created_at"}] * 2


@streamed_variants
async def test_a_queued_message_waits_in_the_stream_and_can_be_read_once_it_is_persisted(
    build_settings: Callable[..., ServiceSettings], redis: Redis, messages_url: str, variant: str
) -> None:
    async with serving(build_settings(variant)) as client:
        entry_id = (await client.post("/write", json=READING)).json()["id"]
        assert (await client.get("/messages")).json() == []
        [(stored_id, fields)] = (await entries(redis, KEY)).items()
        postgres = await asyncpg.connect(messages_url)
        await postgres.execute(
            "insert into messages (entry_id, payload) values ($1, $2)",
            stored_id,
            fields[b"payload"].decode(),
        )
        await postgres.close()
        [message] = (await client.get("/messages")).json()
    assert (stored_id, message["payload"]) == (entry_id, READING)


@every_variant
@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", ""])
async def test_a_limit_out_of_range_is_refused(
    build_settings: Callable[..., ServiceSettings], variant: str, limit: str
) -> None:
    async with serving(build_settings(variant)) as client:
        assert (await client.get(f"/messages?limit={limit}")).status_code == 422


@every_variant
async def test_what_cannot_be_stored_is_refused_with_a_message(
    build_settings: Callable[..., ServiceSettings], variant: str
) -> None:
    bodies = [b"", b"[]", b"{", b'{"a":"\\u0000"}', b'{"a":NaN}', b"[" * 9000, b" " * 70_000]
    async with serving(build_settings(variant)) as client:
        answers = [await client.post("/write", content=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 422, 422, 413]
    assert all(answer.json()["detail"] for answer in answers)


@pytest.mark.parametrize("variant", [v for v in STATUS if v != "celery"])  # its worker writes
async def test_any_json_is_stored_or_refused_and_postgres_takes_what_passed(
    build_settings: Callable[..., ServiceSettings], variant: str, redis: Redis, messages_url: str
) -> None:
    """Collects generated bodies first: Hypothesis cannot drive a test that awaits."""
    bodies: list[str] = []

    @hypothesis_settings(
        max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(VALUES | st.dictionaries(TEXT, VALUES, max_size=4))
    def collect(value: object) -> None:
        bodies.append(json.dumps(value))

    collect()
    async with serving(build_settings(variant)) as client:
        answers = [await client.post("/write", content=body) for body in bodies]
    taken = [body for body, answer in zip(bodies, answers, strict=True) if answer.is_success]
    assert {answer.status_code for answer in answers} == {STATUS[variant], 422}
    postgres = await asyncpg.connect(messages_url)
    if variant in STREAMED:
        stored = [f[b"payload"].decode() for f in (await entries(redis, KEY)).values()]
        await postgres.executemany(
            "insert into messages (payload) values ($1)", [(s,) for s in stored]
        )
    rows = await postgres.fetch("select payload from messages order by id")
    await postgres.close()
    # jsonb writes 2e16 out in digits, and Python would read those as an exact integer.
    read = partial(json.loads, parse_int=float)
    assert [read(row["payload"]) for row in rows] == [read(body) for body in taken]


@streamed_variants
async def test_at_the_backlog_limit_the_answer_is_503_and_nothing_accepted_is_lost(
    build_settings: Callable[..., ServiceSettings], redis: Redis, variant: str
) -> None:
    async with serving(build_settings(variant, backlog_limit=20)) as client:
        answers = await asyncio.gather(
            *(client.post("/write", json={"request_id": number}) for number in range(50))
        )
    refused = [answer for answer in answers if answer.status_code == 503]
    accepted = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    assert (len(accepted), len(refused)) == (20, 30)
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert sorted(accepted) == sorted(await entries(redis, KEY))


@pytest.mark.parametrize("variant", ["naive", *STREAMED])
async def test_an_absent_store_is_503_with_retry_after(
    build_settings: Callable[..., ServiceSettings], unused_port: Callable[[], int], variant: str
) -> None:
    port = unused_port()
    absent = build_settings(
        variant,
        database_url=f"postgresql://loadlab@127.0.0.1:{port}/postgres",
        redis_url=f"redis://127.0.0.1:{port}/0",
    )
    async with serving(absent) as client:
        answers = [await client.post("/write", json=READING), await client.get("/messages")]
    assert [(a.status_code, a.headers["Retry-After"]) for a in answers] == [(503, "1")] * 2


async def test_connections_that_postgres_cut_are_503_at_worst_and_replaced(
    build_settings: Callable[..., ServiceSettings], messages_url: str
) -> None:
    async with serving(build_settings("pooled", pool_size=2)) as client:
        postgres = await asyncpg.connect(messages_url)
        await postgres.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
        statuses = [(await client.post("/write", json=READING)).status_code for _ in range(6)]
        stored = await postgres.fetchval("select count(*) from messages")
        await postgres.close()
    assert set(statuses) <= {201, 503}
    assert statuses[-2:] == [201, 201]
    assert stored == statuses.count(201)
