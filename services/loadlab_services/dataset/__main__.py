"""`python -m loadlab_services.dataset`: the Job that fills Postgres before the first trial."""

import sys
from typing import Final

import psycopg

from loadlab_services.dataset.claim import check_connections, claim_schema
from loadlab_services.dataset.load import DatasetError, connect, create_messages, ensure_loaded
from loadlab_services.dataset.orders import orders_at
from loadlab_services.settings import Settings, read_settings
from loadlab_services.workloads.wells.dataset import wells_at

_PATIENCE_SECONDS: Final = 120.0  # for a Postgres of our own that restarts in the middle
_PATIENCE_WITH_EXISTING: Final = 20.0  # twice, as the Job is tried again: within any deadline


def main() -> int:
    """Load what the workload reads; 0 when it is there."""
    settings = read_settings()
    if not settings.database_url:
        _say(f"workload {settings.workload} has no DATABASE_URL: nothing to load")
        return 0
    try:
        _load(settings)
    except (psycopg.Error, DatasetError) as error:
        _say(f"failed: {' '.join(str(error).split())}")
        return 1
    return 0


def _load(settings: Settings) -> None:
    url, schema = settings.database_url, settings.database_schema
    overwrite = settings.overwrite or not schema  # nobody else's is in a Postgres of our own
    patience = _PATIENCE_WITH_EXISTING if schema else _PATIENCE_SECONDS
    with connect(url, patience_seconds=patience, say=_say) as connection:
        if schema:
            claim_schema(connection, schema)
            check_connections(connection, settings.connections)
        match settings.workload:
            case "select" | "simulation":
                data = orders_at(settings.scale, settings.seed)
                ensure_loaded(connection, data, overwrite=overwrite, say=_say)
            case "wells":
                data = wells_at(settings.scale, settings.seed)
                ensure_loaded(connection, data, overwrite=overwrite, say=_say)
            case "ingest":
                create_messages(connection, _say)
            case "items":
                _migrate_items(url)
            case "sleep":
                _say("workload sleep reads no data: nothing to load")


def _migrate_items(url: str) -> None:
    from loadlab_services.workloads.items.migrate import migrate  # noqa: PLC0415 (half a second)

    migrate(url)
    _say("the schema of items is at its newest revision")


def _say(line: str) -> None:
    print(f"dataset: {line}", flush=True)  # noqa: T201 (a Job's log is its output)


if __name__ == "__main__":
    sys.exit(main())
