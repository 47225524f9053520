"""What the variants of `items` share over HTTP: path, schemas, what a body may be, the answers.

The body is read and checked here and not by a parameter of the handler: what FastAPI answers to a
body that it refuses repeats that body, and a lone surrogate or NaN in it makes that answer a 500.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, HTTPException, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

PATH: Final = "/items"
DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000
MAX_NAME: Final = 200
MAX_DESCRIPTION: Final = 65_536
# JSON may spell one character in twelve bytes, as two escaped surrogates.
MAX_BODY_BYTES: Final = 1024 * 1024

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many of the latest items")]


def _refuse_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character, which Postgres cannot store; leave it out")
    return text


Text = Annotated[
    str, AfterValidator(_refuse_nul), Field(json_schema_extra={"pattern": "^[^\\u0000]*$"})
]


class NewItem(BaseModel):
    """What a client sends."""

    name: Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]
    description: Annotated[Text, Field(max_length=MAX_DESCRIPTION)]


class StoredItem(BaseModel):
    """An item as it is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    key: UUID
    name: str
    description: str
    created_at: datetime


class Accepted(BaseModel):
    """The answer to an item that will be written later."""

    key: UUID


_STORED: Final = TypeAdapter(list[StoredItem])
UNAVAILABLE: Final[dict[int | str, dict[str, Any]]] = {
    503: {"description": "Postgres or the queue is away; try again after Retry-After"}
}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "The client left before its body was read"},
    413: {"description": f"The body is larger than {MAX_BODY_BYTES} bytes"},
    422: {"description": "The body is not an item that can be stored"},
}
REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": NewItem.model_json_schema()}},
    }
}


async def read_new_item(request: Request) -> NewItem:
    """Read the body of a POST, or refuse it with a message."""
    body = await _read_body(request)
    try:
        return NewItem.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        detail = [{**one, "loc": ["body", *one["loc"]]} for one in found]
        raise HTTPException(422, detail) from error


ItemOfBody = Annotated[NewItem, Depends(read_new_item)]


async def _read_body(request: Request) -> bytes:
    """Read the body, but never more of it than an item may need."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                detail = f"the body is larger than {MAX_BODY_BYTES} bytes; send less"
                raise HTTPException(413, detail)
    except ClientDisconnect as error:
        raise HTTPException(400, "the client left before its body was read") from error
    return bytes(body)


def render(items: Iterable[object]) -> bytes:
    """Write rows as the JSON text that every variant answers, byte for byte."""
    return _STORED.dump_json(_STORED.validate_python(list(items)))


def answer(body: bytes, *, cache: str | None = None) -> Response:
    """Answer a rendered list; `cache` says whether it came out of one ("hit") or not ("miss")."""
    headers = {"X-Cache": cache} if cache else None
    return Response(body, headers=headers, media_type="application/json")
