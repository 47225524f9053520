"""Requests of an OpenAPI document: what is put into them, and what no document can break."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadlab.cli.errors import CliError
from loadlab.cli.openapi import Found, read
from loadlab.cli.preview import preview, read_documents
from loadlab.cli.starter import CUSTOM, Wish, experiment
from tests.unit.cli.openapi_documents import SHOP, parameter, sent


def requests(paths: dict[str, Any], **other: Any) -> dict[str, Found]:
    found = read(json.dumps({"openapi": "3.1.0", "paths": paths, **other}))
    return {each.title: each for each in found.requests}


def only(paths: dict[str, Any], **other: Any) -> Found:
    (found,) = requests(paths, **other).values()
    return found


def test_a_body_is_the_smallest_that_its_schema_asks_for() -> None:
    found = requests(SHOP["paths"], components=SHOP["components"])["POST /orders"]

    assert json.loads(found.request["body"]) == {
        "customer": 7, "lines": [{"sku": "A-1", "size": "S"}], "address": {"city": "text"}
    }  # fmt: skip


def test_what_reads_and_needs_little_comes_first() -> None:
    found = read(json.dumps(SHOP))

    assert [each.title for each in found.requests] == [
        "GET /orders/${order_id}",
        "GET /search?q=red%20shoes%20%26%20more",
        "POST /orders",
        "DELETE /orders/${order_id}",
        "GET /healthz",
    ]
    assert found.requests[1].notes == ("deprecated",)
    assert found.requests[3].notes == ("it asks for credentials: put them into headers",)
    assert found.readiness_path == "/healthz"


def test_a_number_is_drawn_from_its_range_and_a_name_is_one_that_can_be_put_in() -> None:
    schema = {"type": "integer", "minimum": 0, "maximum": 9}
    found = only({"/a/{item-id}/{request_id}": {
        "get": {"parameters": [parameter("item-id", "path", schema=schema)]}
    }})  # fmt: skip

    assert found.request["path"] == "/a/${item_id}/${request_id_}"
    assert found.request["variables"] == {
        "item_id": {"min": 0, "max": 9}, "request_id_": {"min": 1, "max": 100}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "default": "b/c"}, "b%2Fc"),
        ({"type": "boolean"}, "true"),
        ({"enum": ["x", "y"]}, "x"),
        ({"anyOf": [{"type": "string", "const": "k"}]}, "k"),
        ({"$ref": "#/nowhere"}, "${p}"),
        ({"anyOf": [{"type": "null"}, {"type": "string", "const": "k"}]}, "k"),
        ({"type": ["null", "boolean"]}, "true"),
    ],
    ids=["default", "type", "enum", "anyOf", "nowhere", "null first", "null or type"],
)
def test_another_value_is_what_the_document_names(schema: dict[str, Any], value: str) -> None:
    found = only({"/{p}": {"get": {"parameters": [parameter("p", "path", schema=schema)]}}})

    assert found.request["path"] == f"/{value}"


def test_the_path_of_the_server_stands_before_all_others() -> None:
    servers = [{"url": "https://{h}/v1/", "variables": {"h": {"default": "x"}}}]

    assert only({"/a": {"get": {}}}, servers=servers).request["path"] == "/v1/a"


def test_a_body_that_is_no_json_is_left_to_the_user() -> None:
    found = only({"/a": {"post": sent({}, "multipart/form-data")}})

    assert "body" not in found.request
    assert found.notes == ("its body is no JSON: say it yourself",)


def test_a_schema_that_contains_itself_ends() -> None:
    node = {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/N"}}}
    found = only(
        {"/a": {"post": sent({"$ref": "#/components/schemas/N"})}},
        components={"schemas": {"N": node, "Loop": {"$ref": "#/components/schemas/Loop"}}},
    )

    assert found.request["body"].startswith('{"next": {"next": ')


@pytest.mark.parametrize(
    "text",
    ["", "[", "{}", '{"openapi": "3.1.0"}', "openapi: 3.0.0\npaths: {/a: {get: 1}}"],
)
def test_what_is_no_document_is_an_error_in_words(text: str) -> None:
    with pytest.raises(CliError):
        read(text)


BY_YAML = """\
openapi: 3.1.0
paths:
  1: {get: {}}
  /days/{day}:
    get:
      parameters: [{in: path, name: day, required: true, example: 2024-01-01}]
    post:
      requestBody:
        content: {application/json: {example: {day: 2024-01-01, at: 2024-01-01T10:00:00Z}}}
