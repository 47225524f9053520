"""Takes away an experiment's keys in Redis, whoever else has keys there.

Redis finds keys by their beginning only by a walk through all of them. Through millions of somebody
else's it would take minutes, of a server that others wait for. So there is such a walk where there
are few, or all are the experiment's; else its keys are known by their names, which its runs and its
workload give. What a request of the user's own made beside those ends by its age.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from loadlab_services.steward.stores import Stores
from loadlab_services.stream.entry import dead_letter_key, stream_key
from loadlab_services.workload import Workload

MOST_LOOKED_AT: Final = 20_000  # keys of a Redis that others use
TOGETHER: Final = 1_000  # keys of one command


async def clear_keys(
    stores: Stores,
    workload: Workload,
    runs: Sequence[str],
    *,
    keep: str = "",
    with_cached: bool = True,
) -> int:
    """Delete the experiment's keys, those of `runs` by name, the latest first; tell how many.

    The streams of the run `keep` stay, which may be in use already. What is cached is looked for
    among the names of the latest run that is over.
    """
    redis, prefix = stores.redis, stores.key_prefix
    if redis is None:
        return 0
    if not prefix:
        raise ValueError("without a prefix this would be everybody's keys")
    kept = {name.encode() for name in _streams(prefix, keep)}
    if stores.owns_redis or await _are_few(redis):
        found = [key async for key in redis.scan_iter(match=f"{prefix}*", count=TOGETHER)]
        return await _unlink(redis, (key for key in found if key not in kept))
    over = [run for run in runs if run != keep]
    cached = _cached(stores, workload, over[:1]) if with_cached else ()
    streams = [name for run in over for name in _streams(prefix, run)]
    return await _unlink(redis, streams) + await _unlink(redis, cached)


async def _are_few(redis: Redis) -> bool:
    try:
        return bool(await redis.dbsize() <= MOST_LOOKED_AT)
    except NoPermissionError:
        return False


def _streams(prefix: str, run: str) -> tuple[str, str]:
    return stream_key(prefix, run), dead_letter_key(prefix, run)


def _cached(stores: Stores, workload: Workload, runs: Iterable[str]) -> Iterator[str]:
    if workload.cached is not None:
        names = workload.cached.load()
        for run in runs:
            yield from names(stores.key_prefix, run, stores.scale)


async def _unlink(redis: Redis, names: Iterable[str | bytes]) -> int:
    there, rest = 0, iter(names)
    while together := list(islice(rest, TOGETHER)):
        there += await redis.unlink(*together)
    return there
