"""What differs between two experiments beside what is compared, each in one short sentence."""

from typing import Any

import pytest

from loadlab.analysis.baseline import BaselineView, with_baseline
from loadlab.analysis.environments import LONGEST_DIFFERENCE, Conditions, Contrast, contrasts_of
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import MAX_DIFFERENCES, LoadExperimentStatus

SPEC: dict[str, Any] = {"workload": "select", "variants": [{"name": "async"}, {"name": "sync"}]}
STATUS: dict[str, Any] = {
    "operatorVersion": "0.2.0",
    "environment": {
        "kubernetes": "v1.34.4",
        "node": "n1",
        "images": {"service": "services:2", "postgres": "postgres:15", "service/own": "own:2"},
    },
    "chosen": {"seed": 7, "serviceCpu": "Exclusive", "serviceCpuReason": "it is tried"},
}


def conditions(spec: dict[str, Any], status: dict[str, Any] = STATUS) -> Conditions:
    read = LoadExperimentSpec.model_validate(SPEC | spec)
    return Conditions(read, LoadExperimentStatus.model_validate(status))


def contrasts(here: dict[str, Any], there: dict[str, Any] | None = None) -> tuple[Contrast, ...]:
    return contrasts_of(conditions(here), conditions(there or {}))


def texts(found: tuple[Contrast, ...]) -> list[str]:
    return [contrast.text for contrast in found]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"load": {"duration": "5s"}}, "load.duration 5s, there 30s"),
        ({"load": {"request": {"thinkTime": "1s"}}}, "load.request.thinkTime 1s, there 0s"),
        ({"load": {"request": {"path": "/a"}}}, "load.request.path /a, there not set"),
        ({"resources": {"service": {"cpu": "2"}}}, "resources.service.cpu 2, there 1"),
        ({"postgres": {"scale": 0.1}}, "postgres.scale 0.1, there 0.01"),
        ({"preparation": {"image": "shop:2"}}, "preparation.image shop:2, there not set"),
        (
            {"preparation": {"sql": {"name": "shop", "key": "a.sql"}}},
            "preparation.sql.key a.sql, there not set",
        ),
        (
            {"postgres": {"settings": {"max_connections": "200"}}},
            "postgres.settings.max_connections 200, there not set",
        ),
    ],
)
def test_a_condition_that_differs_is_told_and_keeps_from_comparing(spec, text):
    (found,) = [c for c in contrasts(spec) if c.text == text]

    assert found.is_condition
    (other,) = [c for c in contrasts({}, spec) if c.name == found.name]
    assert other.is_condition


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"placement": {"nodeSelector": {"disk": "ssd"}}},
            "placement.nodeSelector.disk ssd, there",
        ),
        ({"network": {"policies": False}}, "network.policies false, there true"),
        (
            {"variants": [{"name": "async", "server": "gunicorn"}]},
            "variants.async.server gunicorn, there not set",
        ),
    ],
)
def test_what_is_no_condition_is_told_only(spec, text):
    (found,) = contrasts(spec)

    assert found.text.startswith(text)
    assert not found.is_condition


@pytest.mark.parametrize(
    "spec",
    [
        {"replicates": 9},
        {"order": {"seed": 3}},
        {"maxTrials": 50},
        {"variants": [{"name": "async", "env": [{"name": "THREAD_TOKENS", "value": "80"}]}]},
        {"comparison": {"baselineRef": {"name": "before"}}},
        {"successCriteria": [{"name": "e", "metric": "http_reqs", "threshold": "count>1"}]},
        {"timeouts": {"total": "1h"}},
        {"retry": {"attempts": 3}},
        {"suspend": True},
        {"load": {"duration": "30000ms", "warmup": "5s"}},
        {"resources": {"service": {"cpu": "1000m", "memory": "1024Mi"}}},
        {"redis": {"appendfsync": "always"}},
        {"placement": {"serviceCpu": "Exclusive"}},
    ],
    ids=",".join,
)
def test_what_is_compared_or_touches_no_figure_is_no_difference(spec):
    assert contrasts(spec) == ()


def test_images_of_a_variant_are_what_is_compared():
    own = [
        {"variants": [{"name": "own", "image": f"own:{version}"}], "workload": "custom"}
        | {"load": {"request": {"path": "/"}}}
        for version in (1, 2)
    ]

    assert contrasts(*own) == ()


def test_the_settings_of_a_store_count_where_one_of_the_two_uses_it():
    queued: dict[str, Any] = {"workload": "ingest", "variants": [{"name": "queued-insert"}]}

    found = contrasts(queued | {"redis": {"appendfsync": "always"}}, queued)

    assert texts(found) == ["redis.appendfsync always, there everysec"]


def given_map(version: str, **spec: Any) -> Conditions:
    environment = STATUS["environment"] | ({"inputs": {"shop": version}} if version else {})
    return conditions(spec, STATUS | {"environment": environment})


