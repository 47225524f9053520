"""`python -m loadlab_services.programs.worker`: takes a run's stream to the sink of its variant.

One process, CONSUMERS consumers on one event loop; VARIANT says what becomes of an entry. SIGTERM
stops the reading; what is in hand is written and acknowledged, then the process ends with 0.
Killed, it leaves its entries pending under the name of its pod, and the next worker of that name
starts with them.
"""

import asyncio
import logging
import signal
import socket
from contextlib import AsyncExitStack

import uvloop

from loadlab_services.delivery.counts import COUNTS
from loadlab_services.instruments.cells import Board, Meter
from loadlab_services.instruments.lag import watch_loop
from loadlab_services.instruments.server import start_server
from loadlab_services.instruments.snapshot import Source
from loadlab_services.logs import log_as_json
from loadlab_services.programs.put_off import find_work
from loadlab_services.settings import StreamWorkerSettings
from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.consumer import Consumer, Pace
from loadlab_services.stream.entry import dead_letter_key, stream_key
from loadlab_services.stream.stream import Stream
from loadlab_services.workload import StreamWork

log = logging.getLogger("loadlab_services.programs.worker")


def main() -> None:
    """Run the consumers until the process is told to stop."""
    log_as_json()
    settings = StreamWorkerSettings.read()
    work = find_work(settings, StreamWork, to="a stream")
    board = Board(processes=1, extras=COUNTS)
    meter = board.meter(0)
    meter.start()
    with start_server(settings.instruments_port, Source(board)):
        uvloop.run(consume(settings, work, meter))


async def consume(settings: StreamWorkerSettings, work: StreamWork, meter: Meter) -> None:
    """Run CONSUMERS consumers until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    names = [f"{socket.gethostname()}-{index}" for index in range(settings.consumers)]
    log.info("run %s: %d consumers start", settings.run_id, len(names))
    async with watch_loop(meter), asyncio.TaskGroup() as group:
        for name in names:
            consumer = _consume_as(name, settings, work, meter=meter, stop=stop)
            group.create_task(consumer, name=name)
    log.info("run %s: all consumers have drained and stopped", settings.run_id)


async def _consume_as(
    name: str,
    settings: StreamWorkerSettings,
    work: StreamWork,
    *,
    meter: Meter,
    stop: asyncio.Event,
) -> None:
    batch_size = settings.batch_size if work.in_batches else 1
    pace = Pace(batch_size=batch_size, flush_after=settings.flush_ms / 1000)
    async with AsyncExitStack() as stack:
        redis = connect_redis(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        sink = work.sink.load()(settings)
        stack.push_async_callback(sink.close)
        stream = Stream(
            redis,
            key=stream_key(settings.key_prefix, settings.run_id),
            dead_key=dead_letter_key(settings.key_prefix, settings.run_id),
            consumer=name,
        )
        try:
            await Consumer(stream, sink, pace=pace, counter=meter).run(stop)
        finally:
            # One that fails takes the others with it, in good order: the pod starts anew.
            stop.set()


if __name__ == "__main__":
    main()
