"""What a service under test tells about itself, at a cost too small to change the result.

The parts, and how another process (such as the queue worker) uses them:

    board = Board(processes=1, extras=("persisted", "batches", "deadLettered"))
    meter = board.meter(0)                    # the cells of one process, in shared memory
    meter.start()                             # in that process: says its pid, zeroes its gauges
    with start_server(settings.instruments_port, Source(board)):   # a daemon thread
        ...
        meter.add("persisted", 500)           # an extra; safe from any thread
        async with watch_loop(meter):         # event-loop lag and thread tokens, every 20 ms
            ...

`Source` answers `GET /snapshot` (JSON for the trial's account) and `GET /metrics` (Prometheus).
Any ASGI app of anybody's calls `app = instrument(app)`, see `attach.py`; ours adds
`RequestCounter(app, meter=meter)` as its outermost middleware.
Counters belong to the board, not to the process: a worker that dies and is forked again goes on
counting in the same cells.
"""

from loadlab_services.instruments.attach import instrument
from loadlab_services.instruments.cells import Board, Meter, Reading
from loadlab_services.instruments.lag import watch_loop
from loadlab_services.instruments.middleware import RequestCounter
from loadlab_services.instruments.server import InstrumentsServer, start_server
from loadlab_services.instruments.snapshot import Source

__all__ = [
    "Board",
    "InstrumentsServer",
    "Meter",
    "Reading",
    "RequestCounter",
    "Source",
    "instrument",
    "start_server",
    "watch_loop",
]
