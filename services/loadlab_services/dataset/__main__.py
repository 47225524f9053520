"""`python -m loadlab_services.dataset`: the Job that fills Postgres before the first trial."""

import sys
from typing import Final

import psycopg

from loadlab_services.dataset.load import DatasetError, connect, create_messages, load_dataset
from loadlab_services.settings import Settings, read_settings

_PATIENCE_SECONDS: Final = 120.0


def main() -> int:
    """Load what the workload reads; 0 when it is there."""
    settings = read_settings()
    if not settings.database_url:
        _say(f"workload {settings.workload} has no DATABASE_URL: nothing to load")
        return 0
    try:
        _load(settings)
    except (psycopg.Error, DatasetError) as error:
        _say(f"failed: {error}")
        return 1
    return 0


def _load(settings: Settings) -> None:
    url = settings.database_url
    with connect(url, patience_seconds=_PATIENCE_SECONDS, say=_say) as connection:
        match settings.workload:
            case "select":
                load_dataset(connection, scale=settings.scale, seed=settings.seed, say=_say)
            case "ingest":
                create_messages(connection, _say)
            case "sleep":
                _say("workload sleep reads no data: nothing to load")


def _say(line: str) -> None:
    print(f"dataset: {line}", flush=True)  # noqa: T201 (a Job's log is its output)


if __name__ == "__main__":
    sys.exit(main())
