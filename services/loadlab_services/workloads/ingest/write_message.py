"""The task of the ingest workload: one message, one INSERT, one commit.

The task's id is the key of its row. One that is delivered twice, because its process was killed or
its acknowledgement was lost, finds its row and writes no other.
"""

from typing import Final

import psycopg
from celery import Celery, Task

from loadlab_services.broker.landing import Landing, connect
from loadlab_services.settings import CeleryWorkerSettings
from loadlab_services.workloads.ingest import WRITE_MESSAGE

INSERT: Final = """
insert into messages (entry_id, payload) values (%s, %s::jsonb) on conflict (entry_id) do nothing
"""


class Messages:
    """The table, on one connection: opened when first needed, and again when it was lost."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._connection: psycopg.Connection | None = None

    def insert(self, key: str, payload: str) -> int:
        """Insert one message and commit; answers how many rows are new."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._database_url, autocommit=True)
        return self._connection.execute(INSERT, (key, payload)).rowcount


def register(app: Celery, landing: Landing, settings: CeleryWorkerSettings) -> None:
    """Teach the app the task."""
    messages = Messages(settings.database_url)

    @app.task(name=WRITE_MESSAGE, bind=True)
    def write_message(task: "Task[..., None]", payload: str) -> None:
        key = str(task.request.id)
        landing.land(lambda: messages.insert(key, payload))
