"""The Celery app of a run: one durable queue, nothing acknowledged before it is committed."""

from typing import Any, Final

from celery import Celery, bootsteps
from kombu import Exchange, Queue

from loadlab_services.broker.names import queue_arguments, queue_name
from loadlab_services.settings import CeleryWorkerSettings

# Tasks that a worker holds for each of its processes. One INSERT takes about as long as the way to
# RabbitMQ and back, so with 1 a process is idle half of its time; above Celery's own 4 nothing was
# gained. What a worker holds does not count towards the queue's limit, and comes again when the
# worker is killed, so no more than helps.
PREFETCH: Final = 4
# How long a result may take to surface after its process has died; then the task is delivered
# again. Celery's own 10 s are for results that matter; here the row's key decides.
LOST_AFTER_SECONDS: Final = 1.0
LOOK_UP_SECONDS: Final = 0.2


class Alert(bootsteps.StartStopStep):
    """Wakes an idle worker now and then, to let it see that it has been told to stop.

    Celery notes the signal and looks at the note when its poll returns, and Python goes on with a
    poll that a signal has interrupted. Most workers are woken by the gossip, which is off here.
    """

    def start(self, parent: Any) -> None:
        """Start with the consumer, and again when it has a new connection."""
        parent.timer.call_repeatedly(LOOK_UP_SECONDS, _look_up)


def build_app(settings: CeleryWorkerSettings) -> Celery:
    """Configure Celery for a run; tasks are registered by `tasks`."""
    name = queue_name(settings.queue_prefix, settings.run_id)
    arguments = queue_arguments(name, settings.backlog_limit)
    # One that is always there: Celery would make an exchange for each run, which nobody deletes.
    exchange = Exchange("amq.direct", type="direct")
    app = Celery("loadlab", broker=settings.amqp_url)
    app.conf.update(
        task_queues=[Queue(name, exchange, routing_key=name, queue_arguments=arguments)],
        task_default_queue=name,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,  # and no backend: the row is the result
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        # A failure that nobody foresaw is a dead letter; acknowledged, it would be a loss.
        task_acks_on_failure_or_timeout=False,
        worker_prefetch_multiplier=PREFETCH,
        worker_lost_wait=LOST_AFTER_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A lost connection takes the acknowledgement with it: the task comes again and finds its
        # row, which costs less than killing the process that is writing it.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    app.steps["consumer"].add(Alert)
    return app


def _look_up() -> None:
    """Being called is enough."""
