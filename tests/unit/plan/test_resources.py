"""What each container may use and asks for: defaults that every namespace bears, and the spec's."""

from collections.abc import Iterator

import pytest

from loadlab.base.names import METER
from loadlab.model.spec.limits import LIMITS, Amounts, Resources
from loadlab.plan import make_plan
from tests.manifests import Json

OWN = {"name": "mine", "image": "mine:1"}
EVERYTHING = {
    "workload": "items",
    "variants": [{"name": "queued"}, {"name": "cached"}, OWN],
    "factors": {"writePercent": [10]},
    "preparation": {"image": "shop:1"},
}


def containers(experiment, images, **spec: object) -> Iterator[tuple[str, Json]]:
    """Every container that is planned, by the field of spec.resources that speaks of it."""
    plan = make_plan(experiment(**EVERYTHING | spec), images)
    runs = [m for trial in plan.trials for m in plan.run_manifests(trial, attempt=1)]
    prepared = [*plan.preparation_manifests(), *plan.own_preparation_manifests()]
    for manifest in [*plan.store_manifests(), *prepared, *runs]:
        template = manifest["spec"].get("template")
        for container in template["spec"]["containers"] if template else []:
            component = manifest["metadata"]["labels"]["loadlab.dev/component"]
            yield (METER if container["name"] == METER else component), container["resources"]


def test_every_kind_of_container_has_its_field(experiment, images):
    planned = {name for name, _ in containers(experiment, images)}

    assert planned == set(LIMITS) == set(Resources.model_fields)


def test_every_container_has_requests_and_a_memory_limit(experiment, images):
    """A quota on any of the three refuses a pod that leaves one out."""
    for name, resources in containers(experiment, images):
        assert set(resources["requests"]) == {"cpu", "memory"}, name
        assert "memory" in resources["limits"], name


@pytest.mark.parametrize("placement", ["Shared", "Exclusive"])
def test_nothing_that_is_measured_is_throttled_unless_the_spec_says_so(
    experiment, images, placement
):
    planned = dict(containers(experiment, images, placement={"serviceCpu": placement}))

    limited = {name for name, resources in planned.items() if "cpu" in resources["limits"]}
    assert limited == {
        "service",
        "steward",
        "dataset",
        "preparation",
        METER,
    }  # the service's is the spec's own


def test_each_component_may_use_and_asks_for_what_the_spec_says(experiment, images):
    given = {"cpu": "700m", "memory": "300Mi", "cpuRequest": "60m", "memoryRequest": "80Mi"}
    resources = dict.fromkeys(LIMITS, given)
    shared = {"serviceCpu": "Shared"}

    for name, found in containers(experiment, images, resources=resources, placement=shared):
        assert found == {
            "requests": {"cpu": "60m", "memory": "80Mi"},
            "limits": {"cpu": "700m", "memory": "300Mi"},
        }, name


def test_a_limit_by_default_is_never_below_what_is_asked_for():
    resources = Resources(steward=Amounts(cpu_request="1500m"), redis=Amounts(memory_request="2Gi"))

    assert resources.of("steward").cpu == "1500m"
    assert resources.of("redis").memory == "2Gi"
