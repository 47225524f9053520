"""What is in a Redis stream, in the types that a client without decoding gives."""

from typing import cast

from redis.asyncio import Redis


async def entries(redis: Redis, key: str) -> dict[str, dict[bytes, bytes]]:
    """The fields of every entry by its id, the oldest first."""
    # The client's own types allow for decoded answers and for missing ones as well.
    found = cast("list[tuple[bytes, dict[bytes, bytes]]]", await redis.xrange(key))
    return {entry_id.decode(): fields for entry_id, fields in found}
