"""Whether a Redis that others use has room for what waits in it, and keeps it."""

from collections.abc import Mapping
from typing import Any, Final

from loadlab_services.data.errors import DatasetError

# The longest queue is 100,000 entries unless it is set, and each has some 350 bytes of ingest.
LEAST_ROOM: Final = 64 * 2**20  # bytes


def check_room(memory: Mapping[str, Any], *, keeps_work: bool) -> None:
    """Refuse one that may evict what waits in it, or has next to no memory left; by INFO memory.

    Without a maxmemory it does neither. One that evicts and is a cache only is full as a rule.

    Raises:
        DatasetError: names the limit, what is used of it, and the remedy.
    """
    most, used = int(memory.get("maxmemory") or 0), int(memory.get("used_memory") or 0)
    policy = str(memory.get("maxmemory_policy") or "noeviction")
    if most == 0:
        return
    if keeps_work and policy.startswith("allkeys"):
        raise DatasetError(
            f"Redis evicts any key at its maxmemory of {_size(most)} (maxmemory-policy {policy}), "
            "also accepted work that waits in a queue: give the experiment a Redis with the policy "
            "noeviction or volatile-lru, or one of its own (redis.mode)"
        )
    makes_room = not keeps_work and policy != "noeviction"
    if most - used < LEAST_ROOM and not makes_room:
        raise DatasetError(
            f"Redis has next to no memory left: {_size(used)} of its maxmemory of {_size(most)} "
            f"are in use (maxmemory-policy {policy}), and {_size(LEAST_ROOM)} are needed; give it "
            "more, or the experiment one of its own (redis.mode)"
        )


def _size(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB"
