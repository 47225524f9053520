"""The outermost layer of an app that is traced, and what is told by it.

Imported where TRACE_SECONDS is in the environment, and nowhere else.
"""

from typing import Any, Final

from loadlab_services.instruments.asgi import ASGIApp, Message, Receive, Scope, Send
from loadlab_services.instruments.middleware import is_probe
from loadlab_services.instruments.trace import CURRENT, TracedRequest, Tracer, name_of, now
from loadlab_services.instruments.trace_slots import TraceSlot
from loadlab_services.instruments.trace_wraps import wrap_all

HTTP: Final = "http"


def trace(
    app: Any, slot: TraceSlot, *, seconds: float, after_ms: int, processes: int, health_path: str
) -> None:
    """Trace an app of Starlette's kind in this process, for a while after its first request."""
    tracer = make_tracer(slot, seconds=seconds, after_ms=after_ms, processes=processes)
    app.add_middleware(TracedApp, tracer=tracer, health_path=health_path)


def make_tracer(slot: TraceSlot, *, seconds: float, after_ms: int, processes: int = 1) -> Tracer:
    """Make the tracer of a process, which has an empty slot until it is written."""
    slot.write({})
    after = after_ms / 1000
    return Tracer(slot, seconds=seconds, after=after, processes=processes, prepare=wrap_all)


class TracedApp:
    """Tells the tracer of each request of the load, and what it answered.

    It is made at the app's first call, when server and app have imported what they serve with.
    """

    def __init__(
        self, app: ASGIApp, *, tracer: Tracer, health_path: str, health_is_load: bool = False
    ) -> None:
        self._app, self._tracer = app, tracer
        self._health_path, self._health_is_load = health_path, health_is_load
        wrap_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        request = self._tracer.accept() if self._is_load(scope) else None
        if request is None:
            await self._app(scope, receive, send)
        else:
            await self._serve(request, scope, receive, send)

    def _is_load(self, scope: Scope) -> bool:
        if scope["type"] != HTTP:
            return False
        is_health = scope["path"] == self._health_path
        return not (is_health and is_probe(scope, health_is_load=self._health_is_load))

    async def _serve(
        self, request: TracedRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def send_noting_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            await send(message)

        before = CURRENT.set(request)
        request.name = name_of(scope)
        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            request.name, request.ended = name_of(scope), now()
            CURRENT.reset(before)
