"""Requests that an OpenAPI 3 document describes, as `load.request` spells them. Pure.

A parameter that must be there is a variable where it is a number, else the example, default or
first value that the document names. A body is the document's example, or the smallest that its
schema asks for. Nobody can know whether such values exist in a service: they are a beginning. What
is made up in a path, and what the request lacks to be accepted, is noted beside it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import yaml
from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.cli.errors import CliError
from loadlab.cli.openapi_values import (
    Document,
    Schemas,
    listed,
    mapping,
    named,
    spelled,
    whole_range,
)
from loadlab.model.spec.request import Request
from loadlab.model.spec.steps import Method
from loadlab.plan.keys import OWN_VARIABLES

_READY = re.compile(r"^/(healthz?|livez?|readyz?|ready|ping|-/healthy|_health)$")
_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_NO_NAME = re.compile(r"\W", re.ASCII)


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


class _Texts(yaml.SafeLoader):
    """YAML in which a date is the text that it is in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (yaml's own)
        first: [(tag, pattern) for tag, pattern in found if tag != _TIMESTAMP]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(text: str) -> Described:
    """Read a document, JSON or YAML.

    Raises:
        CliError: it is no OpenAPI 3 document, or names nothing that can be asked.
    """
    try:
        return _described(_document(text))
    except RecursionError as error:
        raise CliError("it cannot be read: it is nested too deeply") from error
    except ValueError as error:  # such as a circle of YAML's references
        raise CliError(f"it cannot be read: {' '.join(str(error).split())}") from error


def _described(document: Document) -> Described:
    base = _base(document)
    items = {path: it for path, it in mapping(document.get("paths")).items() if _is_text(path)}
    found = tuple(
        _found(document, base, path, method, item)
        for path, given in items.items()
        if (item := Schemas(document).resolved(given))
        for method in Method
        if isinstance(item.get(method.lower()), Mapping)
    )
    if not any(not each.fault for each in found):
        raise CliError("the document names no request that can be asked")
    ready = (each.request["path"] for each in found if _is_ready(each, base))
    return Described(_best_first(found, base), next(ready, None))


def _is_text(path: object) -> bool:
    return isinstance(path, str)


def _document(text: str) -> Document:
    try:
        found = json.loads(text)  # a hundred times faster, where it is JSON
    except ValueError:
        try:
            found = yaml.load(text, _Texts)  # noqa: S506 (a SafeLoader)
        except yaml.YAMLError as error:
            raise CliError(f"neither JSON nor YAML: {' '.join(str(error).split())}") from error
    version = str(mapping(found).get("openapi", ""))
    if not version.startswith("3."):
        raise CliError("no OpenAPI 3 document: it has no `openapi: 3.…`")
    return mapping(found)


def _base(document: Document) -> str:
    """Return the path that stands before all others: that of the first server."""
    servers = document.get("servers")
    first = mapping(servers[0]) if isinstance(servers, list) and servers else {}
    url = str(first.get("url", ""))
    for name, variable in mapping(first.get("variables")).items():
        url = url.replace(f"{{{name}}}", str(mapping(variable).get("default", "")))
    return urlsplit(url).path.rstrip("/")


def _best_first(found: tuple[Found, ...], base: str) -> tuple[Found, ...]:
    """Order them: what can be asked, reads, needs little to be known, and is no health check."""

    def rank(each: Found) -> tuple[bool, bool, bool, int, int]:
        reads, drawn = each.request["method"] == Method.GET, each.request.get("variables", ())
        return bool(each.fault), _is_ready(each, base), not reads, len(each.notes), len(drawn)

    return tuple(sorted(found, key=rank))


def _is_ready(each: Found, base: str) -> bool:
    path = each.request["path"].removeprefix(base)
    return each.request["method"] == Method.GET and _READY.match(path) is not None


def _found(document: Document, base: str, path: str, method: Method, item: Document) -> Found:
    operation, schemas = mapping(item[method.lower()]), Schemas(document)
    given = [*listed(item, "parameters"), *listed(operation, "parameters")]
    known = [schemas.resolved(each) for each in given]
    by_place = {(str(each.get("in")), str(each.get("name"))): each for each in known}
    variables: dict[str, Any] = {}
    if operation.get("deprecated"):
        schemas.note("deprecated")

    def value(name: str, place: str) -> str:
        return _value(schemas, by_place.get((place, name), {}), name, variables)

    told = _PARAMETER.sub(lambda it: value(it[1], "path"), _escaped(base + path))
    wanted = (n for (p, n), it in by_place.items() if p == "query" and it.get("required"))
    query = "&".join(f"{quote(name)}={value(name, 'query')}" for name in wanted)
    request: dict[str, Any] = {"method": str(method), "path": told + (f"?{query}" if query else "")}
    if variables:
        request["variables"] = variables
    if operation.get("requestBody"):
        sent = _sent(schemas, operation["requestBody"])
        request |= {} if sent is None else {"body": sent}
    _note_what_is_lacking(schemas, by_place)
    if operation.get("security", document.get("security")):
        schemas.note("it asks for credentials: put them into headers")
    return Found(request, schemas.notes, _fault(request))


def _note_what_is_lacking(schemas: Schemas, by_place: Mapping[tuple[str, str], Document]) -> None:
    """Note the headers and cookies that a request must have, which it is not given here."""
    for (place, name), parameter in by_place.items():
        if not parameter.get("required"):
            continue
        if place == "header":
            schemas.note(f"it asks for the header {name}: put it into headers")
        elif place == "cookie":
            schemas.note(f"it asks for the cookie {name}: put it into headers, as Cookie")


def _fault(request: Document) -> str:
    try:
        Request.model_validate(request)
    except ValidationError as error:
        return first_fault(error)
    return "its body has ${, which stands for a variable" if "${" in request.get("body", "") else ""


def _value(schemas: Schemas, parameter: Document, name: str, variables: dict[str, Any]) -> str:
    """Return what stands in the place of a parameter: ${name}, or what the document names."""
    schema = schemas.resolved(parameter.get("schema") or {})
    told = named(parameter) or named(schema)
    is_listed = bool(listed(schema, "enum")) or "const" in schema
    if (schema.get("type") == "integer" and not is_listed) or not (told or schema):
        variable = _NO_NAME.sub("_", name)
        variable += "_" if variable in OWN_VARIABLES else ""
        least, most = whole_range(schema)
        variables[variable] = {"min": least, "max": most}
        return f"${{{variable}}}"
    example = told[0] if told else schemas.example(schema, name)
    if not told and isinstance(example, str) and parameter.get("in") == "path":
        schemas.note(f"{name} is made up: the document names no value of it")
    return quote(example if isinstance(example, str) else spelled(example), safe="")


def _sent(schemas: Schemas, given: object) -> str | None:
    """Return a body as JSON; None where it is none."""
    content = mapping(schemas.resolved(given).get("content"))
    kind = next((it for it in content if str(it).split(";")[0].endswith("json")), None)
    if kind is None:
        schemas.note("its body is no JSON: say it yourself")
        return None
    media = mapping(content[kind])
    told = named(media)
    return spelled(told[0] if told else schemas.example(media.get("schema") or {}, "its body"))


def _escaped(path: str) -> str:
    return quote(path, safe="/{}!$&'()*+,;=:@-._~%")
