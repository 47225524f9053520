"""One look at all components of a run at once. What does not answer is named, not made up.

RabbitMQ is not among them: of its CPU time it tells what it spent in user mode only (Erlang's
`runtime`), which is some 60 % of it, and its container's account nobody outside can read.
"""

import asyncio
import errno
import json
import time
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from redis.asyncio import Redis

from loadlab_services.instruments.cgroup import ROOT, V1_FILES, V2_FILES, read_container
from loadlab_services.instruments.server import NO_PROCESS
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.errors import CutOffError, GoneError, SourceError
from loadlab_services.steward.every_pod import find_pods, lay_together
from loadlab_services.steward.node import read_shared_cpus
from loadlab_services.steward.stores import (
    INSTRUMENTS_CONNECT_TIMEOUT,
    SCRAPE_TIMEOUT,
    Stores,
)

Component = dict[str, Any]

COUNTERS = """
select (xact_commit + xact_rollback)::bigint as transactions, tup_returned as "rowsReturned",
       tup_fetched as "rowsFetched", tup_inserted as "rowsInserted", numbackends as connections
from pg_stat_database where datname = current_database()
"""
# The server reads its own container's files: no agent in its pod is needed.
CGROUP_FILES = """
select name, pg_read_file($2 || '/' || name, 0, 65536, true) as content
from unnest($1::text[]) as name
"""
# The whole snapshot is one line of a generator's log, of which the operator reads 64 KiB: the
# instruments of service and worker, and the stores.
MOST_BYTES = 24 * 1024
# As it is sent: a small compressed answer may unpack to any size.
UNPACKED = {"Accept-Encoding": "identity"}
# A connection that is kept looks alive where the node behind it is cut off: each look makes one.
INSTRUMENTS_HEADERS = {**UNPACKED, "Connection": "close"}
INSTRUMENTS_PATIENCE = httpx.Timeout(SCRAPE_TIMEOUT, connect=INSTRUMENTS_CONNECT_TIMEOUT)
MOST_DIGITS, MOST_LEVELS = 18, 5  # of a number; of objects and lists in each other
SHOWN = 60  # bytes of an answer that is none of instruments
LONGEST_ERROR = 300  # characters of why something is unknown
GONE = "gone: "  # begins what is said where nothing serves: the operator knows it by this
CUT_OFF = "cut off: "  # … where no connection was taken
NO_WAY_THERE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT}
NOT_OURS = "unknown: the database is not the experiment's own"
NOT_OUR_REDIS = "unknown: the Redis is not the experiment's own"


async def take_snapshot(
    stores: Stores,
    *,
    run: str,
    targets: dict[str, str],
    sessions: dict[str, int],
    app_metrics: AppMetrics,
    pods: int = 1,
) -> dict[str, Any]:
    """Ask the instruments in `targets` and the stores, all at once; `pods` are the service's."""
    sources: dict[str, Awaitable[Component]] = {
        name: app_metrics.read(stores.http, url, run)
        if is_app_metrics(url)
        else read_service(stores.http, url, pods if name == "service" else 1)
        for name, url in targets.items()
    }
    if stores.postgres is not None:
        sources["postgres"] = read_postgres(stores.postgres, sessions, is_own=stores.owns_postgres)
    if stores.redis is not None:
        sources["redis"] = read_redis(stores.redis, is_own=stores.owns_redis)
    taken_at, steady, shared = time.time(), time.monotonic(), read_shared_cpus()
    answers = await asyncio.gather(*(answer_or_why(source) for source in sources.values()))
    named = list(zip(sources, answers, strict=True))
    unknown = {} if stores.owns_postgres else {"postgres CPU and memory": NOT_OURS}
    if not stores.owns_redis:
        unknown["redis CPU and memory"] = NOT_OUR_REDIS
    return {
        "run": run,
        "takenAt": taken_at,
        "steadySeconds": steady,
        "components": {name: found for name, found in named if isinstance(found, dict)},
        "sharedCpus": shared,
        "errors": unknown | {name: found for name, found in named if isinstance(found, str)},
    }


def is_app_metrics(url: str) -> bool:
    """Whether an address has a path: it is the app's own endpoint, and none of instruments."""
    return bool(urlsplit(url).path)


async def read_instruments(http: httpx.AsyncClient, url: str, path: str = "/snapshot") -> Component:
    """Scrape a pod's own instruments; an image of somebody else's may answer anything.

    The kernel takes a connection also where all its processes are busy or stand still. So one that
    is not taken in time tells of the node, while an answer that does not come tells of the process.
    """
    try:
        async with http.stream(
            "GET", f"{url}{path}", headers=INSTRUMENTS_HEADERS, timeout=INSTRUMENTS_PATIENCE
        ) as response:
            body = await _read_bounded(response)
            if response.is_server_error and body.startswith(NO_PROCESS.encode()):
                raise GoneError(f"{url}: {body.decode(errors='replace')}")
            response.raise_for_status()  # an image's own instruments may be overloaded
    except httpx.ConnectTimeout as error:
        seconds = INSTRUMENTS_CONNECT_TIMEOUT
        raise CutOffError(f"{url}: no connection within {seconds} s") from error
    except httpx.ConnectError as error:
        kind = CutOffError if _leads_nowhere(error) else GoneError
        raise kind(f"{url}: {error}") from error
    figures = _parsed(body, url)
    if not isinstance(figures, dict):
        raise SourceError(
            f"{url} answers something else than an object; is it the instruments port?"
        )
    if not _is_shallow(figures, MOST_LEVELS):
        raise SourceError(f"{url} answers with brackets nested too deep")
    if len(json.dumps(figures)) > MOST_BYTES:  # as the generator writes it: six for an umlaut
        raise SourceError(f"{url} answers more than {MOST_BYTES // 1024} KiB")
    return figures


