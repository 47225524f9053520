"""Situations that are hard to tell: a lock on one row, and a CPU that something takes at times."""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request

from loadlab_services.instruments import instrument

POOL = 10
HELD = 0.003  # seconds that a transaction keeps the row to itself
PERIOD = 2.0  # seconds; for half of it a thread of this process computes


def compute_at_times() -> None:
    """As a job beside the requests does; without the lock of the interpreter."""
    while True:
        until = time.monotonic() + PERIOD / 2
        while time.monotonic() < until:
            hashlib.pbkdf2_hmac("sha256", b"x", b"y", 20_000)
        time.sleep(PERIOD / 2)


@asynccontextmanager
async def resources(served: FastAPI) -> AsyncIterator[None]:
    """The table of one row, and the thread where it is asked for."""
    if os.environ.get("AT_TIMES"):
        threading.Thread(target=compute_at_times, daemon=True).start()
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as pool:
        await pool.execute("create table if not exists counter (id int primary key, n bigint)")
        await pool.execute("insert into counter values (1, 0) on conflict do nothing")
        served.state.pool = pool
        yield


app = FastAPI(lifespan=resources)


@app.get("/healthz")
async def healthz() -> str:
    return "ok"


@app.get("/locked")
async def locked(request: Request) -> str:
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute("update counter set n = n + 1 where id = 1")
        await connection.execute("select pg_sleep($1)", HELD)
    return "done"


@app.get("/hashed")
async def hashed() -> str:
    await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"x", b"y", 1_000)
    return "done"


app = instrument(app)
