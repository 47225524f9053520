"""The CRDs: structural, described field by field, bounded, and guarded by CEL rules."""

import json
import re
from collections.abc import Iterator

import pytest

from loadlab.base.quantities import DURATION_PATTERN, seconds
from loadlab.catalogue import WORKLOADS
from loadlab.crd import experiment_crd, trial_crd
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.experiment import MUTABLE_FIELDS
from loadlab.plan import PlanError
from loadlab.plan.checks import check_name
from tests.manifests import Json
from tests.unit.model.cel import evaluate

EXPERIMENT, TRIAL = CRDS = experiment_crd(), trial_crd()
FORBIDDEN = {
    "$ref", "$defs", "definitions", "anyOf", "oneOf", "allOf", "not", "const", "title",
    "patternProperties", "prefixItems", "exclusiveMinimum", "examples", "deprecated",
}  # fmt: skip
TYPES = {"string", "integer", "number", "boolean", "object", "array"}
each_crd = pytest.mark.parametrize("crd", CRDS, ids=lambda crd: crd["spec"]["names"]["kind"])


def schema_of(crd: Json) -> Json:
    (version,) = crd["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]
    return found


def nodes(schema: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every schema with its path; the items of a list are `[]`."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


def fields(schema: Json) -> Iterator[tuple[str, Json, bool]]:
    """Yield every field with its path and whether it is required."""
    for path, node in nodes(schema):
        for name, child in node.get("properties", {}).items():
            yield f"{path}.{name}", child, name in node.get("required", [])


def rules(schema: Json) -> list[tuple[str, Json]]:
    return [
        (path, rule)
        for path, node in nodes(schema)
        for rule in node.get("x-kubernetes-validations", [])
    ]


@each_crd
def test_every_field_has_a_description(crd):
    silent = [
        path
        for path, field, _ in fields(schema_of(crd))
        if path != ".metadata" and len(field.get("description", "")) < 4
    ]

    assert silent == []


@each_crd
def test_no_field_is_described_twice_in_other_words_than_its_own(crd):
    """A description that is a class's docstring with a line break would read badly."""
    broken = [path for path, f, _ in fields(schema_of(crd)) if "\n" in f.get("description", "")]

    assert broken == []


@each_crd
def test_schema_is_structural(crd):
    for path, node in nodes(schema_of(crd)):
        assert not FORBIDDEN & node.keys(), path
        assert node.get("type") in TYPES, path
        assert not {"properties", "additionalProperties"} <= node.keys(), path
        assert ("items" in node) == (node["type"] == "array"), path


@each_crd
def test_required_fields_exist_and_have_no_default(crd):
    for path, node in nodes(schema_of(crd)):
        for name in node.get("required", []):
            assert name in node["properties"], f"{path}.{name}"
            assert "default" not in node["properties"][name], f"{path}.{name}"


@each_crd
def test_defaults_are_of_the_type_and_within_the_bounds_of_their_field(crd):
    python: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "object": dict,
        "array": list,
    }
    for path, field, _ in fields(schema_of(crd)):
        if "default" not in field:
            continue
        default = field["default"]
        assert isinstance(default, python[field["type"]]), path
        assert "enum" not in field or default in field["enum"], path
        if isinstance(default, int | float) and not isinstance(default, bool):
            assert field.get("minimum", default) <= default <= field.get("maximum", default), path


def test_optional_fields_of_the_spec_have_a_default_or_say_what_absence_means():
    spec = schema_of(EXPERIMENT)["properties"]["spec"]
    told = ("absent", "unless set", "only", "default")
    # A field of a pattern of cells that is absent matches every level; its parent says so.
    patterns = (".exclude[]", *(f".expectations[].{side}." for side in ("of", "over", "at")))
    vague = [
        path
        for path, field, required in fields(spec)
        if not required and "default" not in field and not path.startswith(patterns)
        if not any(word in field["description"] for word in told)
        if not path.startswith(".ttlStrategy.")  # its parent: absent means never
    ]

    assert vague == []
    assert "absent: never" in spec["properties"]["ttlStrategy"]["description"]


def test_strings_and_lists_of_the_spec_are_bounded():
    """CEL's cost budget counts the longest possible value."""
    spec = schema_of(EXPERIMENT)["properties"]["spec"]
    for path, node in nodes(spec):
        if node["type"] == "string":
            assert "maxLength" in node or "enum" in node, path
        if node["type"] == "array":
            assert "maxItems" in node, path
        if node["type"] == "integer":
            assert {"minimum", "maximum"} <= node.keys(), path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


@each_crd
def test_the_parts_of_a_status_have_one_manager_each(crd):
    """Who wrote each leaf of a measurement would be as much as the measurement."""
    (version,) = crd["spec"]["versions"]
    parts = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"].values()
    objects = [part for part in parts if part.get("type") == "object"]
    assert objects
    assert all(part["x-kubernetes-map-type"] == "atomic" for part in objects)


@each_crd
def test_status_is_a_subresource_and_needs_no_field(crd):
    (version,) = crd["spec"]["versions"]

    assert version["subresources"] == {"status": {}}
    assert "required" not in version["schema"]["openAPIV3Schema"]["properties"]["status"]
    assert version["served"]
    assert version["storage"]


@each_crd
def test_columns_show_fields_that_exist(crd):
    (version,) = crd["spec"]["versions"]
    known = {path for path, _ in nodes(schema_of(crd))} | {".metadata.creationTimestamp"}
    paths = [column["jsonPath"] for column in version["additionalPrinterColumns"]]

    plain = [path for path in paths if "[?(" not in path]
    assert [path for path in plain if path not in known] == []
    assert [path for path in paths if path not in plain] in (
        [],
        [".status.conditions[?(@.type=='Finished')].reason"],
    )


def test_names_are_those_that_people_type():
    names = EXPERIMENT["spec"]["names"]

    assert names["shortNames"] == ["lexp"]
    assert "loadlab" in names["categories"]
    assert TRIAL["spec"]["names"]["shortNames"] == ["ltrial"]


@each_crd
def test_every_rule_has_a_message_for_people(crd):
    found = rules(schema_of(crd))

    assert found
    assert [path for path, rule in found if len(rule.get("message", "")) < 10] == []


def test_spec_is_immutable_except_for_what_steers_it():
    spec = schema_of(EXPERIMENT)["properties"]["spec"]
    (rule,) = (r["rule"] for r in spec["x-kubernetes-validations"] if "oldSelf" in r["rule"])

    for field in spec["properties"]:
        assert (f"self.{field} == oldSelf.{field}" in rule) == (field not in MUTABLE_FIELDS), field


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("shop", True), ("a", True), ("shop-1", True), ("x" * 40, True), ("shop-v1-5", True),
        ("shop.v1", False), ("1shop", False), ("x" * 41, False), ("shop-", False),
        ("-shop", False), ("Shop", False), ("x" * 253, False),
    ],
)  # fmt: skip
def test_a_name_that_no_child_could_have_is_refused_at_the_door_and_by_the_plan(name, possible):
    (rule,) = schema_of(EXPERIMENT)["x-kubernetes-validations"]

    assert evaluate(rule["rule"], {"metadata": {"name": name}}) == possible
    if possible:
        check_name(name)
    else:
        with pytest.raises(PlanError, match="begins with a lower-case letter"):
            check_name(name)


