"""What a script of the user's own asks for: bounds that can be judged, and those that cannot."""

import pytest

from loadlab.measurement.documents import K6Document, OwnThreshold
from loadlab.measurement.own_script import ScriptBound, ScriptFacts, script_facts
from tests.manifests import Json
from tests.reconcile.generator_log import _document, _measured, hdr

WAITED = tuple(range(1_000, 101_000, 1_000))  # 1 to 100 ms


def document(thresholds: list[Json], **more: object) -> K6Document:
    script = {"thresholds": thresholds, "ignored": ["scenarios"]}
    trends = {"waited": hdr(WAITED)}
    return K6Document.model_validate(
        _document(_measured(10, 1.0), 1.0) | {"script": script, "trends": trends} | more
    )


def bound(metric: str, threshold: str) -> Json:
    return {"metric": metric, "threshold": threshold}


def facts_of(*documents: K6Document) -> ScriptFacts:
    found = script_facts(documents)
    assert found is not None
    return found


def test_without_a_script_there_is_nothing_to_say():
    assert script_facts([document([], script=None)]) is None


@pytest.mark.parametrize(
    ("threshold", "value"),
    [
        ("avg<60", 50.5), ("min>=1", 1.0), ("max <= 200", 100.0), ("med<60", 50.0),
        ("p(90)<95", 90.0), (" p( 99.5 ) < 100.25", 100.0), ("p(100)!=3", 100.0),
    ],
)  # fmt: skip
def test_a_time_of_its_own_has_its_value_beside_the_bound(threshold, value):
    facts = facts_of(*[document([bound("waited", threshold)])] * 2)

    (found,) = facts.bounds
    assert (found.metric, found.threshold) == ("waited", threshold)
    assert found.value == pytest.approx(value, rel=0.001)


def test_a_bound_on_a_metric_of_k6_is_left_to_the_analysis():
    asked = [bound("http_req_duration", "p(95)<500"), bound("http_req_failed", "rate<0.01")]

    facts = facts_of(document(asked))

    assert facts.bounds == tuple(ScriptBound(**OwnThreshold(**each).model_dump()) for each in asked)
    assert facts.ignored == ("scenarios",)


@pytest.mark.parametrize(
    ("metric", "threshold"),
    [
        ("checks", "avg>0.9"), ("checks{a:b}", "rate>1"),
        ("http_req_duration{kind:json}", "max<1"), ("nobody", "avg<1"),
        ("waited", "count>1"), ("waited", "rate<1"), ("waited", "p<1"), ("waited", "p(0)<1"),
        ("waited", "p(101)<1"), ("waited", "avg(9)<1"), ("waited", "avg<"), ("waited", "avg<-1"),
        ("http_reqs", "avg<1"), ("http_req_failed", "count<1"), ("waited", "avg<1; avg<2"),
    ],
)  # fmt: skip
def test_what_is_not_looked_at_is_named(metric, threshold):
    facts = facts_of(document([bound(metric, threshold)]))

    assert facts.bounds == ()
    assert facts.unsupported == (f"{metric}: {threshold}",)


def test_checks_are_a_share_and_those_that_failed_are_told():
    checks = {"is 200": {"passed": 9, "failed": 1}, "says hello": {"passed": 10, "failed": 0}}
    facts = facts_of(*[document([bound("checks", "rate>0.9")], checks=checks)] * 2)

    (found,) = facts.bounds
    assert found.value == pytest.approx(38 / 40)
    assert facts.failed_checks == ("'is 200' failed 2 of 20 times",)


def test_a_script_without_checks_has_no_share_of_them():
    facts = facts_of(document([bound("checks", "rate>0.9")]))

    assert facts.failed_checks == ()
    assert facts.unsupported == ("checks: rate>0.9",)


def test_iterations_that_were_cut_in_the_warm_up_are_counted_over_all_pods():
    cut = _measured(10, 1.0) | {"interruptedIterations": 2}
    scenarios = {"warmup": cut, "measure": _measured(10, 1.0)}

    facts = facts_of(*[document([], scenarios=scenarios)] * 3)

    assert facts.cut_in_warm_up == 6


def test_what_iterations_threw_is_added_up_over_all_pods():
    told = [{"text": "TypeError: x (a.js:1)", "iterations": 3}, {"text": "none", "iterations": 4}]
    scenarios = {"measure": _measured(10, 1.0) | {"exceptions": told}}

    facts = facts_of(*[document([], scenarios=scenarios)] * 2)

    assert (facts.iterations, facts.thrown) == (20, 14)
    assert facts.exceptions == ("8 x none", "6 x TypeError: x (a.js:1)")


def test_thresholds_that_were_left_out_are_named():
    script = {"thresholds": [], "ignored": [], "thresholdsLeftOut": 11}

    assert facts_of(document([], script=script)).unsupported == ("11 more, as 20 are the most",)


def test_sessions_of_other_protocols_are_added_up_over_all_pods():
    others = {"otherProtocols": {"gRPC requests": 20, "WebSocket sessions": 1000}}
    scenarios = {"measure": _measured(10, 1.0) | others}

    facts = facts_of(*[document([], scenarios=scenarios)] * 2)

    assert facts.beside == ("2,000 WebSocket sessions", "40 gRPC requests")
