"""Whatever names a ConfigMap is found: one that nobody looks after may change in mid-run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.config_maps import config_maps_of
from tests.manifests import Json
from tests.reconcile.specs import SPEC as SCHEMA

SAMPLES = Path(__file__).resolve().parents[3] / "manifests/samples"
OWN: Json = {"workload": "custom", "variants": [{"name": "mine", "image": "mine:1"}]}
PLAIN: Json = {"request": {"path": "/"}}


def ref(name: str) -> Json:
    return {"name": name, "key": "x"}


def env(name: str) -> list[Json]:
    return [{"name": "A", "valueFrom": {"configMapKeyRef": ref(name)}}]


def env_from(name: str) -> list[Json]:
    return [{"configMapRef": {"name": name}}]


def files(name: str) -> list[Json]:
    return [{"path": "/etc/shop.toml", "configMapKeyRef": ref(name)}]


def variant(**fields: Any) -> Json:
    return OWN | {"load": PLAIN, "variants": [OWN["variants"][0] | fields]}


def scripted(**fields: Any) -> Json:
    return OWN | {"load": {"script": {"configMap": {"name": "other"}} | fields}}


# By the place in the CRD: a spec that names a ConfigMap there.
PLACES = {
    "variants[].env[].valueFrom.configMapKeyRef": lambda name: variant(env=env(name)),
    "variants[].https.ca.configMapKeyRef": lambda name: variant(
        https={"ca": {"configMapKeyRef": ref(name)}}
    ),
    "load.request.variables{}.configMapKeyRef": lambda name: (
        OWN
        | {
            "load": {
                "request": {"path": "/${x}", "variables": {"x": {"configMapKeyRef": ref(name)}}}
            }
        }
    ),
    "load.script.configMap": lambda name: scripted(configMap={"name": name}),
    "load.script.env[].valueFrom.configMapKeyRef": lambda name: scripted(env=env(name)),
    "preparation.env[].valueFrom.configMapKeyRef": lambda name: (
        OWN | {"load": PLAIN, "preparation": {"image": "shop:1", "env": env(name)}}
    ),
    "variants[].envFrom[].configMapRef": lambda name: variant(envFrom=env_from(name)),
    "preparation.envFrom[].configMapRef": lambda name: (
        OWN | {"load": PLAIN, "preparation": {"image": "shop:1", "envFrom": env_from(name)}}
    ),
    "variants[].files[].configMapKeyRef": lambda name: variant(files=files(name)),
    "preparation.files[].configMapKeyRef": lambda name: (
        OWN | {"load": PLAIN, "preparation": {"image": "shop:1", "files": files(name)}}
    ),
    "preparation.sql": lambda name: OWN | {"load": PLAIN, "preparation": {"sql": ref(name)}},
}


def named_in(schema: Json, path: str = "") -> Iterator[str]:
    """Yield the places in a schema that name a ConfigMap, by what they say of themselves."""
    properties = schema.get("properties", {})
    says = properties.get("name", {}).get("description") == "The ConfigMap."
    if says or path.rpartition(".")[2].lower().startswith("configmap"):
        yield path.removeprefix(".")
        return
    for name, child in properties.items():
        yield from named_in(child, f"{path}.{name}")
    if "items" in schema:
        yield from named_in(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from named_in(schema["additionalProperties"], f"{path}{{}}")


def names_in(value: object, schema: Json) -> Iterator[str]:
    """Yield the names of ConfigMaps in a spec, led by the schema and not by our types."""
    if isinstance(value, list):
        for one in value:
            yield from names_in(one, schema["items"])
    elif isinstance(value, dict):
        properties = schema.get("properties", {})
        if properties.get("name", {}).get("description") == "The ConfigMap.":
            yield value["name"]
        for name, inner in value.items():
            yield from names_in(inner, properties.get(name) or schema["additionalProperties"])


def test_every_place_of_the_crd_is_known_here():
    assert sorted(named_in(SCHEMA)) == sorted(PLACES)


@pytest.mark.parametrize("place", PLACES)
@given(name=st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,40}[a-z0-9])?", fullmatch=True))
def test_a_config_map_is_found_wherever_it_is_named(place, name):
    spec = LoadExperimentSpec.model_validate(PLACES[place](name))

    assert name in config_maps_of(spec)


SPECS = {
    str(path.relative_to(SAMPLES)): each["spec"]
    for path in sorted(SAMPLES.rglob("*.yaml"))
    for each in yaml.safe_load_all(path.read_text())
    if each["kind"] == "LoadExperiment"
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_of_each_sample_all_are_found_and_nothing_else(spec):
    found = config_maps_of(LoadExperimentSpec.model_validate(spec))

    assert found == tuple(sorted(set(names_in(spec, SCHEMA))))


def test_each_is_named_once_and_in_order():
    fields = variant(env=[*env("b"), *(env("a")[0] | {"name": n} for n in "XYZ")])
    spec = LoadExperimentSpec.model_validate(fields | {"preparation": {"sql": ref("b")}})

    assert config_maps_of(spec) == ("a", "b")
    assert config_maps_of(spec.load, spec.preparation, None) == ("b",)
