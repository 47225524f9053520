"""Looks whether a Redis that exists already lets an experiment do what its variants will do.

All commands of a trial are tried in names of the experiment's own, before the first trial. Nothing
else in that Redis is read, counted or changed.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, OutOfMemoryError
from redis.retry import Retry

from loadlab_services.addresses import LOCAL, in_brackets
from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.redis_room import check_room

TIMEOUT_SECONDS: Final = 5.0
OLDEST_SERVER: Final = (6, 2)  # XAUTOCLAIM, and SET with PXAT
# With an @ or / in the password a part of it would be taken for the host, and told in an error.
_ADDRESS: Final = re.compile(r"rediss?://([^@/?#]*@)?[^@/?#]+(/\d*)?(\?[^@]*)?$")
_NO_ADDRESS: Final = (
    "the address of Redis is no redis:// or rediss:// URL; percent-encode special characters of "
    "user and password"
)
_NOTHING_TO_EVICT: Final = (
    "Redis has no memory left, and its maxmemory-policy finds no key to evict; give it more, or "
    "the experiment one of its own (redis.mode)"
)
_EVICTS_AT_ONCE: Final = (
    "Redis evicts keys as soon as they are written: its memory is far too small for its clients; "
    "give it more, or the experiment one of its own (redis.mode)"
)
_EVICTED: Final = re.compile(r"NOGROUP|no such key", re.IGNORECASE)
# For a key of a moment ago: its server may take any that it has, and does on a busy machine.
_PATIENCE_SECONDS: Final = 3.0
_WRITE: Final = "return redis.call('XADD', KEYS[1], '*', 'payload', ARGV[1])"
_GROUP: Final = "writers"


class _EvictedError(Exception):
    """What was written a moment ago was evicted, as a full cache may do at any time."""


Attempt = tuple[str, Callable[[], Any]]  # a command, and how it is tried


def claim_redis(url: str, space: str, *, keeps_work: bool = True) -> None:
    """Try in `space`, and take away again, what a trial does; with `keeps_work` work waits in it.

    Raises:
        DatasetError: it does not answer, has no room, or a command is not allowed; names user, keys
            and remedy.
    """
    client = _build_client(url)
    keys = f"{space}:*"
    try:
        with client:
            _check_server(client)
            check_room(client.info("memory"), keeps_work=keeps_work)
            _try_all(client, f"{space}:claim", keys)
    except redis.AuthenticationError as error:
        raise DatasetError(f"Redis does not let user {_user(client)} in: {error}") from error
    except redis.RedisError as error:
        raise DatasetError(f"Redis at {_place(client)} does not answer: {error}") from error


def _build_client(url: str) -> redis.Redis:
    if not _ADDRESS.match(url):
        raise DatasetError(_NO_ADDRESS)
    try:
        client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except (ValueError, TypeError):
        raise DatasetError(_NO_ADDRESS) from None  # its text holds a part of the URL
    try:
        client.connection_pool.make_connection()  # which does not connect yet
    except TypeError as error:
        raise DatasetError(f"the address of Redis has an unknown parameter: {error}") from error
    return client


def _check_server(client: redis.Redis) -> None:
    try:
        info: Any = client.info("server") | client.info("cluster")
    except NoPermissionError as error:
        raise _not_allowed(client, "INFO", "", error) from error
    except redis.ResponseError as error:  # a command that was renamed, or that a proxy lacks
        raise DatasetError(
            f"Redis at {_place(client)} refuses INFO ({error}), by which its work is known: give "
            "the address of the server itself, or the experiment a Redis of its own (redis.mode)"
        ) from error
    _check_version(str(info.get("redis_version") or ""))
    if info.get("cluster_enabled"):
        raise DatasetError(
            "the server is a part of a Redis Cluster: a script needs all its keys on one server. "
            "Give the address of one that is none"
        )


def _check_version(version: str) -> None:
    """Others than Redis, as Valkey and KeyDB, tell the version of Redis that they are as."""
    wanted = ".".join(map(str, OLDEST_SERVER))
    known = re.match(r"(\d+)(?:\.(\d+))?", version)
    if known is None:
        raise DatasetError(
            f"the server tells no version of Redis (INFO: redis_version {version!r}): one that "
            f"does what Redis {wanted} does is needed"
        )
    if (int(known[1]), int(known[2] or 0)) < OLDEST_SERVER:
        raise DatasetError(f"the server is Redis {version}: {wanted} or newer is needed")


def _try_all(client: redis.Redis, key: str, keys: str) -> None:
    deadline = monotonic() + _PATIENCE_SECONDS
    while monotonic() < deadline:
        with suppress(_EvictedError):
            return _try_once(client, key, keys)
    raise DatasetError(_EVICTS_AT_ONCE)


def _try_once(client: redis.Redis, key: str, keys: str) -> None:
    try:
        for command, attempt in _attempts(client, key):
            try:
                attempt()
            except NoPermissionError as error:
                raise _not_allowed(client, command, keys, error) from error
            except OutOfMemoryError as error:
                raise DatasetError(_NOTHING_TO_EVICT) from error
            except redis.ResponseError as error:
                if _EVICTED.search(str(error)):
                    raise _EvictedError from error
                raise DatasetError(f"Redis refuses {command} on keys {keys}: {error}") from error
    finally:
        _take_away(client, key)


def _attempts(client: redis.Redis, key: str) -> Iterator[Attempt]:
    stream, index = f"{key}:stream", f"{key}:index"
    yield "SET", lambda: client.set(key, "1", px=60_000)
    yield "GET", lambda: client.get(key)
    yield "ZADD", lambda: client.zadd(index, {key: 0})
    yield "PEXPIRE", lambda: client.pexpire(index, 60_000)
    yield "ZPOPMIN", lambda: client.zpopmin(index)
    # One that this Redis does not have yet: to load it is a right of its own.
    script = client.register_script(f"{_WRITE} -- {key}")
    yield "EVALSHA", lambda: script(keys=[stream], args=["1"])
    yield "EVAL", lambda: client.eval(_WRITE, 1, stream, "2")
    yield "XGROUP", lambda: client.xgroup_create(stream, _GROUP, id="0", mkstream=True)
    yield "XREADGROUP", lambda: client.xreadgroup(_GROUP, "claim", {stream: ">"}, count=1)
    yield "XAUTOCLAIM", lambda: client.xautoclaim(stream, _GROUP, "claim", 0, count=1)
    yield "XACK", lambda: client.xack(stream, _GROUP, "0-1")
    yield "XDEL", lambda: client.xdel(stream, "0-1")
    yield "XLEN", lambda: client.xlen(stream)
    yield "XINFO", lambda: (client.xinfo_stream(stream), client.xinfo_groups(stream))
    yield "MULTI", lambda: _read_together(client, stream)
    yield "SCAN", lambda: client.scan(match=f"{key}*", count=10)
    yield "UNLINK", lambda: client.unlink(key, index, stream)
    yield "INFO", lambda: client.info("stats")


def _read_together(client: redis.Redis, stream: str) -> None:
    with client.pipeline(transaction=True) as pipe:
        pipe.xlen(stream)
        pipe.execute()


def _take_away(client: redis.Redis, key: str) -> None:
    """Whatever was tried; a user without the right was told of it already, and has an expiry."""
    for name in (key, f"{key}:index", f"{key}:stream"):
        try:
            client.unlink(name)
        except redis.RedisError:
            return


def _not_allowed(client: redis.Redis, command: str, keys: str, error: Exception) -> DatasetError:
    user, on = _user(client), f" on keys {keys}" if keys else ""
    remedy = "~loadlab:* +@all -@dangerous +info"
    return DatasetError(
        f"user {user} of Redis may not use {command}{on} ({error}): ACL SETUSER {user} {remedy}"
    )


def _user(client: redis.Redis) -> str:
    return str(client.connection_pool.connection_kwargs.get("username") or "default")


def _place(client: redis.Redis) -> str:
    known = client.connection_pool.connection_kwargs
    return f"{in_brackets(known.get('host', LOCAL))}:{known.get('port', 6379)}"
