"""Pods of a service of the user's own that did next to nothing."""

from dataclasses import replace

import pytest

from loadlab.measurement.pod_spread import PodSpread
from loadlab.model.status import Validity
from loadlab.plan.expected import ExpectedWork
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind


def judged(healthy, spread, expected=None):
    load = replace(healthy.load, expected=expected)
    service = replace(healthy.components["service"], pod_spread=spread)
    trial = replace(healthy, load=load, components=healthy.components | {"service": service})
    found = judge(trial)
    return [reason for reason in found.reasons if reason.kind is ReasonKind.WORKERS_UNEVEN]


@pytest.mark.parametrize("by", ["requests", "CPU"])
def test_a_pod_with_a_quarter_of_the_busiest_is_told(healthy, by):
    (found,) = judged(healthy, PodSpread(4.1, by))

    assert found.level is Validity.SUSPECT
    assert f"had 4 times the {by} of the idlest, bound 4" in found.message


@pytest.mark.parametrize("spread", [PodSpread(4.0, "requests"), None], ids=["even", "one pod"])
def test_even_pods_are_nothing_to_tell(healthy, spread):
    assert judged(healthy, spread) == []


def test_of_our_own_services_each_worker_is_looked_at_instead(healthy):
    assert judged(healthy, PodSpread(9.0, "requests"), ExpectedWork(workers=4)) == []
