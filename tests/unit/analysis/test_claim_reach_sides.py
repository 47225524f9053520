"""A claim reaches to both sides of its figure, by each of its cells as much as it weighs."""

from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.catalogue import Cell
from loadlab.model.status import ExpectationOutcome as Outcome
from loadlab.model.status import Validity
from loadlab.validity.judgement import Reason, ReasonKind
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, judge, judged
from tests.unit.analysis.test_claim_reach import answered, groups_of_two, placed

# Of 150 requests: the p99 is 2 ms and may be 2 s, or is 2 s and may be 2 ms.
MAY_BE_MORE, MAY_BE_LESS, MANY = answered(149, 1), answered(148, 2), answered(4_800)
REPRODUCED, UNKNOWN = Outcome.REPRODUCED, Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("over", "bounds", "outcome"),
    [
        (MAY_BE_MORE, {"atLeast": 0.9}, UNKNOWN),
        (MAY_BE_MORE, {"atLeast": 0.0015}, UNKNOWN),
        (MAY_BE_MORE, {"atLeast": 0.0009}, REPRODUCED),
        (MAY_BE_MORE, {"atMost": 1.1}, REPRODUCED),
        (MAY_BE_LESS, {"atMost": 0.9}, UNKNOWN),
        (MAY_BE_LESS, {"atMost": 1.1}, REPRODUCED),
        (MAY_BE_LESS, {"atLeast": 0.0009}, REPRODUCED),
    ],
)
def test_a_divisor_of_few_requests_moves_the_ratio_the_other_way(over, bounds, outcome):
    sides = [*placed(ASYNC, *[MANY] * 3), *placed(SYNC, *[over] * 3)]

    assert judge(sides, ratio="latencyMs.p99", **bounds).outcome is outcome


@pytest.mark.parametrize(("at_least", "outcome"), [(0.9, REPRODUCED), (1.1, UNKNOWN)])
def test_one_of_two_pairs_lowers_their_mean_by_the_root_too(at_least, outcome):
    """The mean of two ratios is 31.6, and may be 1."""
    found = groups_of_two(MANY, MAY_BE_LESS, ratio="latencyMs.p99", atLeast=at_least)

    assert found.outcome is outcome


def sent_late(cell: Cell, shares: list[float]) -> list[Replicate]:
    """Many requests of one p99 each, of which such a share is from the send."""
    found = placed(cell, *[answered(4_800, ms=20.0)] * len(shares))
    late = []
    for replicate, share in zip(found, shares, strict=True):
        whole = replicate.trial.latency_ms
        assert whole is not None
        sent = whole.model_copy(update={"p99": share * whole.p99})
        late.append(replace(replicate, trial=replace(replicate.trial, from_send_ms=sent)))
    return late


def test_what_decides_together_alone_is_told_together_and_nothing_beside_it():
    """A ratio of 0.1 is 100 by the few requests, 0.2 by the late sends, and 200 by both."""
    sides = [*placed(ASYNC, *[MAY_BE_MORE] * 3), *sent_late(SYNC, [0.5] * 3)]

    found = judge(sides, ratio="latencyMs.p99", atMost=150)

    assert found.outcome is UNKNOWN
    few, late = found.note.split("; measure longer or with more load; ")
    assert few.startswith("so few requests lie about latencyMs.p99 of async/workers=1 that it may ")
    assert late == (
        "latencyMs.p99 of sync/workers=1 is more than the service's own (SentLate): give the node "
        "less other work, or raise spec.resources.k6"
    )


@pytest.mark.parametrize(
    ("shares", "at_least", "outcome"),
    [
        ([0.5] * 3, 9, REPRODUCED),
        ([0.5] * 3, 11, UNKNOWN),
        ([1.0, 1.0, 0.125], 9, REPRODUCED),  # 20 ms, by the mean of three half of it
        ([1.0, 1.0, 0.125], 11, UNKNOWN),
        ([0.5, 0.5, 0.0], 0.1, UNKNOWN),
        ([0.5, 0.5, 0.0], 0, REPRODUCED),
        ([1.0] * 3, 19, REPRODUCED),
    ],
)
def test_a_latency_may_be_as_much_less_as_the_mean_of_what_was_sent_late(shares, at_least, outcome):
    found = judge(sent_late(ASYNC, shares), metric="latencyMs.p99", atLeast=at_least)

    assert found.outcome is outcome


