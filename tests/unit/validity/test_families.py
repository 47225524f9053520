"""What the instrument spoils is void and repeated; what the service does is a result."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered
from loadlab.measurement.pod_log import PodProblem, ProblemKind
from loadlab.measurement.trial import VoidTrial
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity import bounds
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind

AT_REST: Mapping[str, Any] = {}
Change = Callable[[TrialMeasurement], TrialMeasurement]
SLOWEST = bounds.GENERATOR_DELAY_SHARE * 1000


def overloaded(
    trial: TrialMeasurement, users: int = 200, generator: Mapping[str, Any] = AT_REST
) -> TrialMeasurement:
    """Of 1,000/s, 200/s are carried: all users wait for a second each."""
    load = replace(trial.load, open_model=True, rate_per_second=1000.0, virtual_users=users)
    return replace(
        trial,
        load=load,
        requests=6_000,
        iterations=6_000,
        dropped_iterations=24_000,
        mean_iteration_ms=1000.0,
        generator=replace(trial.generator, **generator),
    )


@pytest.mark.parametrize(
    "generator",
    [AT_REST, {"sched_wait_p99_ms": SLOWEST}, {"cpu_share": 0.6}, {"longest_pause_seconds": 0.5}],
    ids=["at rest", "on a busy node", "at its bound", "hardly paused"],
)
def test_a_load_that_the_service_did_not_carry_is_a_result(
    healthy: TrialMeasurement, generator: dict[str, float]
) -> None:
    judgement = judge(overloaded(healthy, generator=generator))

    assert judgement.is_overloaded
    assert judgement.is_latency_cut
    assert not judgement.is_void
    assert judgement.validity is Validity.SUSPECT
    missed = [r for r in judgement.reasons if r.kind is ReasonKind.DROPPED_ITERATIONS]
    assert "the service carried 200.0/s" in missed[0].message


@pytest.mark.parametrize(
    "generator",
    [
        {"cpu_share": 0.61},
        {"sched_wait_p99_ms": SLOWEST + 1},
        {"sched_wait_share": 0.06},
        {"throttled_share": 0.02},
        {"longest_pause_seconds": 0.7},
    ],
    ids=["busy", "made to wait", "its threads made to wait", "throttled", "paused"],
)
def test_a_load_that_a_generator_short_of_cpu_did_not_make_is_void(
    healthy: TrialMeasurement, generator: dict[str, float]
) -> None:
    judgement = judge(overloaded(healthy, generator=generator))

    assert judgement.is_void
    assert not judgement.is_overloaded
    assert "k6 was short of CPU itself" in judgement.reasons[-1].message


def test_too_few_virtual_users_say_nothing_of_the_service(healthy: TrialMeasurement) -> None:
    """Every answer takes 9 ms at least, so that 9 users wait at 1,000/s however idle it is."""
    judgement = judge(overloaded(healthy, users=8))

    assert judgement.is_void
    assert not judgement.is_overloaded
    assert "raise spec.load.maxVirtualUsers, to more than 9" in judgement.reasons[-1].message


def test_behind_a_full_cpu_the_fastest_answer_may_have_queued_too(
    healthy: TrialMeasurement,
) -> None:
    few = overloaded(healthy, users=8)
    full = replace(few, load=replace(few.load, cpu_limits={"service": 1.0}))
    usage = replace(healthy.components["service"], cpus_used=0.97)

    assert judge(replace(full, components={"service": usage})).is_overloaded


def test_users_that_the_rate_alone_allocates_are_known(healthy: TrialMeasurement) -> None:
    assert judge(overloaded(healthy, users=0)).is_overloaded


def hanging(trial: TrialMeasurement) -> TrialMeasurement:
    return replace(trial, iterations=15_000, requests=15_000, interrupted_iterations=5)


def silent(trial: TrialMeasurement) -> TrialMeasurement:
    return replace(trial, iterations=0, requests=0, interrupted_iterations=8)


def failing(trial: TrialMeasurement) -> TrialMeasurement:
    return replace(trial, failed=trial.requests, latency=Histogram())


@pytest.mark.parametrize("change", [hanging, silent, failing], ids=["hangs", "silent", "fails"])
def test_a_service_that_does_not_answer_is_a_result_and_not_to_be_used(
    healthy: TrialMeasurement, change: Change
) -> None:
    judgement = judge(change(healthy))

    assert judgement.validity is Validity.INVALID
    assert not judgement.is_void


def timing_out(trial: TrialMeasurement, **generator: Any) -> TrialMeasurement:
    """Of 30,000 requests one in twenty was given up after 400 ms."""
    return replace(
        trial,
        failed=1_500,
        without_answer=Unanswered(requests=1_500, after_ms=400.0),
        latency=Histogram.of([9_000] * 28_500),
        generator=replace(trial.generator, **generator),
    )


def test_time_outs_are_the_services_doing(healthy: TrialMeasurement) -> None:
    judgement = judge(timing_out(healthy))

    assert [r.kind for r in judgement.reasons] == [ReasonKind.UNANSWERED]
    assert (judgement.validity, judgement.is_void) == (Validity.SUSPECT, False)


@pytest.mark.parametrize(
    "generator",
    [{"sched_wait_p99_ms": 41.0}, {"longest_pause_seconds": 0.041}],
    ids=["made to wait", "paused"],
)
def test_time_outs_that_k6_may_have_made_itself_are_void(
    healthy: TrialMeasurement, generator: dict[str, float]
) -> None:
    assert judge(timing_out(healthy, **generator)).is_void


def restarted(trial: TrialMeasurement) -> TrialMeasurement:
    return replace(trial, components={"service": ComponentUsage(restarted=True)})


def gone(trial: TrialMeasurement) -> TrialMeasurement:
    return replace(trial, iterations=15_000, requests=15_000)


@pytest.mark.parametrize("change", [restarted, gone], ids=["restarted", "users without a sample"])
def test_what_nobody_can_lay_to_the_service_is_void(
    healthy: TrialMeasurement, change: Change
) -> None:
    assert judge(change(healthy)).is_void


def test_a_result_beside_what_the_instrument_spoiled_is_void(healthy: TrialMeasurement) -> None:
    assert judge(restarted(failing(healthy))).is_void


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_without_a_document_a_trial_is_void(kind: ProblemKind) -> None:
    assert judge(VoidTrial((PodProblem(kind, "…"),))).is_void
