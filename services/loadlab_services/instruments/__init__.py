"""What a service under test tells about itself, at a cost too small to change the result.

Any ASGI app, FastAPI's and Starlette's among them, in two lines:

    from loadlab_services.instruments import instrument
    app = instrument(app)

All processes of the service count on one board (`shared.py`), whichever server started them, and
the first of them answers INSTRUMENTS_PORT; when it ends, another one takes over. Nobody answers
for a second or so then. Without INSTRUMENTS_PORT in the environment, which LoadLab sets where the
variant has an `instrumentsPort`, the app stays as it is, and nothing else is imported: what lies in
memory costs, too, as Python's garbage collector looks through all of it.

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
Our own app adds `RequestCounter(app, meter=meter)` as its outermost middleware.
Counters belong to the board, not to the process: a worker that dies and is forked again goes on
counting in the same cells.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["instrument"]

App = TypeVar("App", bound=Callable[..., Any])


def instrument(app: App) -> App:
    """Count the app's requests, watch its event loop, answer on INSTRUMENTS_PORT.

    An app of Starlette's kind is given a middleware and returned; of any other a wrapper is, which
    is to be served in its place.
    """
    port = os.environ.get("INSTRUMENTS_PORT")
    if not port:
        return app
    from loadlab_services.instruments.attach import attach  # noqa: PLC0415 - see above

    return attach(app, int(port))
