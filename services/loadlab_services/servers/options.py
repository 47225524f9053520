"""What uvicorn is told, whoever runs it."""

from typing import Final, Literal, TypedDict

from loadlab_services.catalogue import find_entry
from loadlab_services.settings import Settings

HOST: Final = "0.0.0.0"  # noqa: S104 (a container serves its pod's address)
GRACE_SECONDS: Final = 10
# uvicorn imports these by name when a worker starts; the launcher does it once, before the fork.
PRELOADED: Final = ("uvloop", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on")


class UvicornOptions(TypedDict):
    """The arguments of `uvicorn.Config` that both servers pass."""

    loop: Literal["uvloop"]
    http: Literal["httptools"]
    ws: Literal["none"]
    lifespan: Literal["on"]
    access_log: bool
    timeout_graceful_shutdown: int


def uvicorn_options(settings: Settings) -> UvicornOptions:
    """Lay out how every worker serves."""
    return {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": find_entry(settings.workload, settings.variant).access_log,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
