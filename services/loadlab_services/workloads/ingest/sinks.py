"""How the worker of each rung with a stream writes: `messages`, by one of the `writers`."""

from loadlab_services.settings import StreamWorkerSettings
from loadlab_services.stream.table import Table
from loadlab_services.workloads.ingest.writers import copy_many, insert_many, insert_one


def insert_each(settings: StreamWorkerSettings) -> Table:
    """Describe the sink of `queued-insert`."""
    return Table(settings.database_url, writer=insert_one)


def insert_batches(settings: StreamWorkerSettings) -> Table:
    """Describe the sink of `queued-batch`."""
    return Table(settings.database_url, writer=insert_many)


def copy_batches(settings: StreamWorkerSettings) -> Table:
    """Describe the sink of `queued-copy` and of all rungs above it."""
    return Table(settings.database_url, writer=copy_many)