def test_too_few_requests_say_how_many_it_takes_in_each_replicate():
    found = judge(placed(ASYNC, *[answered(60)] * 3), metric="latencyMs.p99", atMost=100)

    assert found.note.startswith(
        "too few requests: latencyMs.p99 of async/workers=1 takes 123 in each of 3 replicates, or "
    )


def slowed(kind: ReasonKind, *latencies_ms: float, having: int = 4, least: float) -> Outcome:
    """Hold a p95 against a floor, of replicates of which so many had a generator without CPU."""
    is_busy = kind is ReasonKind.GENERATOR_SATURATED
    generator = replace(
        MEASURED.generator,
        cpu_share=0.95 if is_busy else 0.3,
        throttled_share=0.0 if is_busy else 0.02,
        sched_wait_p99_ms=0.0,
    )
    fit = [answered(4_800, ms=ms) for ms in latencies_ms]
    slow = [replace(trial, generator=generator) for trial in fit]
    reason = Reason(kind, Validity.SUSPECT, "…")
    replicates = [
        Replicate(ASYNC, n, judged(slow[n], reason) if n < having else judged(fit[n]))
        for n in range(len(fit))
    ]
    return judge(replicates, metric="latencyMs.p95", atLeast=least).outcome


STOPPED, BUSY = ReasonKind.GENERATOR_THROTTLED, ReasonKind.GENERATOR_SATURATED


@pytest.mark.parametrize("kind", [STOPPED, BUSY])
@pytest.mark.parametrize(("having", "outcome"), [(1, REPRODUCED), (2, UNKNOWN), (4, UNKNOWN)])
def test_what_less_than_half_of_the_replicates_waited_for_is_in_the_interval(kind, having, outcome):
    assert slowed(kind, *[20.0] * 4, having=having, least=19) is outcome


@pytest.mark.parametrize(
    ("kind", "ms", "least", "outcome"),
    [
        (BUSY, 0.4, 0.3, UNKNOWN),  # half of it
        (BUSY, 0.4, 0.1, REPRODUCED),
        (STOPPED, 20.0, 0.5, UNKNOWN),  # 100 ms
        (STOPPED, 20.0, 0.0, REPRODUCED),
        (STOPPED, 120.0, 19.0, REPRODUCED),
        (STOPPED, 120.0, 21.0, UNKNOWN),
    ],
)
def test_of_a_latency_so_much_may_be_the_generators_own(kind, ms, least, outcome):
    assert slowed(kind, *[ms] * 4, least=least) is outcome


@pytest.mark.parametrize(("stopped", "told"), [(1, BUSY), (2, STOPPED)])
def test_of_a_busy_generator_a_stop_is_told_where_half_of_the_replicates_have_it(stopped, told):
    generator = replace(MEASURED.generator, cpu_share=0.95)
    measured = replace(answered(4_800, ms=20.0), generator=generator)
    kinds = [STOPPED if n < stopped else BUSY for n in range(3)]
    trials = [judged(measured, Reason(kind, Validity.SUSPECT, "…")) for kind in kinds]
    replicates = [Replicate(ASYNC, n, trial) for n, trial in enumerate(trials)]

    found = judge(replicates, metric="latencyMs.p95", atLeast=19)

    assert f"more than the service's own ({told.value})" in found.note


@pytest.mark.parametrize("kind", [STOPPED, BUSY])
@pytest.mark.parametrize("latencies", [(0.0, 2.0, 2.0, 2.0), (0.0, 0.0, 0.0, 0.0)])
def test_of_a_latency_of_0_nothing_is_the_generators_own(kind, latencies):
    assert slowed(kind, *latencies, least=0) is slowed(kind, *latencies, having=0, least=0)


@pytest.mark.parametrize("ms", [0.5, 2.0])
def test_few_requests_leave_a_latency_below_1_ms_as_open(ms):
    trials = [answered(149, 1, ms=ms)] * 3

    assert judge(placed(ASYNC, *trials), metric="latencyMs.p99", atMost=100).outcome is UNKNOWN
