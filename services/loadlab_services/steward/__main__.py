"""`python -m loadlab_services.steward`: serve the steward until SIGTERM."""

import uvicorn

from loadlab_services.instruments.listening import bind
from loadlab_services.logs import log_as_json
from loadlab_services.settings import StewardSettings, refuse
from loadlab_services.steward.app import create_app
from loadlab_services.workloads import UnknownWorkloadError


def main() -> None:
    """Serve; the settings are those of the experiment's workload."""
    settings = StewardSettings.read()
    try:
        app = create_app(settings)
    except UnknownWorkloadError as error:
        refuse(str(error))
    log_as_json()
    config = uvicorn.Config(
        app,
        log_config=None,  # what uvicorn says goes to the root logger too
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[bind(settings.port)])


if __name__ == "__main__":
    main()
