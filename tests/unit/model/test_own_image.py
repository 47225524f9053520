"""Variants of the user's own and requests of the user's own: what the schema lets through."""

import pytest
from pydantic import ValidationError

from loadlab.catalogue import WORKLOADS
from loadlab.model.spec import LoadExperimentSpec
from tests.manifests import Json
from tests.unit.model.spec_schema import spec_schema

OWN = {"name": "mine", "image": "registry.example/api:1.4"}


def spec(**changes: object) -> Json:
    return {"workload": "custom", "variants": [OWN], "load": {"request": {"path": "/"}}} | changes


def variant_schema() -> Json:
    found: Json = spec_schema()["properties"]["variants"]["items"]
    return found


def request_schema() -> Json:
    found: Json = spec_schema()["properties"]["load"]["properties"]["request"]
    return found


def rules_of(schema: Json) -> list[str]:
    return [rule["rule"] for rule in schema["x-kubernetes-validations"]]


def test_the_smallest_variant_with_an_image_says_nothing_else():
    (variant,) = LoadExperimentSpec.model_validate(spec()).variants

    assert variant.dump() == {**OWN, "env": [], "podLabels": {}, "podAnnotations": {}}


def test_everything_that_can_be_said_of_an_image_is_kept():
    given = OWN | {
        "command": ["uvicorn", "app:app", "--workers", "$(WORKERS)"],
        "port": 9000,
        "readinessPath": "/ready",
        "instrumentsPort": 9100,
        "env": [{"name": "STYLE", "value": "async"}],
        "imagePullSecrets": [{"name": "registry"}],
        "serviceAccountName": "shop",
        "automountServiceAccountToken": False,
        "podLabels": {"team": "shop"},
        "podAnnotations": {"sidecar.istio.io/inject": "false"},
    }
    (variant,) = LoadExperimentSpec.model_validate(spec(variants=[given])).variants

    assert variant.dump() == given


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"variants": [OWN | {"image": ""}]}, "image"),
        ({"variants": [OWN | {"image": "x" * 301}]}, "image"),
        ({"variants": [OWN | {"image": " "}]}, "image"),
        ({"variants": [OWN | {"image": "../../etc/passwd"}]}, "image"),
        ({"variants": [OWN | {"image": "registry.example/\u043b:dev"}]}, "image"),
        ({"variants": [OWN | {"command": []}]}, "command"),
        ({"variants": [OWN | {"command": ["sh", "a\0b"]}]}, "command"),
        ({"variants": [OWN | {"env": [{"name": "A", "value": "\0"}]}]}, "env"),
        ({"variants": [OWN | {"command": ["x"] * 51}]}, "command"),
        ({"variants": [OWN | {"port": 0}]}, "port"),
        ({"variants": [OWN | {"readinessPath": "ready"}]}, "readinessPath"),
        ({"variants": [OWN | {"instrumentsPort": 65536}]}, "instrumentsPort"),
        ({"variants": [{"name": "sync", "server": "hypercorn"}]}, "server"),
        ({"load": {"request": {"path": "items"}}}, "path"),
        ({"load": {"request": {"path": "/", "method": "FETCH"}}}, "method"),
        ({"load": {"request": {"path": "/", "body": "x" * 65_537}}}, "body"),
        ({"load": {"request": {"path": "/", "variables": {"n": {"min": 1}}}}}, "n"),
        ({"load": {"request": {"path": "/", "variables": {"n": {"min": "a", "max": 2}}}}}, "min"),
    ],
)
def test_bad_input_is_refused_at_its_place(changes, place):
    with pytest.raises(ValidationError) as caught:
        LoadExperimentSpec.model_validate(spec(**changes))

    assert place in {str(part) for error in caught.value.errors() for part in error["loc"]}


def test_no_field_of_an_image_has_a_default_that_the_api_server_would_fill_in():
    """A rule says that they go with image: a default would break it for every built-in variant."""
    optional = {"image", "command", "port", "readinessPath", "instrumentsPort", "server"}

    with_default = {n for n, f in variant_schema()["properties"].items() if "default" in f}
    assert optional <= variant_schema()["properties"].keys()
    assert with_default & optional == set()


def test_an_image_goes_with_a_name_that_is_not_built_in():
    (rule,) = (r for r in rules_of(spec_schema()) if "v.image" in r)

    own = "(has(v.image) || has(v.service) || has(v.url))"
    assert rule.startswith(f"self.variants.all(v, {own} != (v.name in {{")
    assert rule.endswith("}[self.workload]))")
    assert "'custom': []" in rule
    assert WORKLOADS["custom"].variants == {}


@pytest.mark.parametrize(
    ("field", "goes_with"),
    [
        ("command", "has(self.image) || !("),
        ("port", "has(self.image) || !("),
        ("readinessPath", "has(self.image) || has(self.service) || has(self.url) || !("),
        ("https", "has(self.image) || has(self.service) || has(self.url) || !("),
        ("instrumentsPort", "!has(self.instrumentsPort) || has(self.image) || has(self.serv"),
    ],
)
def test_what_describes_a_service_of_ones_own_goes_with_one(field, goes_with):
    (rule,) = (r for r in rules_of(variant_schema()) if r.startswith(goes_with))

    assert f"has(self.{field})" in rule


def test_a_server_goes_without_an_image():
    assert "!has(self.image) || !has(self.server)" in rules_of(variant_schema())


def test_the_ports_of_an_image_differ_also_where_one_is_the_default():
    (rule,) = (r for r in rules_of(variant_schema()) if "has(self.port) ?" in r)

    assert rule == (
        "!has(self.instrumentsPort) || self.instrumentsPort != "
        "(has(self.service) ? self.service.port : has(self.port) ? self.port : 8000)"
    )


def test_a_custom_workload_needs_a_path():
    asked = "has(self.load.request.path) || (has(self.load.request.steps)"
    assert any(
        r.startswith(f"self.workload != 'custom' || {asked}") for r in rules_of(spec_schema())
    )


def test_a_request_of_ones_own_begins_with_its_path():
    (rule,) = (r for r in rules_of(request_schema()) if r.startswith("has(self.path) ||"))

    for field in ("method", "body", "headers", "variables"):
        assert f"self.{field}" in rule


def test_variables_are_objects_and_headers_are_texts():
    fields = request_schema()["properties"]

    ranges = fields["variables"]["additionalProperties"]
    assert ranges["type"] == "object"
    assert "maxLength" not in ranges
    assert fields["headers"]["additionalProperties"] == {"type": "string", "maxLength": 1000}
