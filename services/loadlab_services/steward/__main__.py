"""`python -m loadlab_services.steward`: serve the steward on port 8080 until SIGTERM."""

import uvicorn

from loadlab_services.settings import read_settings
from loadlab_services.steward.app import create_app

PORT = 8080


def main() -> None:
    """Serve; the settings are those of the experiment's workload."""
    uvicorn.run(
        create_app(read_settings()),
        host="0.0.0.0",  # noqa: S104 (a container serves its pod's address)
        port=PORT,
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
