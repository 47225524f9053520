"""What a plan makes of services that run already."""

import json
from dataclasses import replace

import pytest

from loadlab.base.names import Component
from loadlab.plan import PlanError, make_plan
from loadlab.plan.expected import load_facts
from loadlab.plan.generator import trial_configuration
from loadlab.plan.running_service import why_not_a_host

SHOP = {"name": "shop", "service": {"name": "shop", "port": 8080}}
BEYOND = {"name": "beyond", "url": "https://shop.example.com"}
ASKED = {"workload": "custom", "load": {"request": {"path": "/"}}}


@pytest.fixture
def planned(experiment, images):
    def plan(*variants, **spec):
        allowing = replace(images, allowed_hosts=("shop.example.com:443",))
        return make_plan(experiment(**ASKED | {"variants": variants} | spec), allowing)

    return plan


def test_a_service_is_asked_by_its_full_name(planned):
    plan = planned(SHOP)

    config = trial_configuration(plan.context, plan.trials[0].run(1))

    assert config["target"] == "http://shop.lab.svc:8080"
    assert "outside" not in config


def test_a_url_is_asked_as_it_stands_and_kept_off_this_machine(planned):
    plan = planned(BEYOND)

    config = trial_configuration(plan.context, plan.trials[0].run(1))

    assert (config["target"], config["outside"]) == ("https://shop.example.com", True)


def test_a_run_is_the_generator_alone(planned):
    plan = planned(SHOP)

    assert [m["kind"] for m in plan.run_manifests(plan.trials[0], 1)] == ["Job"]


def test_only_instruments_of_its_owner_are_read(planned):
    def targets(variant):
        (steward,) = (
            m for m in planned(variant).preparation_manifests() if m["kind"] == "Deployment"
        )
        env = steward["spec"]["template"]["spec"]["containers"][0]["env"]
        return json.loads(next(v["value"] for v in env if v["name"] == "SNAPSHOT_TARGETS"))

    assert targets(SHOP) == {"shop": {}}
    assert targets(SHOP | {"instrumentsPort": 9000}) == {
        "shop": {"service": "http://shop.lab.svc:9000"}
    }
    assert targets(SHOP | {"metrics": {"port": 80}}) == {
        "shop": {"service": "http://shop.lab.svc:80/metrics"}
    }


def test_a_claim_about_its_cpu_may_rest_on_its_own_metrics(planned):
    assert planned(SHOP | {"metrics": {"port": 80}}, expectations=[CLAIM | {"atMost": 1000}])


def policies(plan):
    found = plan.preparation_manifests()
    return {
        m["metadata"]["labels"]["loadlab.dev/component"]: m["spec"]
        for m in found
        if m["kind"] == "NetworkPolicy"
    }


def test_a_load_on_a_service_stays_within_the_namespace(planned):
    found = policies(planned(SHOP))

    ends = [to for rule in found["k6"]["egress"] for to in rule.get("to", [])]
    assert {"podSelector": {}} in ends
    assert all(set(to) == {"podSelector"} for to in ends)
    assert found["steward"]["egress"] == []
    assert Component.SERVICE not in found


def test_only_a_url_lets_the_generator_out(planned):
    assert "Egress" not in policies(planned(BEYOND))["k6"]["policyTypes"]


def test_its_cpus_are_its_owners(planned):
    plan = planned(SHOP)

    facts = load_facts(plan.context, plan.cells[0], plan.trials[0].load)

    assert (facts.deployed, facts.owns_cpus, facts.instrumented) == (False, False, False)
    assert Component.SERVICE not in facts.cpu_limits


CLAIM = {"name": "cpu", "metric": "cpuMicrosPerRequest.service", "of": {"variant": "shop"}}
REFUSED = {
    "beside a deployed one": (
        ((SHOP, {"name": "mine", "image": "mine:1"}), {}),
        "make two experiments",
    ),
    "with stores": (
        ((SHOP,), {"workload": "select"}),
        "service and url go with custom, which has no store",
    ),
    "a claim about its CPU": (
        ((SHOP,), {"expectations": [CLAIM | {"atMost": 1000}]}),
        "nobody meters a service that runs already",
    ),
    "a precision of its CPU": (
        ((SHOP,), {"precision": {"figure": "cpuMicros", "halfWidth": "5%"}}),
        "precision.figure cpuMicros is not known",
    ),
    "a script, which asks whom it likes": (
        ((BEYOND,), {"load": {"executor": "constant-vus", "script": {"configMap": {"name": "x"}}}}),
        "load.script may ask any host",
    ),
    "limits of its pod": (
        ((SHOP,), {"resources": {"service": {"cpu": "2"}}}),
        "resources.service says something of the service's pod",
    ),
    "limits of a meter": (
        ((SHOP,), {"resources": {"meter": {"cpu": "1"}}}),
        "resources.meter says something",
    ),
    "nodes of its pod": (
        ((SHOP,), {"placement": {"components": {"service": {"nodeSelector": {"a": "b"}}}}}),
        "placement.components.service says something",
    ),
    "whom it may speak to": (
        ((BEYOND,), {"network": {"serviceEgress": "Closed"}}),
        "network.serviceEgress says something",
    ),
    "a generator apart": (
        ((SHOP,), {"placement": {"separateGenerator": "Required"}}),
        "placement.components.k6.nodeSelector",
    ),
    "metrics of a port that speaks https": (
        ((SHOP | {"https": {}, "metrics": {"port": 8080}},), {}),
        "are asked by http, and port 8080 of the Service speaks https",
    ),
    "another generator beyond the cluster": (
        ((BEYOND,), {"load": {"generator": "wrk", "request": {"path": "/"}}}),
        "url goes with load.generator k6",
    ),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_of_it_is_refused_in_words(planned, given, said):
    variants, spec = given
    with pytest.raises(PlanError, match=said):
        planned(*variants, **spec)


@pytest.mark.parametrize(
    "entry",
    [
        *("shop.example.com", "*.example.com:443", "example:443", "10.0.0.1:80", "[::1]:80"),
        *("a.localhost:80", "metadata.google.internal:80", "a.b:0", "a.b:65536", "A.b:80", "a.b:٣"),
    ],
)
def test_an_entry_that_allows_too_much_allows_nothing(entry):
    assert why_not_a_host(entry)


def test_an_entry_is_a_name_and_a_port():
    assert why_not_a_host("shop.example.com:443") == ""
