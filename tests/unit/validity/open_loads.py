"""Open loads, request by request: arrivals, a service of a known capacity, and what a trial keeps.

A time is in seconds since the begin of the load. The seconds of the clock do not begin with it.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import ceil, floor
from statistics import fmean

from loadlab.measurement.backlog import backlog_of
from loadlab.measurement.documents.generator import Second
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import TrialMeasurement
from tests.unit.conftest import START

Moments = Sequence[float]
Service = Callable[[Moments], list[float]]  # when each arrival has its answer


@dataclass(frozen=True, kw_only=True)
class OpenLoad:
    """What is asked: iterations a second, each of some requests with a pause between them."""

    rate: float
    seconds: float
    ramp: float = 0.0
    poisson: bool = False
    requests_each: int = 1
    pause: float = 0.0
    begins: float = 0.3  # of a second of the clock
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def arrivals(self) -> list[float]:
        """Return the moments of the iterations: a ramp has half as many a second."""
        moments = self._poisson() if self.poisson else self._even()
        return list(moments)

    def _even(self) -> Iterator[float]:
        number = 0
        while (moment := self._moment_of(number)) < self.ramp + self.seconds:
            yield moment
            number += 1

    def _moment_of(self, number: float) -> float:
        in_ramp = self.rate * self.ramp / 2
        if number < in_ramp:
            return float((2 * number * self.ramp / self.rate) ** 0.5)
        return self.ramp + (number - in_ramp) / self.rate

    def _poisson(self) -> Iterator[float]:
        """Of a known number, as LoadLab plans them."""
        total = self.rate * (self.seconds + self.ramp / 2)
        places = sorted(self.chance.random() * total for _ in range(ceil(total - 1e-6)))
        return map(self._moment_of, places)


def queue(work: Callable[[], float], servers: int = 1) -> Service:
    """First come, first served, by some servers."""

    def answered(arrivals: Moments) -> list[float]:
        free = [0.0] * servers
        ends = []
        for moment in arrivals:
            end = max(moment, heappop(free)) + work()
            heappush(free, end)
            ends.append(end)
        return ends

    return answered


def delay(latency: Callable[[], float]) -> Service:
    """As many at once as come."""
    return lambda arrivals: [moment + latency() for moment in arrivals]


def standing_still(service: Service, begin: float, end: float) -> Service:
    """Nothing is answered between two moments; then all that waits at once."""

    def answered(arrivals: Moments) -> list[float]:
        return [end if begin <= moment < end else moment for moment in service(arrivals)]

    return answered


def trial_of(healthy: TrialMeasurement, load: OpenLoad, service: Service) -> TrialMeasurement:
    """Return what a trial keeps of it; nobody gives up, and nothing is cut off."""
    iterations = load.arrivals()
    requests, moments = list[tuple[float, float]](), iterations
    for _ in range(load.requests_each):
        in_order = sorted(moments)
        ends = service(in_order)
        requests += zip(in_order, ends, strict=True)
        moments = [end + load.pause for end in ends]
    took = [round(1e6 * (end - begin)) for begin, end in requests]
    began = START + load.begins
    facts = replace(
        healthy.load,
        open_model=True,
        rate_per_second=load.rate,
        virtual_users=round(100 * load.rate) + 1,
        duration_seconds=load.seconds,
        ramp_up_seconds=load.ramp,
        steps=load.requests_each,
    )
    mean = load.requests_each * fmean(took) / 1000 + 1000 * load.pause * load.requests_each
    return replace(
        healthy,
        load=facts,
        first_request_epoch_seconds=began + requests[0][0],
        last_answer_epoch_seconds=began + max(end for _, end in requests),
        requests=len(requests),
        iterations=len(iterations),
        mean_iteration_ms=mean,
        latency=Histogram.of(took),
        status={"2xx": len(requests)},
        counts=None,
        series=Series.of(list(_lines(began, requests))),
        backlog=backlog_of([_seconds(began, requests)], began + load.ramp, load.seconds),
    )


def _lines(began: float, requests: Iterable[tuple[float, float]]) -> Iterator[Line]:
    seconds: dict[int, list[float]] = {}
    for begin, end in requests:
        seconds.setdefault(floor(began + end), []).append(end - begin)
    for at, found in seconds.items():
        us = sorted(round(1e6 * latency) for latency in found)
        yield Line(at, len(us), 0, us[len(us) // 2], us[min(len(us) - 1, floor(0.99 * len(us)))])


def _seconds(began: float, requests: Sequence[tuple[float, float]]) -> list[Second]:
    """As a pod tells them: those due that were there as a second began, and not answered yet."""
    due = Counter(
        at for begin, end in requests for at in range(ceil(began + begin), ceil(began + end))
    )
    lines = {line.at: line for line in _lines(began, requests)}
    return [
        Second(
            t=at,
            n=lines[at].requests if at in lines else 0,
            p50=(lines[at].p50_us or 0) if at in lines else 0,
            due=due[at],
        )
        for at in sorted({*due, *lines})
    ]
