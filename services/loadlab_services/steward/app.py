"""The HTTP side of the steward.

What can be asked is bounded: by the token, by the names that runs of the experiment have, and by
the variants that it was started with. No caller names an address.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.caller import HEALTH, TokenRequired
from loadlab_services.steward.errors import StewardError, UnknownRunError, UnknownVariantError
from loadlab_services.steward.models import Arrival, Finish, Run
from loadlab_services.steward.ownership import hold_schema
from loadlab_services.steward.steward import Steward
from loadlab_services.steward.stores import open_stores
from loadlab_services.workloads import find_workload

VariantName = Annotated[str, Query(max_length=60)]
# What the operator adds to the experiment's name: a trial's position and the attempt.
RUN_SUFFIX = re.compile(r"-[pt]?[0-9]{3,4}-a[1-9]")


def create_app(settings: StewardSettings) -> FastAPI:
    """Build the app; it starts before its stores do and says so on /healthz."""

    workload = find_workload(settings.workload)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            hold_schema(settings.database_url, settings.database_owner),
            open_stores(settings) as stores,
        ):
            app.state.settings = settings
            app.state.steward = Steward(
                workload,
                stores,
                quiet_seconds=settings.quiet_seconds,
                foreign_cpus=settings.foreign_cpus,
            )
            yield
            await app.state.steward.close()

    app = FastAPI(
        title="LoadLab steward", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_middleware(TokenRequired, token=settings.steward_token)
    app.add_exception_handler(StewardError, _explain)
    app.add_api_route(HEALTH, healthz, methods=["GET"])
    app.add_api_route("/runs/{run}/arrive", arrive, methods=["POST"])
    app.add_api_route("/runs/{run}/snapshot", snapshot, methods=["GET"])
    app.add_api_route("/runs/{run}/finish", finish, methods=["POST"])
    return app


def known_run(request: Request, run: Run) -> str:
    """Return the name of a run, which must be one that the operator gives in this experiment."""
    prefix = request.app.state.settings.run_prefix
    if not run.startswith(prefix) or not RUN_SUFFIX.fullmatch(run.removeprefix(prefix)):
        raise UnknownRunError(run=run)
    return run


KnownRun = Annotated[str, Depends(known_run)]


async def healthz(request: Request) -> dict[str, str]:
    """Answer 200 once the stores answer."""
    await request.app.state.steward.check_stores()
    return {"status": "ok"}


async def arrive(request: Request, run: KnownRun, arrival: Arrival) -> dict[str, Any]:
    """Hold the pod until all pods of the run are here and the stores are prepared."""
    return await _steward(request).arrive(run, arrival)


async def snapshot(request: Request, run: KnownRun, variant: VariantName) -> dict[str, Any]:
    """Gather the figures of all components; the variant says where its instruments are."""
    settings: StewardSettings = request.app.state.settings
    known = settings.snapshot_targets
    if variant not in known:
        raise UnknownVariantError(variant=variant)
    targets = {name: url.replace("{run}", run) for name, url in known[variant].items()}
    pods = settings.snapshot_pods.get(variant, 1)
    return await _steward(request).snapshot(run, targets, pods)


async def finish(request: Request, run: KnownRun, finish: Finish) -> dict[str, Any]:
    """Hold the pod until all pods are done and the run is accounted for."""
    return await _steward(request).finish(run, finish)


def _steward(request: Request) -> Steward:
    steward: Steward = request.app.state.steward
    return steward


async def _explain(_request: Request, error: Exception) -> JSONResponse:
    status = getattr(error, "status", 500)
    headers = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"detail": str(error)}, status, headers)
