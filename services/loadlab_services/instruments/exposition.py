"""GET /metrics: the board as Prometheus text, written by prometheus_client.

Only the text format is taken from that library, and only when somebody scrapes (importing it takes
60 ms, which no start-up waits for). Its multiprocess mode would keep the counters too, but as files
that outlive dead processes, with a JSON parse of every file per scrape.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from loadlab_services.instruments.cells import Reading
from loadlab_services.instruments.cgroup import ContainerUsage
from loadlab_services.instruments.histogram import BUCKETS, PER_DOUBLING, upper_bound
from loadlab_services.instruments.process import ProcessUsage

_PREFIX: Final = "loadlab"
_LABELS: Final = ("process",)


class _Families(Collector):
    """Hands prometheus_client the families of one scrape."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def render(
    readings: Sequence[Reading],
    usages: Mapping[int, ProcessUsage],
    container: ContainerUsage | None,
) -> str:
    """Render all families; the label `process` is the process's place, which a restart keeps."""
    families = [*_counted(readings), *_lag(readings), *_used(readings, usages)]
    if container:
        families.extend(_contained(container))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    return generate_latest(registry).decode()


def _counted(readings: Sequence[Reading]) -> Iterator[Metric]:
    yield _counter("requests", "Finished HTTP requests.", [r.requests for r in readings])
    yield _counter("requests_failed", "Requests answered 5xx or not.", [r.failed for r in readings])
    yield _gauge("requests_in_flight", "Unfinished requests.", [r.in_flight for r in readings])
    yield _gauge("thread_tokens_in_use", "Busy threads.", [r.thread_tokens for r in readings])
    yield _counter(
        "threads_exhausted_seconds",
        "Time in which every thread was busy.",
        [r.threads_exhausted for r in readings],
    )
    yield _counter(
        "pool_wait_seconds",
        "Time spent waiting for a connection.",
        [r.pool_wait_sum for r in readings],
    )
    yield _counter("pool_waits", "Connections acquired.", [r.pool_wait_count for r in readings])
    for name in readings[0].extras if readings else ():
        yield _counter(_snake(name), f"{name} so far.", [r.extras[name] for r in readings])


def _lag(readings: Sequence[Reading]) -> Iterator[Metric]:
    family = HistogramMetricFamily(
        f"{_PREFIX}_event_loop_lag_seconds", "How late the event loop runs a timer.", labels=_LABELS
    )
    for place, reading in enumerate(readings):
        upto = list(accumulate(reading.lag))
        bounds = range(0, BUCKETS - 1, PER_DOUBLING)
        buckets = [(f"{upper_bound(bound):.6g}", upto[bound]) for bound in bounds]
        family.add_metric([str(place)], [*buckets, ("+Inf", upto[-1])], sum_value=None)
    yield family


def _used(readings: Sequence[Reading], usages: Mapping[int, ProcessUsage]) -> Iterator[Metric]:
    rows = [usages[reading.pid] for reading in readings]
    yield _counter("process_cpu_seconds", "CPU time.", [row.cpu_seconds for row in rows])
    yield _gauge("process_resident_memory_bytes", "Memory.", [row.memory_bytes for row in rows])
    yield _gauge("process_open_files", "Open file descriptors.", [row.open_files for row in rows])


def _contained(usage: ContainerUsage) -> Iterator[Metric]:
    cpu, throttled = usage.cpu_seconds, usage.throttled_seconds
    yield CounterMetricFamily(f"{_PREFIX}_container_cpu_seconds", "CPU time.", cpu)
    yield CounterMetricFamily(f"{_PREFIX}_container_throttled_seconds", "Throttled.", throttled)
    yield GaugeMetricFamily(
        f"{_PREFIX}_container_memory_bytes", "Memory without file pages.", usage.memory_bytes
    )


def _counter(name: str, documentation: str, values: Sequence[float]) -> Metric:
    family = CounterMetricFamily(f"{_PREFIX}_{name}", documentation, labels=_LABELS)
    for place, value in enumerate(values):
        family.add_metric([str(place)], value)
    return family


def _gauge(name: str, documentation: str, values: Sequence[float]) -> Metric:
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", documentation, labels=_LABELS)
    for place, value in enumerate(values):
        family.add_metric([str(place)], value)
    return family


def _snake(camel: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in camel)
