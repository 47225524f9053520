"""`python -m loadlab_services.steward`: serve the steward until SIGTERM."""

import uvicorn

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
    uvicorn.run(
        app,
        log_config=None,  # what uvicorn says goes to the root logger too
        host="0.0.0.0",  # noqa: S104 (a container serves its pod's address)
        port=settings.port,
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
