"""`python -m loadlab_services.dataset`: the Job that fills Postgres before the first trial."""

import os
import sys
from typing import Final

import psycopg

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.claim import check_connections, claim_schema
from loadlab_services.dataset.claim_rabbitmq import claim_rabbitmq
from loadlab_services.dataset.claim_redis import claim_redis
from loadlab_services.dataset.load import connect, ensure_loaded
from loadlab_services.dataset.progress import step
from loadlab_services.dataset.silence import unless_deaf
from loadlab_services.settings import DatasetSettings, refuse
from loadlab_services.workload import GeneratedRows, Schema, Workload
from loadlab_services.workloads import UnknownWorkloadError, find_workload

_PATIENCE_SECONDS: Final = 120.0  # for a Postgres of our own that restarts in the middle
_PATIENCE_WITH_EXISTING: Final = 20.0  # twice, as the Job is tried again: within any deadline


def main() -> int:
    """Load what the workload reads; 0 when it is there."""
    settings = DatasetSettings.read()
    try:
        workload = find_workload(settings.workload)
    except UnknownWorkloadError as error:
        refuse(str(error))
    if not settings.database_url:
        _say(f"workload {workload.name} has no DATABASE_URL: nothing to load")
        return 0
    try:
        _claim_others(workload, settings)
        _load(workload, settings)
    except (psycopg.Error, DatasetError) as error:
        _say(f"failed: {' '.join(str(error).split())}")
        return 1
    return 0


def _claim_others(workload: Workload, settings: DatasetSettings) -> None:
    """Look into the stores beside Postgres that are the user's own, before anything is loaded."""
    if settings.redis_url and settings.redis_space:
        queues = workload.uses_stream
        claim_redis(settings.redis_url, settings.redis_space, keeps_work=queues)
        _say(f"Redis lets us use {settings.redis_space}:*")
    if settings.amqp_url and settings.amqp_space:
        claim_rabbitmq(settings.amqp_url, settings.amqp_space, settings.amqp_metrics_port)
        _say(f"RabbitMQ lets us use {settings.amqp_space}:*")


def _load(workload: Workload, settings: DatasetSettings) -> None:
    url, schema = settings.database_url, settings.database_schema
    overwrite = settings.overwrite or not schema  # nobody else's is in a Postgres of our own
    patience = _PATIENCE_WITH_EXISTING if schema else _PATIENCE_SECONDS
    with (
        connect(url, patience_seconds=patience, say=_say) as connection,
        unless_deaf(connection, _give_up),
    ):
        if schema:
            claim_schema(connection, schema, settings.database_owner, say=_say)
            check_connections(connection, settings.connections)
        match workload.data:
            case GeneratedRows(at):
                data = at.load()(settings.scale, settings.seed)
                ensure_loaded(connection, data, overwrite=overwrite, say=_say)
            case Schema(create):
                with step(f"create the tables of {workload.name}", _say):
                    create.load()(url)
            case None:
                _say(f"workload {workload.name} reads no data: nothing to load")
        if workload.results is not None:
            with step(f"create the tables of {workload.name}'s results", _say):
                workload.results.create.load()(url)


def _give_up(why: str) -> None:
    """End at once, whatever waits for an answer, and say why as any other failure does."""
    _say(f"failed: {why}")
    os._exit(1)


def _say(line: str) -> None:
    print(f"dataset: {line}", flush=True)  # noqa: T201 (a Job's log is its output)


if __name__ == "__main__":
    sys.exit(main())
