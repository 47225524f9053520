"""A node whose kernel answered nobody for a while voids the trial, unless the load was answered."""

from dataclasses import replace

import pytest

from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.usage import SilentTime
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.silence import silent_nodes
from tests.unit.validity.test_cut_off import answered

SINCE = 10  # the second of the load from whose begin on a kernel is not heard


def fell_silent(
    trial: TrialMeasurement, seconds: float, name: str = "service", ran: RanAs | None = None
) -> TrialMeasurement:
    since = trial.first_request_epoch_seconds + SINCE
    known = {} if ran is None else {name: ran}
    return replace(trial, silences={name: SilentTime(since, seconds)}, ran=known)


def on_node(pods: int = 1) -> RanAs:
    return RanAs(nodes=("b",), pods=pods)


@pytest.mark.parametrize("seconds", [3.0, 3.1, 15])
def test_a_node_that_was_away_in_between_voids_the_trial(healthy, seconds):
    judgement = judge(fell_silent(answered(healthy, until=SINCE), seconds, ran=on_node()))

    assert judgement.is_void
    (told,) = [r.message for r in judgement.reasons if r.kind is ReasonKind.CUT_OFF]
    assert f"service (on node b) answered nobody for {seconds:.1f} s, bound 3 s" in told


@pytest.mark.parametrize("seconds", [2.5, 2.99])
def test_a_short_silence_is_a_packet_that_was_lost(healthy, seconds):
    there = fell_silent(answered(healthy, until=SINCE), seconds, ran=on_node())

    assert not judge(there).is_void


@pytest.mark.parametrize(
    ("name", "pods", "is_void"), [("service", 1, False), ("service", 2, True), ("worker", 1, True)]
)
def test_who_was_answered_meanwhile_had_a_service_of_one_pod(healthy, name, pods, is_void):
    there = fell_silent(answered(healthy), 15, name, on_node(pods))

    assert judge(there).is_void is is_void


@pytest.mark.parametrize(
    ("second", "is_void"), [(SINCE, True), (SINCE + 1, False), (SINCE + 4, False), (15, True)]
)
def test_one_good_second_meanwhile_tells_that_the_service_was_reached(healthy, second, is_void):
    """Within a second of its begin the way may still have been open; it lasts for five."""
    there = answered(healthy, since=second, until=second + 1)

    assert judge(fell_silent(there, 5, ran=on_node())).is_void is is_void


def test_of_a_load_without_seconds_nobody_knows_who_was_answered(healthy):
    assert judge(fell_silent(replace(healthy, series=None), 5, ran=on_node())).is_void


@pytest.mark.parametrize(
    ("ran", "where"),
    [(None, ""), (RanAs(), ""), (RanAs(nodes=("a", "b"), pods=2), " (on node a, b)")],
    ids=["nothing known", "no node known", "two"],
)
def test_the_nodes_are_named_where_they_are_known(healthy, ran, where):
    (reason,) = silent_nodes(fell_silent(answered(healthy, until=SINCE), 4, ran=ran))

    assert reason.message.startswith(f"the kernel of service{where} answered nobody for 4.0 s")
