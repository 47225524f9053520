"""The names of a run's queues, and how its queue is declared. Imports nothing.

Whoever declares a queue must say the same about it as the one before: RabbitMQ closes the channel
of one that does not.
"""

from typing import Any


def queue_name(prefix: str, run: str) -> str:
    """Name the queue that a run's accepted tasks wait in; two runs never share one."""
    return f"{prefix}{run}"


def dead_letter_name(queue: str) -> str:
    """Name the queue that a queue's refused tasks end in."""
    return f"{queue}:dead"


def queue_arguments(queue: str, limit: int) -> dict[str, Any]:
    """Say what RabbitMQ does at `limit` waiting messages, and with one that a worker rejects.

    Publishing is refused there, and the publisher hears of it; the default drops the oldest
    message, which was accepted. Messages in the hands of workers are not counted.
    """
    return {
        "x-max-length": limit,
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_letter_name(queue),
    }
