"""Requests that an OpenAPI 3 document describes, as `load.request` spells them. Pure.

A parameter that must be there is a variable where it is a number, else the example, default or
first value that the document names. A body is the document's example, or the smallest that its
schema asks for. Nobody can know whether such values exist in a service: they are a beginning.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import yaml
from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.cli.errors import CliError
from loadlab.model.spec.load import Method, Request
from loadlab.plan.keys import REQUEST_ID

_DEEPEST = 5  # levels of a schema, which may contain itself
_MOST_UNTOLD = 100  # of a number whose range is not told
_MOST = 2**31 - 1
_BY_TYPE = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}
_READY = re.compile(r"^/(healthz?|livez?|readyz?|ready|ping|-/healthy|_health)$")
_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_NO_NAME = re.compile(r"\W", re.ASCII)
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A request, or why it can't be asked."""

    request: dict[str, Any]
    notes: tuple[str, ...] = ()
    fault: str = ""

    @property
    def title(self) -> str:
        return f"{self.request['method']} {self.request['path']}"


@dataclass(frozen=True, slots=True)
class Described:
    """All requests of a document, and the path that tells whether the service is ready."""

    requests: tuple[Found, ...]
    readiness_path: str | None


def read(text: str) -> Described:
    """Read a document, JSON or YAML.

    Raises:
        CliError: it is no OpenAPI 3 document, or names nothing that can be asked.
    """
    document = _document(text)
    base = _base(document)
    found = tuple(
        _found(document, base, path, method, item)
        for path, item in _mapping(document.get("paths")).items()
        for method in Method
        if isinstance(_mapping(item).get(method.lower()), Mapping)
    )
    if not any(not each.fault for each in found):
        raise CliError("the document names no request that can be asked")
    ready = (each.request["path"] for each in found if _is_ready(each, base))
    return Described(_best_first(found, base), next(ready, None))


def _document(text: str) -> Document:
    try:
        found = json.loads(text)  # a hundred times faster, where it is JSON
    except ValueError:
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise CliError(f"neither JSON nor YAML: {' '.join(str(error).split())}") from error
    version = str(_mapping(found).get("openapi", ""))
    if not version.startswith("3."):
        raise CliError("no OpenAPI 3 document: it has no `openapi: 3.…`")
    return _mapping(found)


def _base(document: Document) -> str:
    """Return the path that stands before all others: that of the first server."""
    servers = document.get("servers")
    first = _mapping(servers[0]) if isinstance(servers, list) and servers else {}
    url = str(first.get("url", ""))
    for name, variable in _mapping(first.get("variables")).items():
        url = url.replace(f"{{{name}}}", str(_mapping(variable).get("default", "")))
    return urlsplit(url).path.rstrip("/")


def _best_first(found: tuple[Found, ...], base: str) -> tuple[Found, ...]:
    """Order them: what can be asked, reads, needs little to be known, and is no health check."""

    def rank(each: Found) -> tuple[bool, bool, bool, int]:
        reads = each.request["method"] == Method.GET
        return bool(each.fault), _is_ready(each, base), not reads, len(each.notes)

    return tuple(sorted(found, key=rank))


def _is_ready(each: Found, base: str) -> bool:
    path = each.request["path"].removeprefix(base)
    return each.request["method"] == Method.GET and _READY.match(path) is not None


def _found(document: Document, base: str, path: str, method: Method, item: Any) -> Found:
    operation = _mapping(_mapping(item)[method.lower()])
    given = [*_list(item, "parameters"), *_list(operation, "parameters")]
    known = [_resolved(document, each) for each in given]
    by_place = {(str(each.get("in")), str(each.get("name"))): each for each in known}
    variables: dict[str, Any] = {}
    notes = ["deprecated"] if operation.get("deprecated") else []

    def value(name: str, place: str) -> str:
        return _value(document, by_place.get((place, name), {}), name, variables)

    told = _PARAMETER.sub(lambda it: value(it[1], "path"), _escaped(base + path))
    wanted = (n for (p, n), it in by_place.items() if p == "query" and it.get("required"))
    query = "&".join(f"{quote(name)}={value(name, 'query')}" for name in wanted)
    request: dict[str, Any] = {"method": str(method), "path": told + (f"?{query}" if query else "")}
    if variables:
        request["variables"] = variables
    if operation.get("requestBody"):
        body = _resolved(document, operation["requestBody"])
        sent = _sent(document, body)
        request |= {} if sent is None else {"body": sent}
        notes += ["its body is no JSON: say it yourself"] if sent is None else []
    if operation.get("security", document.get("security")):
        notes.append("it asks for credentials: put them into headers")
    return Found(request, tuple(notes), _fault(request))


