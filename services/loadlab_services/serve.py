"""`python -m loadlab_services.serve`: the launcher of a service under test.

It imports everything once, so that no worker has to, and hands over to the server of SERVER.
"""

import importlib
import sys

from pydantic import ValidationError

from loadlab_services.apps import load_variant
from loadlab_services.catalogue import UnknownVariantError
from loadlab_services.servers.options import PRELOADED
from loadlab_services.settings import read_settings


def main() -> int:
    """Serve until SIGTERM; the exit code tells how it ended."""
    try:
        settings = read_settings()
        load_variant(settings)
    except (ValidationError, UnknownVariantError) as error:
        print(f"loadlab: {error}", file=sys.stderr)  # noqa: T201 (before any logging is set up)
        return 2
    for module in PRELOADED:
        importlib.import_module(module)
    # By name: the server that is not asked for costs no memory.
    server = importlib.import_module(f"loadlab_services.servers.{settings.server}_server")
    return int(server.serve(settings))


if __name__ == "__main__":
    sys.exit(main())
