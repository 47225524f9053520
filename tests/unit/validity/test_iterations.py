"""A number of iterations that was not made, or not in time, leaves no figure."""

from dataclasses import replace

import pytest

from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Family, Reason, ReasonKind

BUSY = {"cpu_share": 0.9}


def of(trial: TrialMeasurement, planned: int, within: float = 60.0) -> TrialMeasurement:
    return replace(trial, load=replace(trial.load, iterations=planned, duration_seconds=within))


def missed(trial: TrialMeasurement) -> list[Reason]:
    return [r for r in judge(trial).reasons if r.kind is ReasonKind.ITERATIONS_MISSED]


@pytest.mark.parametrize("within", [30.0, 60.0])
def test_all_of_them_in_time_are_a_sound_trial(healthy: TrialMeasurement, within: float) -> None:
    judgement = judge(of(healthy, 30_000, within))

    assert judgement.reasons == ()


@pytest.mark.parametrize(
    ("planned", "within", "says"),
    [
        (30_001, 60.0, "30000 iterations of load.iterations 30001 ended, in 30.00 s of the 60 s"),
        (30_000, 29.9, "in 30.00 s of the 29.9 s that load.duration allows: raise load.duration"),
    ],
    ids=["too few", "too late"],
)
def test_what_the_service_did_not_carry_in_time_is_invalid_and_not_repeated(
    healthy: TrialMeasurement, planned: int, within: float, says: str
) -> None:
    trial = of(healthy, planned, within)
    (reason,) = missed(trial)

    assert says in reason.message
    assert (reason.level, reason.family) == (Validity.INVALID, Family.SERVICE)
    assert not judge(trial).is_void


@pytest.mark.parametrize(
    ("planned", "generator"), [(40_000, BUSY), (20_000, {})], ids=["starved", "more than asked"]
)
def test_what_the_generator_spoiled_is_void_and_repeated(
    healthy: TrialMeasurement, planned: int, generator: dict[str, float]
) -> None:
    trial = of(healthy, planned)
    trial = replace(trial, generator=replace(trial.generator, **generator))

    assert [reason.family for reason in missed(trial)] == [Family.INSTRUMENT]
    assert judge(trial).is_void


def test_a_time_is_held_to_no_number(healthy: TrialMeasurement) -> None:
    assert missed(healthy) == []


def test_users_who_find_none_left_are_not_missed(healthy: TrialMeasurement) -> None:
    """Of ten users nine wait for the last one for a third of the window."""
    idle = replace(healthy, iterations=20_000, requests=20_000, counts=None)
    little = ReasonKind.LITTLE_LAW_VIOLATED

    assert little in {reason.kind for reason in judge(idle).reasons}
    assert little not in {reason.kind for reason in judge(of(idle, 20_000)).reasons}
