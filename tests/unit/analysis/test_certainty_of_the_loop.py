"""What stops a process holds its event loop up, too: memory, or a limit; and whose loop it is."""

from dataclasses import replace

import pytest

from loadlab.analysis.attribution import attribute
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.usage import ComponentUsage
from loadlab.model.status import Confidence, Resource
from tests.unit.analysis.attributed import trial_of
from tests.unit.analysis.test_certainty import of
from tests.unit.analysis.test_situations import Situation

R, HIGH, MEDIUM = Resource, Confidence.HIGH, Confidence.MEDIUM
STUCK = Situation(
    rate=300,
    named=R.EVENT_LOOP,
    service={"event_loop_lag_p50_ms": 200.0, "cpus_used": 0.3, "busiest_process_cpus": 0.3},
)


NEAR = {"service": RanAs(memory_limit=2e8, pods=1)}


@pytest.mark.parametrize(
    ("service", "ran", "confidence", "words"),
    [
        ({"major_faults": 240.0}, {}, MEDIUM, "was short: it waited for 240 pages a second"),
        ({"major_faults": 10.0, "memory_bytes": 199_000_000}, NEAR, HIGH, ""),  # time.sleep
        ({"memory_bytes": 190_000_000}, NEAR, MEDIUM, "it used 95% of its limit"),
        ({"memory_bytes": 170_000_000}, NEAR, HIGH, ""),
        ({}, NEAR, HIGH, ""),
        ({"memory_bytes": 190_000_000}, {}, HIGH, ""),
    ],
)
def test_a_loop_that_waits_for_memory_is_not_blocked_by_a_call(
    healthy, service, ran, confidence, words
):
    trial = replace(STUCK, service=STUCK.service | service).trial(healthy)

    found = attribute(replace(trial, ran=ran))

    assert (found.name, found.confidence) == (R.EVENT_LOOP, confidence)
    assert words in found.evidence
    assert ("memory" in found.evidence) == bool(words)
    assert found.remedy.startswith("more memory") == ("major_faults" in service and bool(words))


@pytest.mark.parametrize(("memory", "doubted"), [(190_000_000, False), (390_000_000, True)])
def test_pods_have_the_memory_of_all_of_them(healthy, memory, doubted):
    trial = replace(STUCK, service=STUCK.service | {"memory_bytes": memory}).trial(healthy)

    found = attribute(replace(trial, ran={"service": RanAs(memory_limit=2e8, pods=2)}))

    assert ("its memory may have been short" in found.evidence) == doubted


@pytest.mark.parametrize("used", [{"cpus_used": 1.9}, {"pool_waiters": 50.0}])
def test_whatever_the_service_waits_with_may_wait_for_its_memory(healthy, used):
    found = attribute(trial_of(healthy, major_faults=300.0, **used))

    assert found.confidence is not HIGH
    assert found.remedy.startswith("more memory for the service")


def test_a_store_does_not_wait_for_the_services_memory(healthy):
    full = {"redis": ComponentUsage(cpus_used=0.95)}

    assert attribute(trial_of(healthy, major_faults=300.0, others=full)).confidence is HIGH


def test_a_loop_whose_process_is_stopped_by_its_limit_needs_no_more_workers(healthy):
    """60 % of the time, at half of its limit: its threads use it up early in each period."""
    found = of(STUCK, healthy, service={"throttled_seconds": 18.0})

    assert (found.name, found.confidence) == (R.EVENT_LOOP, MEDIUM)
    assert "its CPU limit stopped it for up to 60% of the time" in found.evidence
    assert found.remedy.startswith("raise the CPU limit")


@pytest.mark.parametrize("pods", [2, 4])
def test_of_several_pods_it_is_the_worst_ones_loop(healthy, pods):
    trial = STUCK.trial(healthy)

    found = attribute(replace(trial, ran={"service": RanAs(cpu_limit=1.0, pods=pods)}))

    words = f"the worst of {pods} pods waited more than 200 ms for the event loop"
    assert attribute(trial).evidence == (
        "half of the events waited more than 200 ms for the event loop"
    )
    assert found.evidence == f"half of the events in {words}; of the other pods it is not known"
    assert found.confidence is MEDIUM


@pytest.mark.parametrize(("rate", "share"), [(64, "1%"), (32, "0%")])
def test_a_loop_that_is_little_of_the_response_time_is_not_certain(healthy, rate, share):
    """12 ms of a second or two: what else it waits for may be an API."""
    found = of(replace(STUCK, rate=rate), healthy, service={"event_loop_lag_p50_ms": 12.0})

    assert (found.name, found.confidence) == (R.EVENT_LOOP, MEDIUM)
    assert found.evidence.endswith(f"once in a request that is {share} of its response time")


@pytest.mark.parametrize(
    ("throttled", "pods", "allowed", "words"),
    [
        (102.0, 1, 4, "throttled for up to 100% of the time"),  # 3.4 CPUs stopped at once
        (12.0, 4, 1, "throttled for 10% of the time"),
        (12.0, 1, 2, "throttled for up to 40% of the time"),
        (12.0, 1, None, "throttled for 40% of the time"),
    ],
)
def test_a_service_is_throttled_for_no_more_than_all_of_the_time(
    healthy, throttled, pods, allowed, words
):
    """The kernel adds up the CPUs, and the steward the pods."""
    found = attribute(
        trial_of(
            healthy,
            cpus_used=1.9 * pods,
            throttled_seconds=throttled,
            others={},
            ran={"service": RanAs(cpu_limit=2.0, pods=pods)},
            cpus_allowed=allowed,
        )
    )

    assert (found.name, found.confidence) == (R.CPU_THROTTLING, HIGH)
    assert found.evidence.endswith(words)
