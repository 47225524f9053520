"""Specs that the CRD's schema refuses, made of that schema: every bound of every field, broken."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.manifests import Json

Step = str | int  # a field, or a place in a list
UNLIKELY = ("~ ~", "", "%%%", "\n", "x" * 300)
OF_ANOTHER_TYPE: Mapping[str, Any] = {
    "string": {"no": "text"},
    "integer": "many",
    "number": "many",
    "boolean": "perhaps",
    "object": "text",
    "array": "text",
}


@dataclass(frozen=True)
class Broken:
    """A spec, the field that breaks it as the API server spells it, and what is broken of it."""

    field: str
    bound: str
    spec: Json


def broken_specs(schema: Json) -> list[Broken]:
    """Return one spec for each bound of each field below a schema of the spec."""
    return [
        Broken(_spelled((*steps, *within)), bound, _placed(schema, steps, value))
        for steps, field in _fields(schema, ())
        for bound, value, within in _breaches(field)
    ]


def _fields(schema: Json, steps: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Json]]:
    for name, child in schema.get("properties", {}).items():
        yield (*steps, name), child
        yield from _fields(child, (*steps, name))
    if "items" in schema:
        yield (*steps, 0), schema["items"]
        yield from _fields(schema["items"], (*steps, 0))


def _breaches(schema: Json) -> Iterator[tuple[str, Any, tuple[Step, ...]]]:
    """Yield a bound's name, a value that breaks it, and where below the field it is told."""
    if "type" in schema:
        yield "type", OF_ANOTHER_TYPE[schema["type"]], ()
    if "enum" in schema:
        yield "enum", "Nonsense" if schema.get("type") == "string" else -77, ()
    if "maximum" in schema:
        yield "maximum", schema["maximum"] + 1, ()
    if "minimum" in schema:
        yield "minimum", schema["minimum"] - 1, ()
    if "maxLength" in schema:
        yield "maxLength", "x" * (schema["maxLength"] + 1), ()
    if schema.get("minLength"):
        yield "minLength", "", ()
    if "pattern" in schema:
        wrong = next((t for t in UNLIKELY if not re.search(schema["pattern"], t)), None)
        yield from [] if wrong is None else [("pattern", wrong, ())]
    if "maxItems" in schema:
        yield "maxItems", [_least(schema["items"])] * (schema["maxItems"] + 1), ()
    if schema.get("minItems"):
        yield "minItems", [], ()
    if "properties" in schema:
        yield "unknown", _least(schema) | {"unheardOf": 1}, ("unheardOf",)
    for name in schema.get("required", ()):
        yield "required", {k: v for k, v in _least(schema).items() if k != name}, (name,)


def _least(schema: Json) -> Any:
    """Return a value of the right types; that it keeps other bounds is not needed here."""
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _least(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            return [_least(schema["items"])] * int(schema.get("minItems", 0))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return "a" * int(schema.get("minLength", 1))


def _placed(schema: Json, steps: tuple[Step, ...], value: Any) -> Any:
    if not steps:
        return value
    first, *rest = steps
    if isinstance(first, int):
        return [_placed(schema["items"], tuple(rest), value)]
    return _least(schema) | {first: _placed(schema["properties"][first], tuple(rest), value)}


def _spelled(steps: tuple[Step, ...]) -> str:
    return "spec" + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