OWN: dict[str, Any] = {"workload": "custom", "variants": [{"name": "own", "image": "own:1"}]}
REF = {"name": "shop", "key": "x"}
NAMES_IT: dict[str, tuple[dict[str, Any], bool]] = {
    "script": (OWN | {"load": {"script": {"configMap": REF}}}, True),
    "sql": ({"preparation": {"sql": REF}}, True),
    "env of a variant": (
        {
            "variants": [
                {"name": "async", "env": [{"name": "A", "valueFrom": {"configMapKeyRef": REF}}]}
            ]
        },
        False,
    ),
}


@pytest.mark.parametrize(("spec", "is_condition"), NAMES_IT.values(), ids=NAMES_IT)
def test_a_config_map_that_changed_since_is_told(spec, is_condition):
    """Of what a variant alone is given figures are compared: it is the variant."""
    here, changed, anew = (given_map(version, **spec) for version in ("u/7", "u/8", "v/7"))

    for there in (changed, anew):
        (found,) = contrasts_of(here, there)
        assert found.text == "the ConfigMap shop changed since, or was created anew"
        assert found.is_condition == is_condition
    assert contrasts_of(here, here) == ()


@pytest.mark.parametrize(
    ("there", "is_same"),
    [("v/9/aa", True), ("u/8/bb", False), ("u/7/bb", True), ("u/7", True), ("u/8", False)],
    ids=["made anew", "edited", "other keys of it", "of an earlier release", "touched before"],
)
def test_what_is_in_a_config_map_decides_where_both_know_it(there, is_same):
    spec, _ = NAMES_IT["script"]

    found = contrasts_of(given_map("u/7/aa", **spec), given_map(there, **spec))

    assert (found == ()) is is_same


def test_of_a_release_that_did_not_look_it_is_not_known_whether_a_config_map_changed():
    spec, _ = NAMES_IT["script"]

    (found,) = contrasts_of(given_map("u/7", **spec), given_map("", **spec))

    assert found.text == "it is not known whether the ConfigMap shop changed since"
    assert not found.is_condition


def test_a_config_map_that_only_one_of_the_two_names_is_a_difference_of_its_spec():
    here = given_map("u/7", **NAMES_IT["sql"][0])

    found = contrasts_of(here, conditions({}))

    assert "preparation.sql.name shop, there not set" in texts(found)
    assert not any("ConfigMap" in text for text in texts(found))


def with_loads(load: dict[str, Any], *loads: dict[str, Any], **spec: Any) -> Conditions:
    return conditions({"load": load} | spec, STATUS | {"chosen": {"seed": 7, "loads": loads}})


def test_what_a_pilot_carried_is_no_condition():
    """It is never twice the same: no baseline with purpose Compare could claim anything."""
    here = with_loads({"purpose": "Compare"}, {"cell": "async", "carries": 3012.4, "rate": 1500})
    there = with_loads({"purpose": "Compare"}, {"cell": "async", "carries": 3055.8, "rate": 1500})

    assert contrasts_of(here, there) == ()


def test_the_rates_that_were_chosen_are_told_of_the_cells_that_both_have():
    loads = [{"cell": name, "carries": 3012.4, "rate": 1500} for name in ("async", "sync", "own")]
    other = [{"cell": name, "rate": 1400, "tier": 2} for name in ("async", "old")]
    here = with_loads({"purpose": "Compare"}, *loads)

    (found,) = contrasts_of(here, with_loads({"purpose": "Compare"}, *other))

    assert (found.text, found.is_condition) == ("chosen.rate.async 1500, there 1400", False)


def test_the_steps_of_a_search_are_a_condition():
    search = {"purpose": "Capacity", "search": {}}
    criteria = [{"name": "p95", "metric": "http_req_duration", "threshold": "p(95)<200"}]
    sides = [
        with_loads(search, {"cell": "async", "rates": rates}, successCriteria=criteria)
        for rates in ([1500], [1400])
    ]

    (found,) = contrasts_of(*sides)

    assert (found.name, found.is_condition) == ("chosen.loads", True)


def test_surroundings_are_told():
    there = {
        "operatorVersion": "0.1.0",
        "environment": {"node": "n2", "images": {"service": "services:1", "postgres": "pg:14"}},
        "chosen": {"seed": 8, "serviceCpu": "Shared"},
    }

    found = contrasts_of(conditions({}), conditions({}, there))

    assert texts(found) == [
        "chosen.serviceCpu Exclusive, there Shared",
        "Kubernetes v1.34.4, there not known",
        "image.postgres postgres:15, there pg:14",
        "node n1, there n2",
        "operator 0.2.0, there 0.1.0",
    ]
    assert [c.is_condition for c in found] == [True, False, False, False, False]


def test_differences_are_bounded_in_number_and_length():
    settings = {f"setting_{n:02}": "x" * 500 for n in range(50)}
    here = LoadExperimentSpec.model_validate(SPEC | {"postgres": {"settings": settings}})
    metadata = {"name": "before", "namespace": "lab"}
    status = {"phase": "Succeeded"}
    former = Experiment.model_validate({"metadata": metadata, "spec": SPEC, "status": status})

    found = with_baseline(LoadExperimentStatus(), here, BaselineView("before", former)).baseline

    assert found is not None
    assert len(found.differences) == MAX_DIFFERENCES
    assert found.differences[-1] == "and 31 more"
    assert max(map(len, found.differences)) <= LONGEST_DIFFERENCE