def _fault(request: Document) -> str:
    try:
        Request.model_validate(request)
    except ValidationError as error:
        return first_fault(error)
    return "its body has ${, which stands for a variable" if "${" in request.get("body", "") else ""


def _value(document: Document, parameter: Document, name: str, variables: dict[str, Any]) -> str:
    """Return what stands in the place of a parameter: ${name}, or what the document names."""
    schema = _resolved(document, parameter.get("schema") or {})
    named = _named(parameter) or _named(schema)
    if schema.get("type") == "integer" or not (named or schema):
        variable = _NO_NAME.sub("_", name)
        variable += "_" if variable == REQUEST_ID else ""
        least = _number(schema.get("minimum"), 1)
        most = max(_number(schema.get("maximum"), _MOST_UNTOLD), least)
        variables[variable] = {"min": least, "max": most}
        return f"${{{variable}}}"
    example = named[0] if named else _example(document, schema, _DEEPEST)
    text = example if isinstance(example, str) else json.dumps(example)
    return quote(text, safe="")


def _number(found: object, otherwise: int) -> int:
    """Return an end of a range where it is one that a variable can have."""
    return found if isinstance(found, int) and abs(found) <= _MOST else otherwise


def _named(found: Document) -> list[Any]:
    """List the values that a document itself names."""
    examples = found.get("examples")
    listed = examples if isinstance(examples, list) else []
    listed = listed or [_mapping(it).get("value") for it in _mapping(examples).values()]
    single = [found[key] for key in ("example", "const", "default") if found.get(key) is not None]
    return [*single, *(it for it in listed if it is not None), *_list(found, "enum")]


def _sent(document: Document, body: Document) -> str | None:
    """Return a body as JSON; None where it is none."""
    content = _mapping(body.get("content"))
    kind = next((it for it in content if it.split(";")[0].endswith("json")), None)
    if kind is None:
        return None
    media = _mapping(content[kind])
    named = _named(media)
    found = named[0] if named else _example(document, media.get("schema") or {}, _DEEPEST)
    return json.dumps(found, ensure_ascii=False)


def _example(document: Document, given: Any, depth: int) -> Any:
    """Return the smallest value that a schema describes."""
    schema = _resolved(document, given)
    if named := _named(schema):
        return named[0]
    for key in ("oneOf", "anyOf"):
        if options := _list(schema, key):
            return _example(document, options[0], depth - 1) if depth else None
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    parts = [_resolved(document, part) for part in [schema, *_list(schema, "allOf")]]
    if kind == "array":
        least = schema.get("minItems") or 0
        return [_example(document, schema.get("items") or {}, depth - 1)] if least and depth else []
    if kind == "object" or any("properties" in part for part in parts):
        return dict(_properties(document, parts, depth))
    least = schema.get("minimum")
    return least if least is not None else _BY_TYPE.get(str(kind))


def _properties(document: Document, parts: list[Document], depth: int) -> Iterator[tuple[str, Any]]:
    for part in parts if depth else ():
        known = _mapping(part.get("properties"))
        for name in _list(part, "required"):
            if name in known:
                yield name, _example(document, known[name], depth - 1)


def _resolved(document: Document, found: Any) -> Document:
    """Follow references inside the document; one that leads nowhere is an empty object."""
    for _ in range(_DEEPEST):
        reference = _mapping(found).get("$ref")
        if not isinstance(reference, str):
            break
        found = document if reference.startswith("#/") else {}
        for part in reference.removeprefix("#/").split("/"):
            found = _mapping(found).get(part.replace("~1", "/").replace("~0", "~"))
    return _mapping(found)


def _escaped(path: str) -> str:
    return quote(path, safe="/{}!$&'()*+,;=:@-._~%")


def _mapping(found: object) -> Document:
    return found if isinstance(found, Mapping) else {}


def _list(found: Any, key: str) -> list[Any]:
    value = _mapping(found).get(key)
    return value if isinstance(value, list) else []