"""


CIRCLE = "{requestBody: {content: {application/json: {example: &a [*a]}}}}"


def test_a_date_of_yaml_is_the_text_that_it_is_in_json() -> None:
    get, post = (each.request for each in read(BY_YAML).requests)

    assert get["path"] == "/days/2024-01-01"
    assert json.loads(post["body"]) == {"day": "2024-01-01", "at": "2024-01-01T10:00:00Z"}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        f"openapi: 3.1.0\npaths: {{/a: {{post: {CIRCLE}}}}}",
        'openapi: 3.1.0\nservers: [{url: "http://[a"}]\npaths: {/a: {get: {}}}',
    ],
    ids=["deep JSON", "deep object", "circle", "no address"],
)
def test_what_cannot_be_read_is_an_error_in_words(text: str) -> None:
    with pytest.raises(CliError, match=r"it cannot be read|neither JSON"):
        read(text)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "uuid"}, "3fa85f64-5717-4562-b3fc-2c963f66afa6"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T12:00:00Z"),
        ({"type": "string", "format": "email"}, "user@example.com"),
        ({"type": "string", "minLength": 6}, "textte"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "number", "exclusiveMinimum": 0}, 1),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "number", "minimum": 2, "exclusiveMinimum": True}, 3),
        ({"type": "integer", "maximum": -5}, -5),
    ],
)
def test_a_value_is_one_that_the_schema_takes(schema: dict[str, Any], value: object) -> None:
    whole = {"required": ["it"], "properties": {"it": schema}}
    found = only({"/a": {"post": sent(whole)}})

    assert json.loads(found.request["body"]) == {"it": value}
    assert found.notes == ()


@pytest.mark.parametrize(
    ("schema", "least", "most"),
    [
        ({"exclusiveMinimum": 1000}, 1001, 1100),
        ({"minimum": 1000, "exclusiveMinimum": True}, 1001, 1100),
        ({"exclusiveMaximum": 10}, 1, 9),
        ({"maximum": 0}, 0, 0),
        ({"maximum": -3}, -3, -3),
        ({"minimum": 2**31 - 1}, 2**31 - 1, 2**31 - 1),
    ],
)
def test_a_number_is_drawn_within_its_bounds(schema: dict[str, Any], least: int, most: int) -> None:
    one = parameter("n", "path", schema={"type": "integer"} | schema)

    assert only({"/{n}": {"get": {"parameters": [one]}}}).request["variables"] == {
        "n": {"min": least, "max": most}
    }


def test_a_number_of_a_list_is_one_of_them() -> None:
    one = parameter("n", "path", schema={"type": "integer", "enum": [7, 9]})

    assert only({"/{n}": {"get": {"parameters": [one]}}}).request["path"] == "/7"


LACKING = {
    "header": ([parameter("x-token", "header")], "it asks for the header x-token"),
    "cookie": ([parameter("session", "cookie")], "it asks for the cookie session"),
    "id": ([parameter("id", "path", schema={"type": "string", "format": "uuid"})], "id is made up"),
    "pattern": (
        [parameter("q", "query", schema={"type": "string", "pattern": "^[A-Z]{3}$"})],
        "q is made up, and has to match ^[A-Z]{3}$",
    ),
    "elsewhere": ([{"$ref": "./x.yaml#/Y"}], "it refers to ./x.yaml#/Y, which is not read"),
}


@pytest.mark.parametrize(("parameters", "note"), LACKING.values(), ids=LACKING)
def test_what_nobody_can_know_is_noted_and_what_needs_nothing_comes_first(
    parameters: list[dict[str, Any]], note: str
) -> None:
    found = requests({"/a/{id}": {"get": {"parameters": parameters}}, "/list": {"get": {}}})
    first, second = found.values()

    assert (first.title, first.notes) == ("GET /list", ())
    assert second.notes[0].startswith(note)


def test_what_is_drawn_comes_after_what_needs_nothing() -> None:
    found = requests({"/a/{n}": {"get": {}}, "/list": {"get": {}}})

    assert list(found) == ["GET /list", "GET /a/${n}"]


def test_a_path_item_may_stand_elsewhere_in_the_document() -> None:
    items: dict[str, Any] = {"pathItems": {"a": {"get": {}}}}

    assert list(requests({"/a": {"$ref": "#/components/pathItems/a"}}, components=items)) == [
        "GET /a"
    ]


words = st.sampled_from([
    "get", "post", "parameters", "schema", "type", "integer", "string", "object", "array", "name",
    "in", "path", "query", "required", "$ref", "#/paths", "#/", "requestBody", "content", "enum",
    "application/json", "properties", "items", "minItems", "minimum", "maximum", "example", "allOf",
    "examples", "default", "x", "anyOf", "security", "format", "uuid", "pattern", "minLength",
    "exclusiveMinimum", "maxLength", "header",
])  # fmt: skip
leaves = st.none() | st.booleans() | st.integers() | words | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5),
    max_leaves=25,
)
paths = st.dictionaries(
    st.text(max_size=12).map(lambda text: f"/{text}"),
    st.dictionaries(st.sampled_from(["get", "post", "parameters"]), values, max_size=2),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(paths)
def test_whatever_a_document_says_the_experiment_is_accepted(found: dict[str, Any]) -> None:
    found["/always"] = {"get": {}}

    described = read(json.dumps({"openapi": "3.1.0", "paths": found}))
    text = experiment(Wish("mine", CUSTOM, ("mine",), ("r.example/api:1",), described))

    (document,) = read_documents(text)
    preview(document)
