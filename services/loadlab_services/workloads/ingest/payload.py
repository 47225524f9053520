"""What `POST /write` takes: one JSON object that jsonb can hold. The same check for every variant.

The text that is stored is written anew from the parsed value, so whatever passes here (numbers,
escapes, repeated keys) is something that Postgres and Python read alike.
"""

from typing import Any

from pydantic_core import from_json, to_json

MAX_BYTES = 64 * 1024
MAX_DEPTH = 100


class PayloadRefusedError(Exception):
    """The body is not something this workload stores; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_payload(body: bytes) -> bytes:
    """Check a request body and return the JSON text to store."""
    if len(body) > MAX_BYTES:
        raise PayloadRefusedError(413, f"the body is larger than {MAX_BYTES} bytes; send less")
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise PayloadRefusedError(422, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise PayloadRefusedError(422, "the body is not a JSON object; send {…}")
    text: bytes = to_json(value, inf_nan_mode="constants")
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
