"""What an answer of the API server means: an object, or an error of its kind."""

import json
from typing import Any

from loadlab.kube.api import Manifest
from loadlab.kube.errors import ConflictError, MalformedError, RefusedError, UnavailableError

LONGEST_MESSAGE = 1000  # characters of an answer that an error quotes


def read_object(text: str | bytes, request: str) -> Manifest:
    """Parse what must be an object: anything else is no answer of an API server, or a part."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnavailableError(f"{request}: the answer is no JSON: {text[:100]!r}") from error
    if not isinstance(document, dict):
        raise UnavailableError(f"{request}: the answer is no object: {text[:100]!r}")
    return document


def _status_of(text: str) -> Manifest:
    """Return the Status object of a refusal, or an empty one where something else came."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def reason_of(text: str) -> str:
    """Return the reason that a refusal gives in one word."""
    return str(_status_of(text).get("reason", ""))


def raise_for(status: int, text: str, request: str) -> None:
    """Raise what a status code means for a request; nothing where it is a success."""
    if status < 300:
        return
    message = str(_status_of(text).get("message", text))
    said = f"{request}: {status} {message[:LONGEST_MESSAGE]}"
    if status in {400, 422}:
        raise MalformedError(said)
    # Somebody else wrote at the same moment; so does quota admission answer a create.
    is_contention = status == 409 and reason_of(text) == "Conflict"
    is_of_this_object = status == 500 and request.startswith("POST")
    # 410: a list took so long that its next page is gone; it begins anew.
    is_for_now = status in {410, 429} or (status >= 500 and not is_of_this_object)
    if is_contention:
        raise ConflictError(said)
    raise UnavailableError(said) if is_for_now else RefusedError(said)


async def error_text(response: Any) -> str:
    """Read what a refusal says; nothing of a success."""
    if response.status < 300:
        return ""
    return str(await response.text(encoding="utf-8", errors="replace"))
