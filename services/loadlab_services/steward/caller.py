"""Who may ask the steward: whoever knows the experiment's token. Pods of strangers do not.

It empties tables and tells what the service used, so nothing but its health is for everybody: not
even which routes there are.
"""

from hmac import compare_digest

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HEALTH = "/healthz"


class TokenRequired:
    """Answers 401 to a request without the token, before its path or its body is looked at."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] != "http" or scope["path"] == HEALTH or self._knows_token(scope):
            await self._app(scope, receive, send)
        else:
            await _REFUSAL(scope, receive, send)

    def _knows_token(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return compare_digest(given, self._expected)


_REFUSAL = JSONResponse(
    {"detail": "the steward answers pods of its experiment: the token is missing or wrong"},
    401,
    {"WWW-Authenticate": "Bearer"},
)
