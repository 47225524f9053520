"""Celery's worker: `python -m loadlab_services.programs.celery_worker` does a run's tasks.

CONSUMERS forked processes. SIGTERM stops the reading; tasks in hand are written and acknowledged,
those that wait in the worker go back to the queue, then it ends with 0. Killed, it leaves its tasks
to RabbitMQ, which delivers them again as soon as the connection is gone; one that was written
already then finds its row.

A process that is killed is replaced by forking while the thread of the instruments lives. That
thread takes no lock that a forked process needs: it reads shared memory and writes to sockets.
"""

import logging
import sys
import warnings
from typing import Any, Final

import billiard.pool
from billiard.process import current_process
from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init

from loadlab_services.broker.app import build_app
from loadlab_services.broker.landing import Landing
from loadlab_services.delivery.counts import COUNTS
from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.server import start_server
from loadlab_services.instruments.snapshot import Source
from loadlab_services.logs import log_as_json
from loadlab_services.programs.put_off import find_work
from loadlab_services.settings import CeleryWorkerSettings
from loadlab_services.workload import BrokerTask

# Tenths of a second that a process waits at its end until all its results have been read; 30 s by
# default. Celery stops reading as soon as it has forgotten the last task, and at SIGTERM it forgets
# one that a process has only just begun: that process would wait in vain, and outlive the pod.
FAREWELL: Final = 10

log = logging.getLogger("loadlab_services.programs.celery_worker")


def main() -> int:
    """Run Celery's worker until it is told to stop; the exit code tells how it ended."""
    log_as_json()
    settings = CeleryWorkerSettings.read()
    task = find_work(settings, BrokerTask, to="RabbitMQ")
    # The last row is this process's own: it talks to RabbitMQ for the others, and uses CPU for it.
    board = Board(processes=settings.consumers + 1, extras=COUNTS)
    board.meter(settings.consumers).start()
    app = build_app(settings)
    landing = Landing()
    task.register.load()(app, landing, settings)

    def begin(**_: Any) -> None:
        place = current_process().index  # type: ignore[attr-defined]  # of a pool's processes
        meter = board.meter(place)
        meter.start()
        landing.begin(meter)

    worker_process_init.connect(begin, weak=False)
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = FAREWELL
    with start_server(settings.instruments_port, Source(board)):
        return _work(app, settings)


def _work(app: Celery, settings: CeleryWorkerSettings) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
