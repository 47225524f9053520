"""Where the load itself is the limit, and how sure a cell is of its bottleneck."""

from dataclasses import replace

import pytest

from loadlab.analysis.attribution import attribute, attribute_cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.ran_as import RanAs
from loadlab.model.status import Bottleneck, Confidence, Resource
from loadlab.plan.expected import ExpectedWork
from tests.unit.analysis.attributed import trial_of


def said(confidence: Confidence, evidence: str = "it is full") -> Bottleneck:
    return Bottleneck(name=Resource.SERVICE_CPU, confidence=confidence, evidence=evidence)


@pytest.mark.parametrize("least", list(Confidence))
def test_a_cell_is_no_surer_than_the_least_sure_of_its_replicates(least):
    others = [Confidence.HIGH, Confidence.HIGH]

    for replicates in ([least, *others], [*others, least]):
        found = attribute_cell([said(each) for each in replicates])
        assert found is not None
        assert found.confidence is least


def test_of_equally_sure_ones_the_first_by_its_text_speaks():
    texts = ["b", "a", "c"]

    found = attribute_cell([said(Confidence.HIGH, text) for text in texts])

    assert found is not None
    assert found.evidence == "a"


def offered(healthy, **changes):
    load = {"open_model": True, "rate_per_second": 1000.0, "duration_seconds": 30.0}
    return replace(trial_of(healthy, load=load), **changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"iterations": 29_700}, Resource.LOAD),  # 99 %
        ({"iterations": 29_699}, Resource.UNATTRIBUTED),
        ({"iterations": 30_000, "dropped_iterations": 1}, Resource.UNATTRIBUTED),
    ],
)
def test_a_rate_is_kept_by_99_percent_and_nothing_dropped(healthy, changes, name):
    assert attribute(offered(healthy, **changes)).name is name


def taking(healthy, micros, wait_ms):
    expected = ExpectedWork(wait_ms=wait_ms) if wait_ms else None
    trial = trial_of(healthy, load={"expected": expected})
    return replace(trial, latency=Histogram.of([micros] * 30_000))


@pytest.mark.parametrize(
    ("micros", "wait_ms", "explained"),
    [
        (11_490, 10.0, True),
        (11_506, 10.0, False),  # beyond 1.15 times
        (1_000, 0.0, False),  # nothing was waited for
    ],
)
def test_an_answer_that_takes_as_long_as_it_waits_is_the_loads(healthy, micros, wait_ms, explained):
    found = attribute(taking(healthy, micros, wait_ms))

    assert ("that it waits" in found.evidence) == explained


def test_a_pool_that_explains_less_than_is_left_over_is_named_with_low_confidence(healthy):
    """At 1,000/s two that wait are 2 of 40 ms."""
    trial = replace(trial_of(healthy, pool_waiters=4.0), latency=Histogram.of([40_000] * 30_000))

    found = attribute(trial)

    assert (found.name, found.confidence) == (Resource.DATABASE_POOL, Confidence.LOW)
    assert "of the response time are unexplained" in found.evidence


def test_the_evidence_of_a_trial_leaves_room_for_what_others_say(healthy):
    """150 of the 600 characters that a status has for it."""
    ran = {"service": RanAs(cpu_limit=0.1, qos_class="Burstable", set_by="n" * 900)}

    found = attribute(trial_of(healthy, cpus_used=0.099, ran=ran))

    assert len(found.evidence) == 450

    doubted = attribute(trial_of(healthy, cpus_used=0.099, ran=ran, failed=3000))

    assert len(doubted.evidence) == 450
    assert doubted.evidence.endswith("…; 10.0% of the requests failed")
