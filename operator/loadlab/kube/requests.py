"""One request over HTTP, by the official client's transport, and what may come of it.

404, 409 and 410 are handled here, and whatever keeps an answer from coming.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, ApiException

from loadlab.kube.answers import error_text, raise_for, read_object, reason_of
from loadlab.kube.api import Manifest
from loadlab.kube.errors import UnavailableError
from loadlab.kube.lists import JSON, Query
from loadlab.kube.timeouts import Timeouts

NO_ANSWER = (aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, TimeoutError)
Headers = dict[str, str]


class Requests:
    """Makes requests. Before each write `permit` is asked, with the seconds that it may take."""

    def __init__(self, api: ApiClient, timeouts: Timeouts, permit: Callable[[float], None]) -> None:
        self._api = api
        self._timeouts = timeouts
        self._permit = permit

    async def read(self, path: str, query: Query | None = None, *, accept: str = JSON) -> Manifest:
        """Return the object at a path."""
        text = await self.send("GET", path, query=query, accept=accept)
        return read_object(text or "", f"GET {path}")

    async def ask(self, path: str, query: Query, *, accept: str, most: int) -> bytes | None:
        """Read an answer of at most so many bytes; None where it is longer."""
        seconds, text = self._timeouts.answer, bytearray()
        opened = self.open(path, query, f"GET {path}", accept=accept, seconds=seconds)
        async with opened as response:
            async for piece in response.content.iter_any():
                text += piece
                if len(text) > most:
                    return None
        return bytes(text)

    @asynccontextmanager
    async def open(
        self,
        path: str,
        query: Query,
        request: str,
        *,
        accept: str = JSON,
        absent_ok: bool = False,
        seconds: float,
    ) -> AsyncIterator[Any]:
        """Yield an answer that is read in pieces; what breaks it off is UnavailableError."""
        response = await self._request(
            "GET", path, query, headers={"Accept": accept}, seconds=seconds
        )
        try:
            if not (response.status == 404 and absent_ok):
                raise_for(response.status, await error_text(response), request)
            yield response
        except NO_ANSWER as error:
            raise UnavailableError(f"{request}: {_said_by(error)}") from error
        finally:
            response.close()

    async def send(  # noqa: PLR0913 - the one place where a request is spelled out
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: Manifest | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        absent_ok: bool = False,
        conflict_ok: bool = False,
        exists_ok: bool = False,
    ) -> str | None:
        """Return the answer's text; None where an allowed 404, Conflict or AlreadyExists came.

        A 409 has many reasons: a quota that was changed meanwhile is not an object that exists.
        """
        seconds, query = self._timeouts.answer, query or []
        if verb != "GET":
            seconds = self._timeouts.write
            query = [*query, ("timeout", f"{seconds:g}s")]
            self._permit(seconds)
        response = await self._request(
            verb,
            path,
            query,
            body=body,
            headers={"Content-Type": content_type, "Accept": accept},
            seconds=seconds,
        )
        try:
            text = str(await response.text(encoding="utf-8", errors="replace"))
        except NO_ANSWER as error:
            raise UnavailableError(f"{verb} {path}: {_said_by(error)}") from error
        reason = reason_of(text) if response.status == 409 else ""
        expected = {("AlreadyExists", exists_ok), ("Conflict", conflict_ok)}
        if (response.status == 404 and absent_ok) or (reason, True) in expected:
            return None
        raise_for(response.status, text, f"{verb} {path}")
        return text

    async def _request(
        self,
        verb: str,
        path: str,
        query: Query,
        *,
        body: Manifest | None = None,
        headers: Headers | None = None,
        seconds: float,
    ) -> Any:
        try:
            request = await self._api.param_serialize(
                verb,
                path,
                query_params=query,
                header_params={"Accept": JSON, "Content-Type": JSON} | (headers or {}),
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = await self._api.call_api(*request, _request_timeout=seconds)
        except (*NO_ANSWER, OSError, ApiException) as error:
            raise UnavailableError(f"{verb} {path}: {_said_by(error)}") from error
        return answer.response


def _said_by(error: BaseException) -> str:
    """Return kind and words of an error in one line: aiohttp's repr is its keys of connections."""
    return ": ".join((type(error).__name__, *filter(None, [" ".join(str(error).split())])))
