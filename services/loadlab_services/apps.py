"""The app factory: one FastAPI app from the settings, whatever the variant.

A variant is a short module under `workloads/` that its workload names. It offers two things:

    router = APIRouter()                       # the workload's routes, this variant's handlers

    @asynccontextmanager                       # what the handlers need, opened before serving
    async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
        app.state.pool = ...                   # handlers read request.app.state
        yield
        ...                                    # close; every request has been answered by now

Around it the factory puts what is the same for all: `app.state.settings`, `app.state.meter` (this
process's instruments, e.g. `meter.pool_waited(seconds)`), GET /healthz, the request counter, the
event-loop watch and the AnyIO thread limit. What the variants of a workload share (schemas, SQL,
payload) is in a module beside them.
"""

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, cast

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from loadlab_services.instruments.cells import Board, Meter
from loadlab_services.instruments.lag import watch_loop
from loadlab_services.instruments.middleware import HEALTH_PATH, RequestCounter
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads import find_variant


class VariantModule(Protocol):
    """What a variant's module offers."""

    router: APIRouter

    def resources(
        self, app: FastAPI, settings: ServiceSettings
    ) -> AbstractAsyncContextManager[None]:
        """Open what the handlers need, and close it."""


def load_variant(settings: ServiceSettings) -> VariantModule:
    """Import the module of the variant that the settings name."""
    variant = find_variant(settings.workload, settings.variant)
    return cast("VariantModule", importlib.import_module(variant.module))


def create_app(
    settings: ServiceSettings,
    meter: Meter | None = None,
    *,
    all_started: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """Build the app; without a meter it counts into one of its own.

    `all_started` tells whether the other workers serve too: load that came before them would stay
    on the connections, and so in the workers, that it found.
    """
    variant = load_variant(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = settings.thread_tokens
        async with variant.resources(app, settings), watch_loop(app.state.meter):
            app.state.meter.start()
            app.state.ready = True
            yield
            app.state.ready = False

    app = FastAPI(title=f"LoadLab {settings.workload}/{settings.variant}", lifespan=lifespan)
    app.state.settings = settings
    traced = settings.trace_seconds > 0
    app.state.meter = meter or Board.of(1, traced=traced).meter(0)
    app.state.ready = False
    app.state.all_started = all_started
    app.add_middleware(RequestCounter, meter=app.state.meter)
    if traced:
        _trace(app, settings)
    app.add_api_route(HEALTH_PATH, healthz, methods=["GET"])
    app.include_router(variant.router)
    return app


def _trace(app: FastAPI, settings: ServiceSettings) -> None:
    """Trace the app: what does so is imported here alone, and wraps what is imported already."""
    from loadlab_services.instruments.traced_app import trace  # noqa: PLC0415 (where it is asked)

    trace(
        app,
        app.state.meter.trace,
        seconds=settings.trace_seconds,
        after_ms=settings.trace_after_ms,
        processes=settings.workers,
        health_path=HEALTH_PATH,
    )


async def healthz(request: Request) -> JSONResponse:
    """Answer 200 once the variant's resources are open in every worker."""
    if request.app.state.ready and request.app.state.all_started():
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "starting"}, status_code=503)
