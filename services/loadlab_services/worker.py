"""The queue worker: `python -m loadlab_services.worker` moves a run's stream into Postgres.

One process, CONSUMERS consumers on one event loop; VARIANT says how they write. SIGTERM stops the
reading; what is in hand is written and acknowledged, then the process ends with 0. Killed, it
leaves its entries pending under the name of its pod, and the next worker of that name starts with
them.
"""

import asyncio
import logging
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import Final

import uvloop

from loadlab_services.instruments import Board, Meter, Source, start_server, watch_loop
from loadlab_services.queue.connect import connect_redis
from loadlab_services.queue.consumer import COUNTS, Consumer, Pace
from loadlab_services.queue.entry import dead_letter_key, stream_key
from loadlab_services.queue.stream import Stream
from loadlab_services.queue.table import Table
from loadlab_services.queue.writers import Writer, copy_many, insert_many, insert_one
from loadlab_services.settings import Settings, read_settings

WRITERS: Final[dict[str, Writer]] = {
    "queued-insert": insert_one,
    "queued-batch": insert_many,
    "queued-copy": copy_many,
    "queued": copy_many,
}

log = logging.getLogger("loadlab.worker")


def main() -> None:
    """Run the consumers until the process is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = read_settings()
    if missing := _missing(settings):
        sys.exit(f"the worker needs {', '.join(missing)}; set them in its environment")
    if settings.variant not in WRITERS:
        known = ", ".join(WRITERS)
        sys.exit(f"no worker for variant {settings.variant!r}; set VARIANT to one of {known}")
    board = Board(processes=1, extras=COUNTS)
    meter = board.meter(0)
    meter.start()
    with start_server(settings.instruments_port, Source(board)):
        uvloop.run(consume(settings, meter))


async def consume(settings: Settings, meter: Meter) -> None:
    """Run CONSUMERS consumers until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    names = [f"{socket.gethostname()}-{index}" for index in range(settings.consumers)]
    log.info("run %s: %d consumers start", settings.run_id, len(names))
    async with watch_loop(meter), asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(_consume_as(name, settings, meter, stop), name=name)
    log.info("run %s: all consumers have drained and stopped", settings.run_id)


async def _consume_as(name: str, settings: Settings, meter: Meter, stop: asyncio.Event) -> None:
    writer = WRITERS[settings.variant]
    batch_size = 1 if writer is insert_one else settings.batch_size
    pace = Pace(batch_size=batch_size, flush_after=settings.flush_ms / 1000)
    async with AsyncExitStack() as stack:
        redis = connect_redis(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        table = Table(settings.database_url, writer=writer)
        stack.push_async_callback(table.close)
        stream = Stream(
            redis,
            key=stream_key(settings.run_id),
            dead_key=dead_letter_key(settings.run_id),
            consumer=name,
        )
        try:
            await Consumer(stream, table, pace=pace, tally=meter).run(stop)
        finally:
            # One that fails takes the others with it, in good order: the pod starts anew.
            stop.set()


def _missing(settings: Settings) -> list[str]:
    needed = {
        "RUN_ID": settings.run_id,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    return [name for name, value in needed.items() if not value]


if __name__ == "__main__":
    main()
