"""What uvicorn is told, whoever runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypedDict

from starlette.types import ASGIApp

from loadlab_services.instruments.cells import Meter
from loadlab_services.settings import ServiceSettings

GRACE_SECONDS: Final = 10
# uvicorn imports these by name when a worker starts; the launcher does it once, before the fork.
PRELOADED: Final = ("uvloop", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on")


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served, and how: both servers take it.

    `build_app` makes the app of one process, which counts into a meter; it is told how to see
    whether all processes have started.
    """

    settings: ServiceSettings
    build_app: Callable[[Meter, Callable[[], bool]], ASGIApp]
    access_log: bool


class UvicornOptions(TypedDict):
    """The arguments of `uvicorn.Config` that both servers pass."""

    loop: Literal["uvloop"]
    http: Literal["httptools"]
    ws: Literal["none"]
    lifespan: Literal["on"]
    access_log: bool
    timeout_graceful_shutdown: int


def uvicorn_options(serving: Serving) -> UvicornOptions:
    """Lay out how every worker serves."""
    return {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": serving.access_log,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
