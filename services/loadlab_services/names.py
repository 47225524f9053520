"""What the names of an experiment's keys and queues begin with, in stores of any owner.

In a Redis or RabbitMQ that others use too, `space` is the experiment's own: no other user and no
other experiment has it, and nothing outside of it is ever written, read or deleted. Imports
nothing.
"""

OWN_SPACE = "loadlab"  # of Redis' keys, in one that is the experiment's own


def key_prefix(workload: str, space: str = "") -> str:
    """Give what all keys of a workload in Redis begin with."""
    return f"{space or OWN_SPACE}:{workload}:"


def queue_prefix(workload: str, space: str = "") -> str:
    """Give what the names of a workload's queues in RabbitMQ begin with."""
    return f"{space}:{workload}:" if space else f"{workload}:"
