"""A claim about more CPUs than the service had is not contradicted by the smaller machine."""

from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.measurement.ran_as import RanAs
from loadlab.model.status import ExpectationOutcome as Outcome
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, judge, judged


def sides(*, allowed: int | None, limit: float | None = None, own: bool = True) -> list[Replicate]:
    """Three blocks in which the one side carries 1.1 times as much as the other."""
    usage = replace(MEASURED.components["service"], cpus_allowed=allowed)
    ran = {} if limit is None else {"service": RanAs(cpu_limit=limit)}
    load = replace(MEASURED.load, owns_cpus=own)
    measured = replace(MEASURED, load=load, components={"service": usage}, ran=ran)
    return [
        Replicate(cell, block, judged(replace(measured, last_answer_epoch_seconds=30_000 / rate)))
        for block in (1, 2, 3)
        for cell, rate in ((ASYNC, 1100.0 + block), (SYNC, 1000.0 + block))
    ]


@pytest.mark.parametrize(
    ("allowed", "limit", "outcome", "note"),
    [
        (8, None, Outcome.CONTRADICTED, ""),
        (8, 6.0, Outcome.CONTRADICTED, ""),
        (8, 1.0, Outcome.INCONCLUSIVE, "needs 6 CPUs for the service, which had 1"),
        (2, None, Outcome.INCONCLUSIVE, "needs 6 CPUs for the service, which had 2"),
        (
            None,
            None,
            Outcome.INCONCLUSIVE,
            "needs 6 CPUs for the service; how many it had is not known",
        ),
    ],
)
def test_a_claim_that_needs_more_cpus_says_so_instead(allowed, limit, outcome, note):
    found = judge(sides(allowed=allowed, limit=limit), atLeast=2, needsCpus=6)

    assert (found.outcome, found.note) == (outcome, note)


def test_what_holds_on_a_smaller_machine_holds():
    found = judge(sides(allowed=1), atLeast=1.05, needsCpus=6)

    assert (found.outcome, found.note) == (Outcome.REPRODUCED, "")


@pytest.mark.parametrize(
    "fields",
    [
        {"ratio": "latencyMs.p95", "atLeast": 0.9},
        {"metric": "latencyMs.p95", "atLeast": 5},
        {"metric": "cpuMicrosPerRequest.service", "atLeast": 100},
    ],
)
def test_a_floor_of_a_latency_or_a_cost_may_be_kept_for_want_of_cpus(fields):
    """Four workers on one CPU: the p95 of the one was "at least 0.9 of the other's"."""
    assert judge(sides(allowed=4), **fields, needsCpus=4).outcome is Outcome.REPRODUCED

    found = judge(sides(allowed=1), **fields, needsCpus=4)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note == "needs 4 CPUs for the service, which had 1"


@pytest.mark.parametrize("bounds", [{"atMost": 1.2}, {"atLeast": 0.8, "atMost": 1.2}])
def test_a_ceiling_that_is_kept_on_a_smaller_machine_may_be_kept_for_want_of_cpus(bounds):
    found = judge(sides(allowed=1), **bounds, needsCpus=4)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note == "needs 4 CPUs for the service, which had 1"
    assert judge(sides(allowed=4), **bounds, needsCpus=4).outcome is Outcome.REPRODUCED


@pytest.mark.parametrize("bounds", [{"atMost": 1.2}, {"atLeast": 2}])
def test_cpus_that_others_may_use_are_not_had(bounds):
    found = judge(sides(allowed=8, own=False), **bounds, needsCpus=4)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note == (
        "needs 4 CPUs for the service, which had none of its own; how many it had is not known"
    )


def test_a_limit_on_shared_cpus_says_how_many_it_had_at_most():
    found = judge(sides(allowed=8, limit=2.0, own=False), atLeast=2, needsCpus=4)

    assert found.note == "needs 4 CPUs for the service, which had 2"


def test_the_replicate_that_had_least_counts():
    plenty, few = sides(allowed=8), sides(allowed=2)
    found = judge([*plenty[:4], *few[4:]], atLeast=2, needsCpus=6)

    assert (found.outcome, found.note) == (
        Outcome.INCONCLUSIVE,
        "needs 6 CPUs for the service, which had 2",
    )


def test_one_replicate_on_shared_cpus_is_enough():
    owned, shared = sides(allowed=8), sides(allowed=8, own=False)
    found = judge([*owned[:4], *shared[4:]], atLeast=2, needsCpus=6)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "none of its own" in found.note


def test_whoever_asks_for_no_cpus_is_contradicted_on_any():
    assert judge(sides(allowed=1), atLeast=2).outcome is Outcome.CONTRADICTED