def _parsed(body: bytes, url: str) -> Any:
    try:
        return json.loads(body, parse_int=_whole)
    except RecursionError as error:
        raise SourceError(f"{url} answers with brackets nested too deep") from error
    except ValueError as error:  # a page for people, or letters that are none
        begins = body[:SHOWN].decode(errors="replace")
        raise SourceError(
            f"{url} answers no JSON, but {begins!r}; is it the instruments port?"
        ) from error


def _leads_nowhere(error: BaseException | None) -> bool:
    """Whether the network knows no way there; who refuses a connection is there."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_WAY_THERE:
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:  # k6 can't read it, nor can anybody who counts in 64 bits
        raise SourceError(f"a number of {len(digits)} digits is no figure")
    return int(digits)


async def _read_bounded(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MOST_BYTES:
            raise SourceError(f"{response.url} answers more than {MOST_BYTES // 1024} KiB")
    return body


async def read_postgres(pool: asyncpg.Pool, sessions: dict[str, int], *, is_own: bool) -> Component:
    """Read the server's counters and its container's account; of another's server the counters.

    That one may serve others too, and to read its files is a right of superusers.
    """
    async with pool.acquire() as connection:
        (counters,) = await connection.fetch(COUNTERS)
        if not is_own:
            return {**counters, "sessions": sessions}
        rows = await connection.fetch(CGROUP_FILES, [*V1_FILES, *V2_FILES], str(ROOT))
    usage = read_container({row["name"]: row["content"] for row in rows}.get)
    if usage is None:
        raise SourceError(f"Postgres finds no cgroup files under {ROOT} in its container")
    return {
        "cpuSeconds": usage.cpu_seconds,
        "throttledSeconds": usage.throttled_seconds,
        "memoryBytes": usage.memory_bytes,
        **counters,
        "sessions": sessions,
    }


async def read_redis(redis: Redis, *, is_own: bool) -> Component:
    """Read the server's own account; its children write the append-only file anew.

    Of another's server the counters alone: its CPU and memory are those of all its clients.
    """
    info = await redis.info("cpu", "memory", "stats")
    try:
        return _redis_figures(info, is_own=is_own)
    except LookupError as error:  # of another make
        raise SourceError(f"Redis tells no {error} by INFO, as Redis itself does") from error


def _redis_figures(info: dict[str, Any], *, is_own: bool) -> Component:
    counters = {
        "commands": int(info["total_commands_processed"]),
        "keyspaceHits": int(info["keyspace_hits"]),
        "keyspaceMisses": int(info["keyspace_misses"]),
    }
    if not is_own:
        return counters
    cpu = ("used_cpu_sys", "used_cpu_user", "used_cpu_sys_children", "used_cpu_user_children")
    return {
        "cpuSeconds": sum(float(info[name]) for name in cpu),
        "memoryBytes": int(info["used_memory_rss"]),
        **counters,
    }


async def read_service(http: httpx.AsyncClient, url: str, pods: int) -> Component:
    """Scrape all pods behind an address, and lay their figures together."""
    if pods == 1:
        return await read_instruments(http, url)
    addresses = await find_pods(url)
    if len(addresses) != pods:
        raise SourceError(f"{url} has {len(addresses)} pods, and {pods} were asked for")
    answers = await asyncio.gather(*(read_instruments(http, each) for each in addresses))
    if not all(answer.get("processes") for answer in answers):
        raise SourceError(f"a pod behind {url} does not serve yet")
    try:
        together = lay_together(answers)
    except (AttributeError, LookupError, TypeError) as error:
        raise SourceError(f"a pod behind {url} answers no figures: {error!r}") from error
    if len(json.dumps(together)) > MOST_BYTES:
        raise SourceError(f"the pods behind {url} answer more than {MOST_BYTES // 1024} KiB")
    return together


async def ask_instruments(http: httpx.AsyncClient, url: str, pods: int) -> Component | str:
    """Give the figures of the pods behind an address, or why there are none."""
    return await answer_or_why(read_service(http, url, pods))


async def answer_or_why(source: Awaitable[Component]) -> Component | str:
    """Give the figures, or why there are none."""
    try:
        async with asyncio.timeout(SCRAPE_TIMEOUT):
            found = await source
        json.dumps(found, ensure_ascii=False).encode()  # as it is sent on, if it can be
    except TimeoutError:
        return f"no answer within {SCRAPE_TIMEOUT} s"
    except GoneError as error:
        return fit(f"{GONE}{error}")
    except CutOffError as error:
        return fit(f"{CUT_OFF}{error}")
    except Exception as error:  # noqa: BLE001 (whatever one of them is: the others' figures stand)
        return fit(f"{type(error).__name__}: {error}")
    else:
        return found


def fit(text: str) -> str:
    """Cut what somebody else's server may have written: a line of its page may be a megabyte."""
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"
