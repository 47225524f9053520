"""Values for what an OpenAPI document describes by schemas, and what had to be made up. Pure.

A value is one that the document names, else the smallest that the schema asks for.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
DEEPEST = 5  # levels of a schema, which may contain itself
_NULLS = ("null", {"type": "null"})  # in a list of types, of schemas
_MOST_UNTOLD = 100  # of a number whose range is not told
_MOST = 2**31 - 1
_LONGEST_TEXT = 1000
_TEXT = "text"
_BY_TYPE = {"string": _TEXT, "integer": 1, "number": 1.5, "boolean": True, "null": None}
_BY_FORMAT = {
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00",
    "duration": "P1D",
    "email": "user@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",  # of those that are for documents (RFC 5737, RFC 3849)
    "ipv6": "2001:db8::1",
    "byte": "dGV4dA==",
}


class Schemas:
    """Reads the schemas of a document for one request, and notes what of it nobody can know."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What to look at before the request is sent; each once."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Add a note."""
        self._notes[text] = None

    def resolved(self, found: Any) -> Document:
        """Follow references inside the document; one that leads nowhere is an empty object."""
        for _ in range(DEEPEST):
            reference = mapping(found).get("$ref")
            if not isinstance(reference, str):
                break
            if not reference.startswith("#/"):
                self.note(f"it refers to {reference}, which is not read: say its values yourself")
                return {}
            found = self._document
            for part in reference.removeprefix("#/").split("/"):
                found = mapping(found).get(part.replace("~1", "/").replace("~0", "~"))
        return mapping(found)

    def example(self, given: Any, name: str, depth: int = DEEPEST) -> Any:
        """Return the smallest value that a schema describes; `name` is what it is the value of."""
        schema = self.resolved(given)
        if known := named(schema):
            return known[0]
        for key in ("oneOf", "anyOf"):
            if options := listed(schema, key):
                return self.example(_beside_null(options), name, depth - 1) if depth else None
        kinds = schema.get("type")
        kind = _beside_null(kinds) if isinstance(kinds, list) and kinds else kinds
        parts = [self.resolved(part) for part in [schema, *listed(schema, "allOf")]]
        if kind == "object" or any("properties" in part for part in parts):
            return dict(self._properties(parts, depth))
        return self._of_kind(str(kind), schema, name, depth)

    def _of_kind(self, kind: str, schema: Document, name: str, depth: int) -> Any:
        match kind:
            case "array":
                return self._items(schema, name, depth)
            case "string":
                return self._text(schema, name)
            case "integer" | "number":
                least, most = bounds(schema)
                told = least if least is not None else most
                return _BY_TYPE[kind] if told is None else told
        return _BY_TYPE.get(kind)

    def _items(self, schema: Document, name: str, depth: int) -> list[Any]:
        least = schema.get("minItems") or 0
        return [self.example(schema.get("items") or {}, name, depth - 1)] if least and depth else []

    def _properties(self, parts: list[Document], depth: int) -> Iterator[tuple[str, Any]]:
        for part in parts if depth else ():
            known = mapping(part.get("properties"))
            for name in listed(part, "required"):
                if isinstance(name, str) and name in known:
                    yield name, self.example(known[name], name, depth - 1)

    def _text(self, schema: Document, name: str) -> str:
        kind = schema.get("format")
        if isinstance(kind, str) and kind in _BY_FORMAT:
            return _BY_FORMAT[kind]
        if isinstance(schema.get("pattern"), str):
            self.note(f"{name} is made up, and has to match {schema['pattern']}")
        least, most = schema.get("minLength"), schema.get("maxLength")
        length = min(len(_TEXT), max(int(_else(_number(most), len(_TEXT))), 0))
        length = max(length, min(int(_else(_number(least), 0)), _LONGEST_TEXT))
        return (_TEXT * (length // len(_TEXT) + 1))[:length]


def whole_range(schema: Document) -> tuple[int, int]:
    """Return the ends of whole numbers to draw from, of those that a variable can have."""
    told_least, told_most = bounds(schema)
    least = int(_else(told_least, min(1, _else(told_most, 1))))
    beyond = _MOST_UNTOLD if least <= _MOST_UNTOLD else min(least + _MOST_UNTOLD - 1, _MOST)
    return least, max(int(_else(told_most, beyond)), least)


def bounds(schema: Document) -> tuple[float | None, float | None]:
    """Return least and most of a number; a bound that is exclusive (3.0 and 3.1) is moved by 1."""
    found: list[float | None] = []
    for inclusive, exclusive, step in (
        ("minimum", "exclusiveMinimum", 1),
        ("maximum", "exclusiveMaximum", -1),
    ):
        bound, beyond = _number(schema.get(inclusive)), _number(schema.get(exclusive))
        if beyond is not None:
            found.append(beyond + step)
        elif bound is not None and schema.get(exclusive) is True:
            found.append(bound + step)
        else:
            found.append(bound)
    least, most = found
    if least is not None and most is not None and least > most:  # less than 1 between them
        least = most = (least + most) / 2
    return least, most


def _number(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if abs(found) <= _MOST else None


def _else(told: float | None, otherwise: float) -> float:
    return otherwise if told is None else told


def named(found: Document) -> list[Any]:
    """List the values that a document itself names."""
    examples = found.get("examples")
    some = examples if isinstance(examples, list) else []
    some = some or [mapping(it).get("value") for it in mapping(examples).values()]
    single = [found[key] for key in ("example", "const", "default") if found.get(key) is not None]
    return [*single, *(it for it in some if it is not None), *listed(found, "enum")]


def spelled(value: object) -> str:
    """Spell a value as JSON; of a kind that JSON does not have, as its text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def mapping(found: object) -> Document:
    """Return an object; an empty one for whatever else there is."""
    return found if isinstance(found, Mapping) else {}


def listed(found: Any, key: str) -> list[Any]:
    """Return a list of an object; an empty one where there is none."""
    value = mapping(found).get(key)
    return value if isinstance(value, list) else []


def _beside_null(options: list[Any]) -> Any:
    """Return the first that is not null, which in a query or a path is a word like any other."""
    return next((each for each in options if each not in _NULLS), options[0])
