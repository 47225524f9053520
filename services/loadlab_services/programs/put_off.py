"""What a worker was started for: the work that its variant puts off."""

from typing import TypeVar

from loadlab_services.settings import WorkerSettings, refuse
from loadlab_services.workload import BrokerTask, StreamWork
from loadlab_services.workloads import UnknownWorkloadError, find_variant

Work = TypeVar("Work", StreamWork, BrokerTask)


def find_work(settings: WorkerSettings, kind: type[Work], *, to: str) -> Work:
    """Return the work of a kind, with the settings that it needs; end the process without it."""
    try:
        variant = find_variant(settings.workload, settings.variant)
    except UnknownWorkloadError as error:
        refuse(str(error))
    if not isinstance(variant.put_off, kind):
        refuse(f"VARIANT: {settings.variant!r} puts no work off to {to}, and has no worker")
    settings.require(variant.needs)
    return variant.put_off
