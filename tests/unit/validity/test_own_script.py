"""What of a script's options counts for nothing is remarked; one that was cut off is in doubt."""

from dataclasses import replace

import pytest

from loadlab.measurement.own_script import ScriptFacts
from loadlab.model.status import Validity
from loadlab.validity.generator_rules import requests_unlike_iterations
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.little_law import little_violated
from tests.unit.validity.test_steadiness import QUEUE, found, lasting, series


def with_script(healthy, **facts):
    load = replace(healthy.load, own_script=True)
    return replace(healthy, load=load, script=ScriptFacts(**facts))


def test_options_and_thresholds_that_count_for_nothing_are_named_and_cost_no_validity(healthy):
    trial = with_script(healthy, ignored=("vus", "duration"), unsupported=("odd: rate>0.9",))

    (reason,) = judge(trial).reasons
    assert reason.kind is ReasonKind.SCRIPT_NOT_HEEDED
    assert "not in force, as spec.load says it: vus, duration" in reason.message
    assert "not judged: odd: rate>0.9 (" in reason.message
    assert judge(trial).validity is Validity.VALID


def test_checks_that_failed_are_told_and_cost_no_validity(healthy):
    judged = judge(with_script(healthy, failed_checks=("'is 200' failed 2 of 20 times",)))

    assert [reason.kind for reason in judged.reasons] == [ReasonKind.CHECKS_FAILED]
    assert judged.validity is Validity.VALID


@pytest.mark.parametrize("facts", [{}, {"bounds": ()}])
def test_a_script_with_nothing_of_the_kind_is_not_remarked(healthy, facts):
    assert judge(with_script(healthy, **facts)) == judge(healthy)


def test_iterations_that_were_cut_off_before_are_in_doubt(healthy):
    judged = judge(with_script(healthy, cut_in_warm_up=3))

    assert [reason.kind for reason in judged.reasons] == [ReasonKind.SCRIPT_CUT]
    assert judged.validity is Validity.SUSPECT


@pytest.mark.parametrize("requests", [30_000, 0])
def test_other_protocols_are_named_also_where_there_is_nothing_else(healthy, requests):
    trial = with_script(healthy, beside=("2,000 WebSocket sessions", "40 gRPC requests"))
    said = [r.message for r in judge(replace(trial, requests=requests)).reasons]

    assert said[-1] == (
        "2,000 WebSocket sessions and 40 gRPC requests are no HTTP requests, and in no figure"
    )


@pytest.mark.parametrize(
    ("thrown", "validity"),
    [(99, Validity.VALID), (100, Validity.SUSPECT), (10_000, Validity.INVALID)],
)
def test_iterations_that_threw_are_told_with_what_they_threw(healthy, thrown, validity):
    said = "TypeError: Cannot read property 'name' of undefined (script.js:12)"
    judged = judge(with_script(healthy, iterations=10_000, thrown=thrown, exceptions=(said,)))

    (reason,) = judged.reasons
    assert (reason.kind, judged.validity) == (ReasonKind.SCRIPT_THREW, validity)
    assert said in reason.message
    assert f"{thrown:,} of 10,000 iterations" in reason.message


def test_the_only_iteration_that_threw_is_all_of_them(healthy):
    judged = judge(with_script(healthy, iterations=1, thrown=1, exceptions=("TypeError",)))

    (reason,) = judged.reasons
    assert reason.message.startswith("1 of 1 iterations of the script threw (100.0%)")


def test_a_script_that_throws_before_its_first_request_is_told_why_there_is_none(healthy):
    threw = with_script(healthy, iterations=9, thrown=9, exceptions=("9 x no users",))
    judged = judge(replace(threw, requests=0))

    assert [r.kind for r in judged.reasons] == [ReasonKind.NO_REQUESTS, ReasonKind.SCRIPT_THREW]


def test_an_iteration_may_make_any_number_of_requests(healthy):
    many = replace(healthy, requests=5 * healthy.iterations)

    assert list(requests_unlike_iterations(many))
    assert not list(requests_unlike_iterations(replace(many, load=with_script(many).load)))


def test_of_scenarios_of_its_own_the_number_of_users_is_not_known(healthy):
    few = replace(healthy, iterations=healthy.iterations // 2)

    own = replace(few, load=replace(few.load, own_scenarios=True))
    assert list(little_violated(few))
    assert not list(little_violated(own))


def test_scenarios_of_its_own_may_raise_the_load_as_they_like(healthy):
    growing = replace(lasting(healthy, 8), series=series(QUEUE))

    own = replace(growing, load=replace(growing.load, own_scenarios=True))
    assert found(growing)
    assert not found(own)
