"""What one worker process does with a task: write, and tell Celery what becomes of the message.

- Written: the task returns and Celery acknowledges.
- Postgres or Redis is away: the message goes back to its place in the queue, after a pause, and is
  delivered again for as long as it takes. Celery's own `retry` would publish a copy and acknowledge
  the original: a copy that finds the queue full is refused, and the task is lost.
- Postgres refuses the content: tried again twice, then rejected, which RabbitMQ answers by moving
  the message to the dead-letter queue.

What a task raises travels to Celery's main process as a pickle, and one that cannot be read there
ends the worker: so Reject holds the reason as a text.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

import psycopg
from celery.exceptions import Reject

from loadlab_services.database import session_options
from loadlab_services.delivery.backoff import Backoff
from loadlab_services.delivery.counts import BATCHES, DEAD_LETTERED, PERSISTED, Counter
from loadlab_services.delivery.errors import EntryRefusedError, QueueError, StoreUnavailableError
from loadlab_services.delivery.refusal import (
    CONNECT_TIMEOUT,
    CONTENT_ERRORS,
    MAX_TRIES,
    RETRY_AFTER,
)

STATEMENT_TIMEOUT: Final = "-c statement_timeout=15s"

# Writes one task's row in one transaction and answers how many are new: none, where it was there.
Write = Callable[[], int]

log = logging.getLogger(__name__)


class Landing:
    """Judges the writes of one process. Made before Celery forks; each process calls `begin`."""

    def __init__(self) -> None:
        self._counter: Counter | None = None
        self._backoff = Backoff()

    def begin(self, counter: Counter) -> None:
        """Say where this process counts what it does."""
        self._counter = counter

    def land(self, write: Write) -> None:
        """Write until it is committed; Reject tells Celery where that could not be."""
        try:
            rows = _write_at_last(write)
        except StoreUnavailableError as error:
            log.warning("a task waits: %s", error)
            time.sleep(self._backoff.delay)
            self._backoff = self._backoff.after_failure()
            raise Reject(str(error), requeue=True) from error
        except EntryRefusedError as error:
            log.warning("a task is a dead letter: %s", error)
            self._count(DEAD_LETTERED, 1)
            raise Reject(str(error), requeue=False) from error
        self._backoff = Backoff()
        self._count(PERSISTED, rows)
        self._count(BATCHES, 1)

    def _count(self, name: str, amount: int) -> None:
        if self._counter is not None:
            self._counter.add(name, amount)


def connect(database_url: str, *, autocommit: bool = False) -> psycopg.Connection:
    """Connect a worker process, with limits to how long anything may take."""
    return psycopg.connect(
        database_url,
        autocommit=autocommit,
        connect_timeout=round(CONNECT_TIMEOUT),
        options=session_options(database_url, STATEMENT_TIMEOUT),
    )


def _write_at_last(write: Write) -> int:
    """Write; what is refused is tried again, but only so often."""
    for tries in range(1, MAX_TRIES):
        try:
            return _write(write)
        except EntryRefusedError as error:
            log.info("try %d was refused: %s", tries, error)
            time.sleep(tries * RETRY_AFTER)
    return _write(write)


def _write(write: Write) -> int:
    try:
        return write()
    except psycopg.Error as error:
        raise _explained(error) from error


def _explained(error: psycopg.Error) -> QueueError:
    """Tell an error that speaks about the content from one that speaks about the server."""
    # psycopg refuses some values itself, such as a text with a NUL: without an SQLSTATE.
    content = isinstance(error, psycopg.DataError | psycopg.IntegrityError)
    if content or str(error.sqlstate).startswith(CONTENT_ERRORS):
        return EntryRefusedError(str(error))
    return StoreUnavailableError("Postgres", error)
