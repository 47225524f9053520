"""The alarms by which RabbitMQ holds back everybody who publishes, as its plugin tells them."""

from collections.abc import Iterable, Mapping
from typing import Final

PATH: Final = "/metrics"
ALARMS: Final[Mapping[str, str]] = {
    "rabbitmq_alarms_memory_used_watermark": (
        "held back who publishes, as its memory alarm is on: give it more memory, or raise "
        "vm_memory_high_watermark"
    ),
    "rabbitmq_alarms_free_disk_space_watermark": (
        "held back who publishes, as its disk alarm is on: make room on its disk, or lower "
        "disk_free_limit"
    ),
}


def alarms_on(lines: Iterable[str]) -> set[str]:
    """Return the names of the alarms that are on, by the lines of a page of metrics."""
    on = set[str]()
    for line in lines:
        name, _, value = line.rpartition(" ")
        if name in ALARMS and value not in {"0", "0.0"}:
            on.add(name)
    return on
