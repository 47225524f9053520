"""On which nodes pods run: apart, on the nodes of the first trial, and as the spec says."""

from typing import Any

import pytest
from pydantic import ValidationError

from loadlab.base.names import COMPONENT_LABEL, Component
from loadlab.plan import make_plan
from tests.manifests import Json

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
INGEST: Json = {"workload": "ingest", "variants": [{"name": "queued"}]}
CHOSEN: Json = {
    "seed": 1,
    "layout": [
        {"component": "service", "nodes": ["a"]},
        {"component": "worker", "nodes": ["a"]},
        {"component": "k6", "nodes": ["b", "c"]},
        {"component": "redis", "nodes": ["c"]},
    ],
    "generatorApart": True,
}


def pods(plan: Any) -> dict[str, Json]:
    """The pod of each component, by its name."""
    made = [
        *plan.store_manifests(),
        *plan.preparation_manifests(),
        *plan.run_manifests(plan.trials[0], attempt=1),
    ]
    templates = [each["spec"]["template"] for each in made if "template" in each.get("spec", {})]
    return {t["metadata"]["labels"][COMPONENT_LABEL]: t["spec"] for t in templates}


def planned(experiment: Any, images: Any, chosen: Json | None = None, **spec: Any) -> Any:
    given = experiment(**INGEST | spec)
    if chosen:
        status = given.status.model_validate({"chosen": chosen})
        given = given.model_copy(update={"status": status})
    return make_plan(given, images)


def test_the_service_keeps_away_from_generator_and_stores_where_it_can(experiment, images):
    found = pods(planned(experiment, images))
    preferred = found["service"]["affinity"]["podAntiAffinity"]

    assert set(preferred) == {PREFERRED}
    others, steward = preferred[PREFERRED]
    assert names_in(others) == ["k6", "postgres", "redis", "rabbitmq"]
    assert names_in(steward) == ["steward"]
    assert others["weight"] > steward["weight"]
    assert [n for n, pod in found.items() if "podAntiAffinity" in str(pod)] == ["service"]


def names_in(rule: Json) -> list[str]:
    (other,) = rule["podAffinityTerm"]["labelSelector"]["matchExpressions"]
    return list(other["values"])


def gathered(found: dict[str, Json]) -> dict[str, list[str]]:
    """Beside which others pods like to be, by component."""
    affinities = {name: pod.get("affinity", {}).get("podAffinity") for name, pod in found.items()}
    assert all(set(each) == {PREFERRED} for each in affinities.values() if each)
    return {name: names_in(each[PREFERRED][0]) for name, each in affinities.items() if each}


def test_generator_stores_and_steward_like_to_be_beside_each_other(experiment, images):
    """So a node is left for the service, and the steward watches the node of the others."""
    together = ["k6", "postgres", "redis", "rabbitmq", "steward"]
    found = gathered(pods(planned(experiment, images)))

    assert found.keys() == {"k6", "postgres", "redis", "steward"}
    assert all(each == together for each in found.values())


def test_several_generators_gather_only_where_the_service_must_have_a_node(experiment, images):
    load = {"parallelism": 2}
    required = {"separateGenerator": "Required"}
    spread = pods(planned(experiment, images, load=load))
    together = pods(planned(experiment, images, load=load, placement=required))

    assert "k6" not in gathered(spread)
    assert "k6" in gathered(together)
    assert "topologySpreadConstraints" not in together["k6"]


def test_of_other_experiments_it_does_not_keep_away(experiment, images):
    """Theirs are not under way: an active experiment is alone."""
    anti = pods(planned(experiment, images))["service"]["affinity"]["podAntiAffinity"]
    labels = anti[PREFERRED][0]["podAffinityTerm"]["labelSelector"]["matchLabels"]

    assert list(labels) == ["loadlab.dev/experiment-uid"]


def test_required_leaves_the_scheduler_no_choice(experiment, images):
    placement = {"separateGenerator": "Required"}
    found = pods(planned(experiment, images, placement=placement))["service"]["affinity"]

    (rule,) = found["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["topologyKey"] == "kubernetes.io/hostname"


def test_none_says_nothing(experiment, images):
    found = pods(planned(experiment, images, placement={"separateGenerator": "None"}))

    assert not any("affinity" in pod for pod in found.values())


def test_later_trials_run_on_the_nodes_of_the_first(experiment, images):
    found = pods(planned(experiment, images, CHOSEN))
    nodes = {name: nodes_of(pod) for name, pod in found.items() if "nodeAffinity" in str(pod)}

    assert nodes == {"service": ["a"], "worker": ["a"], "k6": ["b", "c"], "redis": ["c"]}


def nodes_of(pod: Json) -> list[str]:
    """A field may be held against one name only, so that each node has a term."""
    rule = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    fields = [field for term in rule["nodeSelectorTerms"] for field in term["matchFields"]]
    assert {(f["key"], f["operator"], len(f["values"])) for f in fields} == {
        ("metadata.name", "In", 1)
    }
    return [field["values"][0] for field in fields]


def test_the_plan_stays_the_same_once_the_nodes_are_known(experiment, images):
    before, after = planned(experiment, images), planned(experiment, images, CHOSEN | {"seed": 1})
    chosen = before.context.chosen.dump() | {"layout": CHOSEN["layout"], "generatorApart": True}

    assert planned(experiment, images, chosen).fingerprint == before.fingerprint
    assert after.context.chosen.nodes_of("k6") == ("b", "c")


@pytest.mark.parametrize(("parallelism", "spread"), [(1, False), (2, True)])
def test_generators_of_one_trial_are_spread(parallelism, spread, experiment, images):
    found = pods(planned(experiment, images, load={"parallelism": parallelism}))["k6"]

    assert ("topologySpreadConstraints" in found) is spread
    if spread:
        (rule,) = found["topologySpreadConstraints"]
        assert rule["whenUnsatisfiable"] == "ScheduleAnyway"
        assert set(rule["labelSelector"]["matchLabels"]) == {
            "loadlab.dev/run",
            "loadlab.dev/component",
        }


def test_what_holds_for_all_and_for_one_is_merged(experiment, images):
    taint = {"key": "example.com/tests"}
    placement = {
        "nodeSelector": {"pool": "tests", "disk": "ssd"},
        "tolerations": [taint],
        "priorityClassName": "tests",
        "components": {
            "k6": {
                "nodeSelector": {"pool": "load"},
                "tolerations": [taint, {"key": "load", "value": "only", "effect": "NoSchedule"}],
            }
        },
    }
    found = pods(planned(experiment, images, placement=placement))
    anywhere = {"key": "example.com/tests", "operator": "Exists"}

    assert {pod["priorityClassName"] for pod in found.values()} == {"tests"}
    for name, pod in found.items():
        is_load = name == Component.K6
        assert pod["nodeSelector"] == {"pool": "load" if is_load else "tests", "disk": "ssd"}
        own = {"key": "load", "operator": "Equal", "value": "only", "effect": "NoSchedule"}
        assert pod["tolerations"] == ([anywhere, own] if is_load else [anywhere])


@pytest.mark.parametrize("key", ["", "node.kubernetes.io/not-ready", "a b", "/x"])
def test_no_pod_tolerates_everything_or_a_lost_node(key, experiment):
    with pytest.raises(ValidationError):
        experiment(**INGEST, placement={"tolerations": [{"key": key}]})
