"""What `POST /write` takes: one JSON object that jsonb can hold. The same check for every variant.

`read_message` takes it through a pydantic model, `read_payload` as the plain dict it was parsed to;
both store and refuse the same. The text that is stored is written anew from the parsed value, so
whatever passes here (numbers, escapes, repeated keys) is something that Postgres and Python read
alike.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import from_json, to_json

MAX_BYTES = 64 * 1024
MAX_DEPTH = 100


class PayloadRefusedError(Exception):
    """The body is not something this workload stores; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Message(BaseModel):
    """A device reading or any other record: an open model, every value checked to be JSON."""

    model_config = ConfigDict(extra="allow", ser_json_inf_nan="constants")
    __pydantic_extra__: dict[str, JsonValue]

    device_id: JsonValue = None
    temperature: JsonValue = None
    humidity: JsonValue = None
    battery: JsonValue = None
    recorded_at: JsonValue = None


def read_message(body: bytes) -> bytes:
    """Check a request body against the model and return the JSON text to store."""
    value = _parse(body)
    try:
        message = Message.model_validate(value)
    except ValidationError as error:
        raise PayloadRefusedError(422, f"the body is not a message: {error}") from error
    return _checked(message.model_dump_json(exclude_unset=True).encode(), value)


def read_payload(body: bytes) -> bytes:
    """Check a request body and return the JSON text to store."""
    value = _parse(body)
    return _checked(to_json(value, inf_nan_mode="constants"), value)


def _parse(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BYTES:
        raise PayloadRefusedError(413, f"the body is larger than {MAX_BYTES} bytes; send less")
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise PayloadRefusedError(422, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise PayloadRefusedError(422, "the body is not a JSON object; send {…}")
    return value


def _checked(text: bytes, value: dict[str, Any]) -> bytes:
    # Looking at every value would cost more than all the rest, so only a suspicious text is walked.
    if b"\\u0000" in text or b"Infinity" in text or text.count(b"[") + text.count(b"{") > MAX_DEPTH:
        _walk(value, depth=1)
    return text


def _walk(value: Any, *, depth: int) -> None:
    """Refuse what JSON allows and jsonb does not."""
    if depth > MAX_DEPTH:
        raise PayloadRefusedError(422, f"the body is nested deeper than {MAX_DEPTH}; flatten it")
    match value:
        case str() if "\0" in value:
            raise PayloadRefusedError(422, "the body holds a NUL character; jsonb cannot store it")
        case float() if value in (float("inf"), float("-inf")):
            raise PayloadRefusedError(422, "the body holds a number beyond the range of a double")
        case dict():
            for key, item in value.items():
                _walk(key, depth=depth)
                _walk(item, depth=depth + 1)
        case list():
            for item in value:
                _walk(item, depth=depth + 1)
