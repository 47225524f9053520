"""Who is let in, and what each answer tells the browser.

The server listens on loopback, which every program and every page of this machine's browsers can
reach. So an address is good only with its token; a request must name loopback (a name that was made
to mean 127.0.0.1 is refused: DNS rebinding), and no other site may have made it. What is answered
may hold texts of others: all of it is escaped, and the browser is told to run nothing but our own
script, to load from nowhere else and to show us in nobody else's frame.
"""

import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_BYTES: Final = 24
HOSTS: Final = frozenset({"127.0.0.1", "localhost"})  # by another port, too: `ssh -L`
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
# A report has its style within, runs nothing, and stands in a frame of ours.
REPORT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
_HEADERS: Final = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
Refusal = tuple[int, str]


class Doors:
    """Refuses what comes without the token, or from elsewhere; the application sees the rest."""

    def __init__(self, application: ASGIApp, token: str) -> None:
        self._application, self._root = application, f"/{token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = refusal_of(scope, self._root)
        if refusal is None:
            inner: Scope = {**scope, "root_path": self._root}
            await self._application(inner, receive, _with_headers(send))
        else:
            status, why = refusal
            answer = PlainTextResponse(f"{why}\n", status)
            await answer(scope, receive, _with_headers(send))


def new_token() -> str:
    """Return what nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def refusal_of(scope: MutableMapping[str, Any], root: str) -> Refusal | None:
    """Return why a request is refused, with the status; None for one that is let in."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if scope["method"] != "GET":
        return 405, "This server only reads: GET."
    if _name_of(host) not in HOSTS:
        return 421, "This server is called 127.0.0.1 or localhost."
    if headers.get("origin", f"http://{host}") != f"http://{host}" or _is_of_another(headers):
        return 403, "Another site asked for this."
    given = scope["path"].encode()[: len(root) + 1]
    if not secrets.compare_digest(given, f"{root}/".encode()):
        return 404, "Open the whole address that `loadlab dashboard` printed."
    return None


def _name_of(host: str) -> str:
    """Return the name of a Host header without its port."""
    name, _, port = host.lower().partition(":")
    return name if not port or port.isdecimal() else ""


def _is_of_another(headers: Headers) -> bool:
    """Whether the browser says that a page of another site wants it: to go there is no reading."""
    goes_there = headers.get("sec-fetch-mode") == "navigate"
    is_whole_page = headers.get("sec-fetch-dest") == "document"
    site = headers.get("sec-fetch-site", "none")
    return site not in {"none", "same-origin"} and not (goes_there and is_whole_page)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _missing(headers):
                headers.append(name, value)
        await send(message)

    return send_with_headers


def _missing(headers: MutableHeaders) -> Iterable[tuple[str, str]]:
    return [(name, value) for name, value in _HEADERS.items() if name not in headers]
