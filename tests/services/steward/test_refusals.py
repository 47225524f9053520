"""What stores refused while a run was under way is told in their words, and nothing else is."""

from typing import Any

import asyncpg
import httpx
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from loadlab_services.broker.alarms import alarms_on
from loadlab_services.settings import StewardSettings
from loadlab_services.steward.refusals import StoreRefusals, Told
from loadlab_services.steward.run_records import PostgresRunRecords
from loadlab_services.steward.stores import Stores, open_stores
from tests.services.stewards import access

RUN = "ingest-001-a1"
MEMORY_ALARM = "rabbitmq_alarms_memory_used_watermark"
USUAL = {"evicted_keys": 7, "maxmemory_human": "100.00M", "maxmemory_policy": "noeviction"}


class Answers:
    """A store that gives one answer after the other, and the last for ever."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    async def info(self) -> Any:
        return self._next()

    async def alarms(self) -> Any:
        return self._next()

    def _next(self) -> Any:
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, Exception):
            raise found
        return found


async def told(*, queues_in_redis: bool = True, **stores: Any) -> Told:
    async with httpx.AsyncClient() as http:
        refusals = StoreRefusals(Stores(http, **stores), queues_in_redis=queues_in_redis)
        await refusals.begin(RUN)
        await refusals.look(RUN)
        return await refusals.tell(RUN, drained=True)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"errorstat_OOM": {"count": 1200}}, "refused 1,200 commands of its clients for want"),
        (
            {"errorstat_OOM": {"count": 10}},
            {"errorstat_OOM": {"count": 12}},
            "refused 2 commands of its clients",
        ),
        ({}, {"errorstat_MISCONF": {"count": 1}}, "as it cannot save its data to disk"),
        ({}, {"errorstat_READONLY": {"count": 1}}, "give the address of the primary"),
        (
            {"maxmemory_policy": "allkeys-lru"},
            {"maxmemory_policy": "allkeys-lru", "evicted_keys": 9},
            "evicted 2 keys for want of memory (maxmemory 100.00M, policy allkeys-lru)",
        ),
    ],
)
async def test_what_redis_refused_or_evicted_meanwhile_is_told(before, after, said):
    [only] = (await told(redis=Answers(USUAL | before, USUAL | after))).refused

    assert said in only


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_what_a_cache_evicts_is_noted_and_is_no_refusal(policy):
    """A trial was Suspect for accepted work that might be lost, and there was none in Redis."""
    before = USUAL | {"maxmemory_policy": policy}
    found = await told(queues_in_redis=False, redis=Answers(before, before | {"evicted_keys": 19}))

    [noted] = found.as_json()["noted"]
    assert noted == (
        f"Redis evicted 12 keys of its clients for want of memory (maxmemory 100.00M, policy "
        f"{policy}), as a cache does: no accepted work waits in it, and what was evicted is "
        "asked of the database again"
    )
    assert found.refused == []


@pytest.mark.parametrize(
    "answers",
    [
        (USUAL,),
        (USUAL | {"errorstat_OOM": {"count": 10}},),
        (USUAL, USUAL | {"evicted_keys": 900, "maxmemory_policy": "volatile-lru"}),
        (USUAL, RedisConnectionError("away")),
        (RedisConnectionError("away"), USUAL | {"errorstat_OOM": {"count": 10}}),
        ({}, {"maxmemory_policy": "allkeys-lru"}),  # others than Redis do not count these
        ({"evicted_keys": "none"}, {"errorstat_OOM": 7, "errorstat_MISCONF": {"calls": 1}}),
    ],
)
async def test_nothing_is_told_of_before_or_of_what_is_unknown(answers):
    assert await told(redis=Answers(*answers)) == Told()


async def test_an_alarm_that_is_over_when_the_load_has_ended_is_told():
    [only] = (await told(broker=Answers({MEMORY_ALARM}, set()))).refused

    assert "RabbitMQ held back who publishes, as its memory alarm is on" in only


async def test_of_another_run_nothing_is_told():
    async with httpx.AsyncClient() as http:
        redis: Any = Answers(USUAL, USUAL | {"errorstat_OOM": {"count": 5}})
        refusals = StoreRefusals(Stores(http, redis=redis), queues_in_redis=True)
        await refusals.begin("ingest-002-a1")

        assert await refusals.tell(RUN, drained=True) == Told()


def test_alarms_are_read_from_the_plugins_page():
    page = [
        f"# TYPE {MEMORY_ALARM} untyped",
        f"# HELP {MEMORY_ALARM} is 1 if VM memory watermark alarm is in effect",
        f"{MEMORY_ALARM} 1",
        "rabbitmq_alarms_free_disk_space_watermark 0",
        "rabbitmq_alarms_file_descriptor_limit 1",
        "",
    ]

    assert alarms_on(page) == {MEMORY_ALARM}


@pytest.mark.integration
async def test_a_postgres_that_takes_no_rows_is_told_and_the_account_still_given(
    messages_url: str,
) -> None:
    """It was failed over in mid-run: the worker's rows waited until the deadline, in silence."""
    given = {"workload": "ingest", "database_url": messages_url} | access(RUN)
    async with open_stores(StewardSettings.model_validate(given)) as stores:
        assert stores.postgres is not None
        records = PostgresRunRecords(stores.postgres, nothing_to_prepare)
        await records.prepare(RUN)
        refusals = StoreRefusals(stores, queues_in_redis=True)
        before = await refusals.tell(RUN, drained=False)
        rows = await stores.postgres.fetchval("select count(*) from loadlab_steward")
        await make_read_only(messages_url)
        await stores.postgres.expire_connections()

        [after] = (await refusals.tell(RUN, drained=False)).refused
        await records.keep_account(RUN, {"run": RUN})

        assert (before, rows) == (Told(), 1)
        assert "Postgres takes no rows: cannot execute INSERT in a read-only" in after
        assert await records.account(RUN) is None


def nothing_to_prepare(_run: str) -> Any:
    async def prepare(_connection: Any) -> None: ...

    return prepare


async def make_read_only(url: str) -> None:
    connection = await asyncpg.connect(url)
    database = url.rsplit("/", 1)[1]
    await connection.execute(f"alter database {database} set default_transaction_read_only = on")
    await connection.close()
