"""Sixteen situations whose cause is known: five starved resources, and eleven that mislead.

Each is what the instruments see of it: closed loops of 64 users unless said otherwise, 30 s.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.sessions import SessionUsage
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Bottleneck, Confidence, Resource
from loadlab.validity.judge import judge
from tests.unit.analysis.attributed import trial_of

R = Resource
SECONDS = 30
USERS = 64


@dataclass(frozen=True)
class Situation:
    """What was seen: requests a second, and what of service, database and CPUs is not calm."""

    rate: float
    named: Resource
    words: str = ""  # of the evidence, or of the stages
    users: int = USERS
    service: dict[str, Any] = field(default_factory=dict)
    sessions: dict[str, float] = field(default_factory=dict)
    others: dict[str, float] = field(default_factory=dict)  # CPUs used by component
    limits: dict[str, float] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    cpus: dict[str, CpuSetUsage] = field(default_factory=dict)

    def trial(self, healthy: TrialMeasurement) -> TrialMeasurement:
        requests = round(self.rate * SECONDS)
        mean_us = round(1e6 * self.users / self.rate)  # Little's law of a closed loop
        used = {name: ComponentUsage(cpus_used=cpus) for name, cpus in self.others.items()}
        if self.sessions:
            calm = {"running": 0.0, "lock": 0.0, "io": 0.0, "other": 0.0, "in_transaction": 0.0}
            seen = SessionUsage(**calm | self.sessions)
            postgres = used.get("postgres", ComponentUsage())
            used["postgres"] = replace(postgres, sessions=seen)
        return trial_of(
            replace(
                healthy,
                requests=requests,
                iterations=requests,
                mean_iteration_ms=mean_us / 1000,
                latency=Histogram.of([mean_us] * requests),
                counts=RequestCounts(seconds=SECONDS, client=requests, server=requests),
            ),
            others=used,
            limits=self.limits,
            load={"virtual_users": self.users, **self.load},
            **self.service,
            **self.cpus,
        )


STARVED = {
    "the service's CPU": Situation(
        rate=400,
        named=R.SERVICE_CPU,
        service={"cpus_used": 1.95, "cpu_micros_per_request": 4875.0},
    ),
    "the database's CPU": Situation(
        rate=900,
        named=R.DATABASE,
        others={"postgres": 0.97},
        limits={"postgres": 1.0},
        sessions={"running": 18.0},
        service={"pool_waiters": 40.0, "cpu_micros_per_request": 600.0},
    ),
    "the pool of connections": Situation(
        rate=200,
        named=R.DATABASE_POOL,
        sessions={"running": 1.0, "in_transaction": 1.0},
        service={"pool_waiters": 60.0, "cpu_micros_per_request": 700.0},
    ),
    "the threads": Situation(
        rate=400,
        named=R.THREAD_POOL,
        users=120,
        service={"threads_exhausted": 0.99, "thread_waiters": 80.0},
    ),
    "the event loop": Situation(
        rate=100,
        named=R.EVENT_LOOP,
        service={"event_loop_lag_p50_ms": 320.0, "cpu_micros_per_request": 300.0},
    ),
}
HARD = {
    "(1) a row lock": Situation(
        rate=210,
        named=R.DATABASE_LOCKS,
        sessions={"lock": 9.0, "running": 0.3, "in_transaction": 0.7},
        service={"pool_waiters": 53.0},
    ),
    "(2) a slow fsync": Situation(
        rate=330,
        named=R.DATABASE_DISK,
        sessions={"io": 9.3, "running": 0.5, "in_transaction": 0.2},
        service={"pool_waiters": 52.0},
    ),
    "(3) an external database that is full": Situation(
        rate=500,
        named=R.DATABASE,
        sessions={"running": 9.7, "in_transaction": 0.3},
        service={"pool_waiters": 53.0},
    ),
    "(4) threads that hold connections beside Postgres at 79 %": Situation(
        rate=700,
        named=R.DATABASE,
        words="of 39 connections in use 38 ran a query",
        others={"postgres": 0.79},
        limits={"postgres": 1.0},
        sessions={"running": 38.0, "in_transaction": 1.0},
        service={"threads_exhausted": 0.98, "thread_waiters": 22.0, "pool_waiters": 0.0},
    ),
    "(5) C threads, 1.4 of 4 CPU": Situation(
        rate=2,
        named=R.SERVICE_CPU,
        words="nothing was full",
        users=2,
        limits={"service": 4.0},
        service={
            "cpus_used": 1.4,
            "busiest_process_cpus": 1.4,
            "cpu_full": 0.99,
            "cpu_micros_per_request": 700_000.0,
        },
    ),
    "(6) one user in a closed loop": Situation(rate=150, named=R.LOAD, users=1),
    "(7) overload in the open model": Situation(
        rate=200,
        named=R.SERVICE_CPU,
        words="used 0.99 of 1 CPU",
        users=800,
        limits={"service": 1.0},
        load={"open_model": True, "rate_per_second": 800.0, "duration_seconds": SECONDS},
        service={"cpus_used": 0.99, "cpu_micros_per_request": 4950.0},
    ),
    "(8) one hot worker of four": Situation(
        rate=600,
        named=R.SERVICE_CPU,
        words="of 4 it served 9 times what the idlest did",
        limits={"service": 4.0},
        service={
            "cpus_used": 1.3,
            "busiest_process_cpus": 0.97,
            "processes": 4,
            "request_spread": 9.0,
        },
    ),
    "(9) a CPU full for half of the window": Situation(
        rate=900,
        named=R.SERVICE_CPU,
        words="computed without a pause for 50% of the time",
        service={"cpus_used": 1.1, "busiest_process_cpus": 0.55, "cpu_full": 0.5},
    ),
    "(10) a stranger on the shared core": Situation(
        rate=900,
        named=R.NODE_CPU,
        words="others 76%",
        others={"postgres": 0.1},
        cpus={"shared_cpus": CpuSetUsage(cpus=1, busy=0.95, stolen=0.0)},
    ),
    "(11) steal on the service's own core": Situation(
        rate=500,
        named=R.NODE_CPU,
        words="the service's own CPUs were 58% busy, and the hypervisor took 38%",
        limits={"service": 1.0},
        service={"cpus_used": 0.57},
        cpus={"service_cpus": CpuSetUsage(cpus=1, busy=0.58, stolen=0.38)},
    ),
}


@pytest.fixture
def attributed(healthy: TrialMeasurement) -> Callable[[Situation], Bottleneck]:
    return lambda situation: attribute(situation.trial(healthy))


@pytest.mark.parametrize("name", [*STARVED, *HARD])
def test_each_situation_is_named(attributed, name):
    situation = {**STARVED, **HARD}[name]

    found = attributed(situation)

    assert found.name is situation.named
    assert situation.words in found.evidence
    assert found.remedy or found.name is R.LOAD


@pytest.mark.parametrize("name", STARVED)
def test_a_starved_resource_is_named_with_its_remedy_and_not_at_a_guess(attributed, name):
    found = attributed(STARVED[name])

    assert found.confidence is not Confidence.LOW
    assert found.stages


def test_an_overload_is_judged_as_a_result_and_so_has_a_bottleneck(healthy):
    trial = HARD["(7) overload in the open model"].trial(healthy)
    dropped = replace(trial, dropped_iterations=18_000)

    assert judge(dropped).is_overloaded
    assert not judge(dropped).is_void
    assert attribute(dropped).name is R.SERVICE_CPU


def test_a_cpu_that_is_full_at_times_is_no_certainty(attributed):
    assert attributed(HARD["(9) a CPU full for half of the window"]).confidence is Confidence.MEDIUM


def test_a_cpu_that_is_seldom_full_is_not_named(attributed):
    seldom = replace(HARD["(9) a CPU full for half of the window"], service={"cpu_full": 0.2})

    assert attributed(seldom).name is R.UNATTRIBUTED
