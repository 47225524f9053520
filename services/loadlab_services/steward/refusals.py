"""Why stores took no writes while a run was under way, as they tell it themselves.

A Redis at its `maxmemory`, a RabbitMQ that holds back who publishes, a Postgres whose disk is full:
from the outside each of them looks like a service that fails or a worker that is too slow. What a
store does not tell is not told: nobody is blamed for what is unknown.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import httpx
from redis.asyncio import Redis

from loadlab_services.broker.alarms import ALARMS
from loadlab_services.broker.inspection import Broker
from loadlab_services.steward.errors import SchemaTakenError
from loadlab_services.steward.ownership import check_owner
from loadlab_services.steward.silence import unless_silent
from loadlab_services.steward.stores import STORE_ERRORS, Stores

LOOK_TIMEOUT: Final = 2.0  # seconds
LONGEST: Final = 300  # characters of what Postgres says
# Redis counts its refusals by their first word, those of all its clients.
_REFUSED: Final[Mapping[str, str]] = {
    "OOM": (
        "for want of memory: {used} of maxmemory {most} are in use, policy {policy}; give it more "
        "memory, or the experiment a Redis of its own"
    ),
    "MISCONF": "as it cannot save its data to disk: make room there",
    "READONLY": "as it is a replica: give the address of the primary",
    "NOREPLICAS": "as it has too few replicas (min-replicas-to-write)",
}
_EVICTED: Final = "evicted_keys"
_WORK_EVICTED: Final = (
    "Redis evicted {evicted:,} keys {limit}: accepted work may be among them; give it more memory "
    "and the policy noeviction"
)
_CACHE_EVICTED: Final = (
    "Redis evicted {evicted:,} keys of its clients {limit}, as a cache does: no accepted work "
    "waits in it, and what was evicted is asked of the database again"
)
_STANDBY: Final = "select pg_is_in_recovery()"
# A page of a table may have room that its disk has not: this needs new ones.
_TAKE_ROOM: Final = """
insert into loadlab_steward (run, account)
select 'is there room', to_jsonb(string_agg(md5(number::text), ''))
from generate_series(1, 8192) number
"""
_UNKNOWN: Final = (*STORE_ERRORS, httpx.HTTPError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Told:
    """What stores tell of a run, in words."""

    refused: list[str] = field(default_factory=list)  # or lost: work may be missing
    noted: list[str] = field(default_factory=list)  # by which nothing is

    def as_json(self) -> dict[str, list[str]]:
        """Return it as the contract of the account has it: what is usual is left out."""
        named = {"refused": self.refused, "noted": self.noted}
        return {name: lines for name, lines in named.items() if lines}


class StoreRefusals:
    """What is known of one run: the stores serve one after the other.

    With `queues_in_redis` accepted work may wait there; otherwise all that is in it is a cache's.
    """

    def __init__(self, stores: Stores, *, queues_in_redis: bool) -> None:
        self._stores, self._queues_in_redis = stores, queues_in_redis
        self._run = ""
        self._before: dict[str, int] | None = None  # of Redis' counters
        self._alarms: set[str] = set()

    async def begin(self, run: str) -> None:
        """Take note of the counters before a run's load."""
        self._run, self._before, self._alarms = run, None, set()
        if self._stores.redis is not None:
            with suppress(*_UNKNOWN):
                self._before = _counters(await _information(self._stores.redis))

    async def look(self, run: str) -> None:
        """Take note of an alarm in mid-run: when the load has ended it may be over."""
        if self._stores.broker is not None and run == self._run:
            with suppress(*_UNKNOWN):
                self._alarms |= await _alarms(self._stores.broker)

    async def tell(self, run: str, *, drained: bool) -> Told:
        """Return what stores refused, lost or evicted since the run began; nothing is usual."""
        await self.look(run)
        alarms = [f"RabbitMQ {ALARMS[name]}" for name in sorted(self._alarms) if run == self._run]
        told = Told(alarms)
        if self._stores.redis is not None and run == self._run and self._before is not None:
            with suppress(*_UNKNOWN):
                self._of_redis(self._before, await _information(self._stores.redis), told)
        if self._stores.postgres is not None:
            with suppress(*_UNKNOWN):
                told.refused.extend(await self._of_owner(self._stores.postgres))
                told.refused.extend([] if drained else await _of_postgres(self._stores.postgres))
        return told

    def _of_redis(
        self, before: Mapping[str, int], information: Mapping[str, Any], told: Told
    ) -> None:
        more = {name: now - before[name] for name, now in _counters(information).items()}
        told.refused.extend(_refused(more, information))
        evicted = more[_EVICTED]
        if evicted <= 0:
            return
        limit = "for want of memory (maxmemory {most}, policy {policy})".format(
            **_facts(information)
        )
        if not self._queues_in_redis:
            told.noted.append(_CACHE_EVICTED.format(evicted=evicted, limit=limit))
        elif _facts(information)["policy"].startswith("allkeys"):  # else caches only
            told.refused.append(_WORK_EVICTED.format(evicted=evicted, limit=limit))

    async def _of_owner(self, pool: asyncpg.Pool) -> list[str]:
        """Tell that another experiment emptied the tables, or wrote into them."""
        if self._stores.owner:
            try:
                await check_owner(pool, self._stores.owner, self._stores.database_at)
            except SchemaTakenError as error:
                return [str(error)]
        return []


async def _alarms(broker: Broker) -> set[str]:
    async with asyncio.timeout(LOOK_TIMEOUT):
        return await broker.alarms()


async def _information(redis: Redis) -> dict[str, Any]:
    async with asyncio.timeout(LOOK_TIMEOUT):
        found: dict[str, Any] = await redis.info()
    return found


def _counters(information: Mapping[str, Any]) -> dict[str, int]:
    """Count what others than Redis may not tell, or tell otherwise, as nothing."""
    refused = {name: information.get(f"errorstat_{name}") for name in _REFUSED}
    counts = {
        name: _whole(found.get("count") if isinstance(found, Mapping) else None)
        for name, found in refused.items()
    }
    return counts | {_EVICTED: _whole(information.get(_EVICTED))}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _refused(more: Mapping[str, int], information: Mapping[str, Any]) -> list[str]:
    facts = _facts(information)
    return [
        f"Redis refused {more[name]:,} commands of its clients {why.format(**facts)}"
        for name, why in _REFUSED.items()
        if more[name] > 0
    ]


def _facts(information: Mapping[str, Any]) -> dict[str, str]:
    return {
        "used": str(information.get("used_memory_human", "all")),
        "most": str(information.get("maxmemory_human", "unknown")),
        "policy": str(information.get("maxmemory_policy", "unknown")),
    }


async def _of_postgres(pool: asyncpg.Pool) -> list[str]:
    """Ask whether it takes rows, in a transaction that leaves none."""
    unknown = "did not say whether it takes rows"
    async with unless_silent(pool, LOOK_TIMEOUT, unknown) as connection:
        if await connection.fetchval(_STANDBY):
            return ["Postgres is a standby now, which takes no writes: was it failed over?"]
        trial = connection.transaction()
        await trial.start()
        try:
            await connection.execute(_TAKE_ROOM)
        except (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError) as error:
            return [f"Postgres takes no rows: {str(error)[:LONGEST]}"]
        finally:
            await trial.rollback()
    return []
