"""`python -m loadlab_services.programs.serve`: the launcher of a service under test.

It imports everything once, so that no worker has to, and hands over to the server of SERVER.
"""

import importlib
import sys
from collections.abc import Callable

from starlette.types import ASGIApp

from loadlab_services.apps import create_app, load_variant
from loadlab_services.instruments.cells import Meter
from loadlab_services.logs import log_own_as_json
from loadlab_services.servers.options import PRELOADED, Serving
from loadlab_services.settings import ServiceSettings, refuse
from loadlab_services.workloads import UnknownWorkloadError, find_variant


def main() -> int:
    """Serve until SIGTERM; the exit code tells how it ended."""
    settings = ServiceSettings.read()
    log_own_as_json()
    try:
        variant = find_variant(settings.workload, settings.variant)
    except UnknownWorkloadError as error:
        refuse(str(error))
    settings.require(variant.needs)
    load_variant(settings)
    for module in PRELOADED:
        importlib.import_module(module)

    def build_app(meter: Meter, all_started: Callable[[], bool]) -> ASGIApp:
        return create_app(settings, meter, all_started=all_started)

    # By name: the server that is not asked for costs no memory.
    server = importlib.import_module(f"loadlab_services.servers.{settings.server}_server")
    return int(server.serve(Serving(settings, build_app, variant.access_log)))


if __name__ == "__main__":
    sys.exit(main())
