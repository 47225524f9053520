"""An open load whose rate was low, or was not reached: two cases that several rules look at."""

from dataclasses import replace

from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind


def test_pods_that_take_turns_at_a_low_rate_are_together(healthy: TrialMeasurement) -> None:
    load = replace(healthy.load, open_model=True, rate_per_second=2.0)
    slow = replace(healthy, load=load, iterations=60, pods=2, start_skew_ms=500.0)

    assert ReasonKind.PODS_NOT_TOGETHER not in {r.kind for r in judge(slow).reasons}


def test_each_user_that_a_rate_needs_has_a_connection_of_its_own(
    healthy: TrialMeasurement,
) -> None:
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=0)
    users = round(load.users_allocated)
    all_of_them = replace(healthy, load=load, connections=users)
    some_twice = replace(all_of_them, connections=2 * users)

    assert ReasonKind.CONNECTIONS_CLOSED not in {r.kind for r in judge(all_of_them).reasons}
    (closed,) = (r for r in judge(some_twice).reasons if r.kind is ReasonKind.CONNECTIONS_CLOSED)
    assert f"requests of {users} users" in closed.message


def test_a_saturated_open_load_that_missed_its_rate_is_invalid(
    healthy: TrialMeasurement,
) -> None:
    busy = GeneratorLoad(cpu_share=0.95, throttled_share=0.0, sched_wait_p99_ms=0.5)
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=50)
    missed = replace(healthy, load=load, generator=busy, iterations=20_000, requests=20_000)

    judgement = judge(missed)

    assert {r.kind for r in judgement.reasons} == {
        ReasonKind.GENERATOR_SATURATED,
        ReasonKind.RATE_NOT_REACHED,
    }
    assert judgement.validity is Validity.INVALID
