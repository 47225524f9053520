"""Debian's Redis on loopback."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.services.loopback_server import free_port, require, running, wait_for


@contextmanager
def serve_redis() -> Iterator[str]:
    """Run a Redis server with nothing in it."""
    server = shutil.which("redis-server")
    require(Path(server or "/usr/bin/redis-server"), package="redis-server")
    with tempfile.TemporaryDirectory(prefix="loadlab-redis-") as folder:
        port = free_port()
        command = [str(server), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        url = f"redis://127.0.0.1:{port}/0"
        with running([*command, "--dir", folder], folder):
            with redis.Redis.from_url(url) as client:
                wait_for(client.ping, redis.RedisError)
            yield url
