"""Specs that nobody would write by hand, drawn from the CRD's own schema."""

import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from loadlab.catalogue import WORKLOADS

CRD = Path(__file__).resolve().parents[2] / "crds/loadexperiments.yaml"
VERSION = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
SPEC: dict[str, Any] = VERSION["schema"]["openAPIV3Schema"]["properties"]["spec"]
FREE = sorted(SPEC["properties"].keys() - {"workload", "variants", "suspend", "terminate"})
PLAUSIBLE = {  # by a piece of their pattern; a pattern alone draws little that passes CEL
    "ms)": ("1s", "30s", "5m", "1h"),
    "Ki": ("512Mi", "2Gi"),
    "m?$": ("1", "500m"),
}
NONSENSE: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        10**30,
        1e308,
        "",
        "NaN",
        "-1s",
        "1e999",
        "\0",
        "💥" * 300,
        "a/b: c",
        [],
        {},
    ]
) | st.text(max_size=20)


@st.composite
def likely_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A workload with variants of its own and a few random fields, each valid by itself."""
    workload = draw(st.sampled_from(sorted(WORKLOADS)))
    known = [{"name": name} for name in WORKLOADS[workload].variants]
    own = {"name": "own", "image": "own:1"}
    variants = draw(st.lists(st.sampled_from([*known, own]), min_size=1, max_size=2, unique_by=str))
    base = {"load": {"request": {"path": "/"}}} if own in variants else {}
    fields = draw(st.lists(st.sampled_from(FREE), max_size=3, unique=True))
    drawn = {field: draw(values(SPEC["properties"][field])) for field in fields}
    # YAML's round trip: no two places of a spec share an object.
    spec = {"workload": workload, "variants": variants} | base | drawn
    copied: dict[str, Any] = json.loads(json.dumps(spec))
    return copied


@st.composite
def broken_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A likely spec in which one value, anywhere, is nonsense."""
    spec = draw(likely_specs())
    place: Any = spec
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            place[key] = draw(NONSENSE)
            return spec
        place = inner


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a part of the schema allows, its CEL rules apart."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return _objects(schema)
        case "array":
            most = min(3, schema.get("maxItems", 3))
            least = schema.get("minItems", 0)
            return st.lists(values(schema["items"]), min_size=least, max_size=most)
        case "string":
            return _strings(schema)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False)
        case "boolean":
            return st.booleans()
    raise AssertionError(f"the schema has a type that nothing is drawn for: {schema}")


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        names = st.text("abcdefgh-./_", min_size=1, max_size=8)
        least = schema.get("minProperties", 0)
        inner = values(schema["additionalProperties"])
        return st.dictionaries(names, inner, min_size=least, max_size=3)
    known = {name: values(part) for name, part in schema["properties"].items()}
    required = schema.get("required", ())
    others = sorted(known.keys() - set(required))
    some = st.lists(st.sampled_from(others), max_size=3, unique=True) if others else st.just([])
    return some.flatmap(
        lambda more: st.fixed_dictionaries({n: known[n] for n in (*required, *more)})
    )


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    longest = schema.get("maxLength", 30)
    if (pattern := schema.get("pattern")) is None:
        return st.text(min_size=schema.get("minLength", 0), max_size=min(30, longest))
    drawn = st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= longest)
    plausible = next((texts for piece, texts in PLAUSIBLE.items() if piece in pattern), None)
    return st.sampled_from(plausible) | drawn if plausible else drawn
