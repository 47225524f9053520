"""Celery's worker: `python -m loadlab_services.celery_worker` writes a run's tasks into Postgres.

CONSUMERS forked processes. SIGTERM stops the reading; tasks in hand are written and acknowledged,
those that wait in the worker go back to the queue, then it ends with 0. Killed, it leaves its tasks
to RabbitMQ, which delivers them again as soon as the connection is gone; one that was written
already then finds its row.

A process that is killed is replaced by forking while the thread of the instruments lives. That
thread takes no lock that a forked process needs: it reads shared memory and writes to sockets.
"""

import importlib
import logging
import sys
import warnings
from typing import Any, Final

import billiard.pool
from billiard.process import current_process
from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init

from loadlab_services.celery_queue.app import build_app
from loadlab_services.celery_queue.landing import Landing
from loadlab_services.celery_queue.names import TASKS
from loadlab_services.instruments import Board, Source, start_server
from loadlab_services.queue.consumer import COUNTS
from loadlab_services.settings import Settings, read_settings

# Tenths of a second that a process waits at its end until all its results have been read; 30 s by
# default. Celery stops reading as soon as it has forgotten the last task, and at SIGTERM it forgets
# one that a process has only just begun: that process would wait in vain, and outlive the pod.
FAREWELL: Final = 10

log = logging.getLogger("loadlab.celery_worker")


def main() -> int:
    """Run Celery's worker until it is told to stop; the exit code tells how it ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = read_settings()
    if complaint := _complaint(settings):
        sys.exit(complaint)
    # The last row is this process's own: it talks to RabbitMQ for the others, and uses CPU for it.
    board = Board(processes=settings.consumers + 1, extras=COUNTS)
    board.meter(settings.consumers).start()
    app = build_app(settings)
    landing = Landing()
    tasks = importlib.import_module(f"loadlab_services.celery_queue.{TASKS[settings.workload]}")
    tasks.register(app, landing, settings)

    def begin(**_: Any) -> None:
        place = current_process().index  # type: ignore[attr-defined]  # of a pool's processes
        meter = board.meter(place)
        meter.start()
        landing.begin(meter)

    worker_process_init.connect(begin, weak=False)
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = FAREWELL
    with start_server(settings.instruments_port, Source(board)):
        return _work(app, settings)


def _work(app: Celery, settings: Settings) -> int:
    # A user whose group has no name is taken for root, whom Celery warns of pickled tasks.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    log.info("run %s: %d processes start", settings.run_id, settings.consumers)
    worker = app.Worker(
        pool="prefork",
        concurrency=settings.consumers,
        loglevel="WARNING",
        quiet=True,
        # They are for workers that look after each other, and for those who look at workers.
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    log.info("run %s: stopped, with nothing in hand", settings.run_id)
    return worker.exitcode or 0


def _complaint(settings: Settings) -> str:
    needed = {
        "RUN_ID": settings.run_id,
        "DATABASE_URL": settings.database_url,
        "AMQP_URL": settings.amqp_url,
    }
    if missing := [name for name, value in needed.items() if not value]:
        return f"the worker needs {', '.join(missing)}; set them in its environment"
    if settings.workload not in TASKS:
        known = ", ".join(TASKS)
        return f"no task for workload {settings.workload!r}; set WORKLOAD to one of {known}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
