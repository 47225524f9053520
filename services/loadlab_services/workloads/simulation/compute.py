"""The task of `simulation`: compute one number, then one INSERT and one commit.

The task's id is the key of its row. One that is delivered twice, because its process was killed or
its acknowledgement was lost, is computed twice and writes no other row.
"""

from typing import Final

import psycopg
from celery import Celery, Task

from loadlab_services.broker.landing import Landing, connect
from loadlab_services.settings import CeleryWorkerSettings
from loadlab_services.workloads.simulation import COMPUTE
from loadlab_services.workloads.simulation.fibonacci import fibonacci

INSERT: Final = """
insert into simulation_results (key, request_id, n, fib) values (%s, %s, %s, %s)
on conflict (key) do nothing
"""


class Results:
    """The table, on one connection: opened when first needed, and again when it was lost."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._connection: psycopg.Connection | None = None

    def insert(self, key: str, request_id: int, n: int, fib: int) -> int:
        """Insert one result and commit; answers how many rows are new."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._database_url, autocommit=True)
        return self._connection.execute(INSERT, (key, request_id, n, fib)).rowcount


def register(app: Celery, landing: Landing, settings: CeleryWorkerSettings) -> None:
    """Teach the app the task."""
    results = Results(settings.database_url)

    @app.task(name=COMPUTE, bind=True)
    def compute(task: "Task[..., None]", request_id: int, n: int) -> None:
        key, found = str(task.request.id), fibonacci(n)
        landing.land(lambda: results.insert(key, request_id, n, found))
