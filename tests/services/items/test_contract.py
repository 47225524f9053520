"""Any body is an item that Postgres can hold, or is refused with a message that can be sent."""

import json
from typing import Any, cast

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from hypothesis import given
from hypothesis import strategies as st

from loadlab_services.workloads.items.contract import NewItem, read_new_item

TEXT = st.text(max_size=20) | st.text(st.characters(categories=["Cs", "Cc"]), max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.fixed_dictionaries({"name": TEXT | VALUES}, optional={"description": TEXT | VALUES})


def read(body: bytes) -> NewItem | HTTPException:
    """Read a body that comes in two pieces."""
    pieces = [(body[:10], True), (body[10:], False)]

    async def receive() -> dict[str, Any]:
        piece, more = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": more}

    reading = read_new_item(Request({"type": "http"}, receive))
    try:
        reading.send(None)  # it waits for nothing, so no event loop is needed
    except StopIteration as done:
        found: NewItem = done.value
        return found
    except HTTPException as refused:
        return refused
    raise AssertionError("reading a body waited for something else than the body")


def is_sound(found: NewItem | HTTPException) -> bool:
    """Tell whether it can be stored, or its refusal sent."""
    if isinstance(found, HTTPException):
        return found.status_code == 422 and len(JSONResponse(found.detail).body) > 2
    texts = (found.name.encode(), found.description.encode())  # a lone surrogate cannot be encoded
    return 1 <= len(found.name) <= 200 and b"\0" not in b"".join(texts)


@given(VALUES | ITEMS)
def test_any_json_is_an_item_or_is_refused_with_a_message(value: object) -> None:
    assert is_sound(read(json.dumps(value).encode()))


@given(st.binary(max_size=60) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_refused_with_a_message(body: bytes) -> None:
    assert isinstance(read(body), HTTPException)
    assert is_sound(read(body))


def test_an_item_is_read_as_it_was_sent() -> None:
    sent = {"name": "n\u0001ä\U0001f600", "description": "", "more": 1}
    assert read(json.dumps(sent).encode()) == NewItem(name=sent["name"], description="")


def test_a_refusal_says_where_and_why() -> None:
    refused = read(b'{"name":"a\\u0000","description":"\\u0000"}')
    assert isinstance(refused, HTTPException)
    # FastAPI takes any JSON here; the attribute is Starlette's, which takes a text.
    detail = cast("list[dict[str, object]]", refused.detail)
    assert [(one["loc"], one["msg"]) for one in detail] == [
        (
            ["body", field],
            "Value error, it holds a NUL character, which Postgres cannot store; leave it out",
        )
        for field in ("name", "description")
    ]
