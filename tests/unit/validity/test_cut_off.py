"""A node that is cut off looks like a service that fails: who could not even connect tells them
apart, and no overload is taken for a lost node.
"""

from dataclasses import replace

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Judgement, ReasonKind

SECONDS = 30  # of a healthy trial


def answered(trial: TrialMeasurement, *, since: int = 0, until: int = SECONDS) -> TrialMeasurement:
    """A trial that had good answers between two of its seconds, and failures in all others."""
    start = int(trial.first_request_epoch_seconds)
    lines = [
        Line(start + second, 1000, 0 if since <= second < until else 1000, None, None)
        for second in range(SECONDS)
    ]
    return replace(trial, series=Series.of(lines))


def cut_off(trial: TrialMeasurement, *names: str, pods: int = 1) -> TrialMeasurement:
    components = {name: used for name, used in trial.components.items() if name not in names}
    ran = {name: RanAs(nodes=("b",), pods=pods) for name in names}
    return replace(trial, components=components, cut_off=names, ran=ran)


def kinds(judgement: Judgement) -> set[ReasonKind]:
    return {reason.kind for reason in judgement.reasons}


@pytest.mark.parametrize("window", [{"until": 28}, {"until": 10}, {"since": 2}])
def test_a_trial_whose_service_nobody_could_reach_any_more_is_void(healthy, window):
    judgement = judge(cut_off(answered(healthy, **window), "service"))

    assert judgement.is_void
    assert ReasonKind.CUT_OFF in kinds(judgement)


@pytest.mark.parametrize("window", [{}, {"until": 29}, {"since": 1}])
def test_a_service_that_answers_the_generator_is_not_cut_off_from_it(healthy, window):
    """Its figures stand, without those of its instruments."""
    judgement = judge(cut_off(answered(healthy, **window), "service"))

    assert not judgement.is_void
    assert ReasonKind.CUT_OFF not in kinds(judgement)
    assert ReasonKind.INSTRUMENTS_MISSING in kinds(judgement)
    assert judgement.validity is Validity.SUSPECT


def test_a_ramp_is_part_of_the_time_in_which_it_answers(healthy):
    ramping = replace(healthy.load, ramp_up_seconds=3.0, duration_seconds=27.0)

    judgement = judge(cut_off(answered(replace(healthy, load=ramping), until=26), "service"))

    assert ReasonKind.CUT_OFF in kinds(judgement)


def test_a_service_that_stands_still_but_takes_connections_is_its_own_result(healthy):
    """All its processes compute, and so its instruments may answer late, too."""
    silent = replace(cut_off(answered(healthy, until=5), "service"), cut_off=())

    judgement = judge(silent)

    assert not judgement.is_void
    assert ReasonKind.INSTRUMENTS_MISSING in kinds(judgement)


@pytest.mark.parametrize(("name", "pods"), [("service", 2), ("worker", 1)])
def test_answers_of_others_say_nothing_of_who_is_cut_off(healthy, name, pods):
    judgement = judge(cut_off(answered(healthy), name, pods=pods))

    assert judgement.is_void


def test_a_lost_node_is_named_also_where_nothing_was_answered(healthy):
    nothing = replace(healthy, latency=Histogram())

    assert not judge(nothing).is_void
    assert judge(replace(nothing, cut_off=("service",))).is_void