def test_trials_are_immutable():
    spec = schema_of(TRIAL)["properties"]["spec"]

    assert [r["rule"] for r in spec["x-kubernetes-validations"]] == ["self == oldSelf"]


def test_rule_on_variants_knows_every_workload():
    spec = schema_of(EXPERIMENT)["properties"]["spec"]
    (rule,) = (r["rule"] for r in spec["x-kubernetes-validations"] if "v.name in" in r["rule"])

    for name, workload in WORKLOADS.items():
        assert f"'{name}': {list(workload.variants)}" in rule


@pytest.mark.parametrize(
    "fragment",
    ["self.factors.rate", "self.factors.ms", "self.factors.consumers", "serviceCpu", "parallelism"],
)
def test_cross_field_rules_are_there(fragment):
    spec = schema_of(EXPERIMENT)["properties"]["spec"]
    cross = [r for r in spec["x-kubernetes-validations"] if "oldSelf" not in r["rule"]]

    assert any(fragment in rule["rule"] for rule in cross)
    assert all(rule["fieldPath"].startswith(".") for rule in cross)


def test_rules_name_fields_that_exist():
    spec = schema_of(EXPERIMENT)["properties"]["spec"]

    for rule in spec["x-kubernetes-validations"]:
        path = rule.get("fieldPath", "").removeprefix(".")
        assert not path or path in spec["properties"]


def test_durations_have_bounds_that_their_default_keeps():
    spec = schema_of(EXPERIMENT)["properties"]["spec"]
    durations = {p: f for p, f, _ in fields(spec) if f.get("pattern") == DURATION_PATTERN}

    assert len(durations) >= 10
    for path, field in durations.items():
        (rule,) = field["x-kubernetes-validations"]
        bounds = re.search(r">= duration\('(\w+)'\) && .* <= duration\('(\w+)'\)", rule["rule"])
        assert bounds, path
        is_none = field["default"] == "0s" and rule["message"].endswith(", or 0s")
        fits = seconds(bounds[1]) <= seconds(field["default"]) <= seconds(bounds[2])
        assert is_none or fits, path
        assert f"between {bounds[1]} and {bounds[2]}" in rule["message"], path


def test_schema_of_the_spec_and_the_model_have_the_same_fields():
    spec = schema_of(EXPERIMENT)["properties"]["spec"]

    aliases = {f.alias or name for name, f in LoadExperimentSpec.model_fields.items()}
    assert set(spec["properties"]) == aliases


@each_crd
def test_a_definition_stays_small(crd):
    """Every client that reads the schema reads all of it; etcd takes 1.5 MiB of any object."""
    assert len(json.dumps(crd, separators=(",", ":"))) <= 180 * 1024
