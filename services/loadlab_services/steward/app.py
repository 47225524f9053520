"""The HTTP side of the steward."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.errors import StewardError
from loadlab_services.steward.models import Arrival, Finish, Run
from loadlab_services.steward.snapshot import take_snapshot
from loadlab_services.steward.steward import Steward
from loadlab_services.steward.stores import open_stores
from loadlab_services.workloads import find_workload

InstrumentsUrl = Annotated[str | None, Query(pattern="^http://", max_length=500)]


def create_app(settings: StewardSettings) -> FastAPI:
    """Build the app; it starts before its stores do and says so on /healthz."""

    workload = find_workload(settings.workload)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_stores(settings) as stores:
            app.state.stores = stores
            app.state.steward = Steward(workload, stores)
            yield
            await app.state.steward.close()

    app = FastAPI(title="LoadLab steward", lifespan=lifespan)
    app.add_exception_handler(StewardError, _explain)
    app.add_api_route("/healthz", healthz, methods=["GET"])
    app.add_api_route("/runs/{run}/arrive", arrive, methods=["POST"])
    app.add_api_route("/runs/{run}/snapshot", snapshot, methods=["GET"])
    app.add_api_route("/runs/{run}/finish", finish, methods=["POST"])
    return app


async def healthz(request: Request) -> dict[str, str]:
    """Answer 200 once the stores answer."""
    await request.app.state.steward.check_stores()
    return {"status": "ok"}


async def arrive(request: Request, run: Run, arrival: Arrival) -> dict[str, Any]:
    """Hold the pod until all pods of the run are here and the stores are prepared."""
    return await _steward(request).arrive(run, arrival)


async def snapshot(
    request: Request, run: Run, service: InstrumentsUrl = None, worker: InstrumentsUrl = None
) -> dict[str, Any]:
    """Gather the figures of all components."""
    targets = {"service": service, "worker": worker}
    named = {name: url for name, url in targets.items() if url}
    return await take_snapshot(request.app.state.stores, run=run, targets=named)


async def finish(request: Request, run: Run, finish: Finish) -> dict[str, Any]:
    """Hold the pod until all pods are done and the run is accounted for."""
    return await _steward(request).finish(run, finish)


def _steward(request: Request) -> Steward:
    steward: Steward = request.app.state.steward
    return steward


async def _explain(_request: Request, error: Exception) -> JSONResponse:
    status = getattr(error, "status", 500)
    headers = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"detail": str(error)}, status, headers)
