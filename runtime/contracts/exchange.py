"""What surrounds every request: its id, its log line, its metrics, and the last resort.

A fault of the service itself ends here: the client gets a problem without details, the log
gets the traceback.
"""

import logging
import re
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Any

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.contracts.problems import problem
from runtime.metrics import Metrics

KEY = "skiff.exchange"
"""Where a request's scope has its `Exchange`."""

LEFT = "skiff.left"
"""What a request's scope has where its client has left before the end of the answer."""

WHOLE = "skiff.whole"
"""What a request's scope has where all of it has come, so that nothing is waited for."""

REQUEST_ID = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")
"""What may be the id of a request."""

_process = token_hex(8)
_numbers = count(1)
HUNG_UP = 499
"""What stands in the log for a request whose client left before an answer, as in nginx."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Exchange:
    """One request and what came of it."""

    id: str
    route: str = "none"
    status: int | None = None
    model: str | None = None
    rows: int | None = None


class TemplateRoute(Route):
    """A route that notes its template, such as `/models/{name}`, for metrics to go by."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as any route does."""
        match, child = super().matches(scope)
        if match is not Match.NONE and KEY in scope:
            scope[KEY].route = self.path
        return match, child


class Exchanges:
    """Wraps an application in all this."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = perf_counter()
        exchange = scope[KEY] = Exchange(_request_id(scope))
        header = (b"x-request-id", exchange.id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            response = fault(scope["method"], _path(scope), exchange.id, error)
            if exchange.status is not None:
                exchange.status = 500  # whatever it began with
                raise
            await response(scope, receive, send_with_id)
        finally:
            self._metrics.in_flight.dec()
            self._close(scope, exchange, perf_counter() - start)

    def _close(self, scope: Scope, exchange: Exchange, seconds: float) -> None:
        status = HUNG_UP if exchange.status is None or LEFT in scope else exchange.status
        self._metrics.answered(exchange.route, status, seconds)
        fields = _fields(
            id=exchange.id,
            method=scope["method"],
            path=_path(scope),
            status=status,
            duration_ms=round(seconds * 1000, 3),
            model=exchange.model,
            rows=exchange.rows,
        )
        _log.info("request", extra=fields)


def fault(method: str, path: str, request_id: str, error: Exception) -> Response:
    """Log a fault of the service itself, and return what the client gets to know of it."""
    _log.error("%s %s failed", method, path, exc_info=error, extra=_fields(id=request_id))
    return problem(500, "The service failed. Its log says why.", request_id=request_id)


def _request_id(scope: Scope) -> str:
    """Return the id that the client sent, where it is one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return new_id()


def new_id() -> str:
    """Return an id that no other request has: 64 random bits of this process, and a number."""
    return f"{_process}{next(_numbers):016x}"


def _path(scope: Scope) -> str:
    """Return the path as it was sent: still percent-encoded, so that it stays on its line."""
    return str(scope["raw_path"], "latin-1")


def _fields(**fields: Any) -> dict[str, Any]:
    return {"fields": fields}
