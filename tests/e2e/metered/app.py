"""Answers after 5 ms and 10 ms of CPU, which it burns itself; METER says who tells of that CPU."""

import asyncio
import os
import time
from typing import Any

from fastapi import FastAPI, Response
from prometheus_client import REGISTRY, Counter, generate_latest

app = FastAPI(title="metered")
BURNT_SECONDS = 0.010
SERVED = Counter("http_requests_total", "Requests that were answered.", ["handler"])


class Counting:
    """Counts for a Prometheus, whoever meters: the three are to cost the same."""

    def __init__(self, served: Any) -> None:
        self._served = served

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request and count it."""
        await self._served(scope, receive, send)
        if scope["type"] == "http":
            SERVED.labels(scope["path"]).inc()


app.add_middleware(Counting)


@app.get("/work")
async def work() -> dict[str, str]:
    """Wait, then burn."""
    await asyncio.sleep(0.005)
    until = time.thread_time() + BURNT_SECONDS
    while time.thread_time() < until:
        pass
    return {"status": "done"}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Tell that the process serves."""
    return {"status": "ok"}


@app.get("/metrics")
async def metrics() -> Response:
    """Tell a Prometheus."""
    return Response(generate_latest(REGISTRY), media_type="text/plain")


if os.environ.get("METER") == "wheel":
    from loadlab_services.instruments import instrument

    app = instrument(app)
