"""The shortest way to an answer: from the HTTP parser to the model and back, without ASGI.

The hot path. A request takes it that is a small POST to a `predict` route, with a whole and
valid body, for a model that is in memory and quick. Every other request is handed over to
the application, from its first byte on, as if this module did not exist: errors, large
bodies and rare headers are dealt with in one place, `rest`. A test compares both ways.

What surrounds a request in `exchange` has its counterpart here: id, metrics and log line.
Whatever is added there that may refuse a request must be added here, or `find` must decline.
"""

from collections.abc import Sequence
from time import perf_counter, time
from typing import Any

from starlette.routing import Match, Route
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from runtime.contracts.connection import Connection
from runtime.contracts.exchange import REQUEST_ID, new_id
from runtime.contracts.rest import INLINE_BYTES
from runtime.errors import ServiceError
from runtime.journal import Done, Journal
from runtime.predictor import Answer, Predictor
from runtime.repository import Repository

_JSON = frozenset({b"application/json", b"application/json; charset=utf-8"})
_OTHER_WAY = frozenset({b"content-encoding", b"expect", b"transfer-encoding", b"upgrade"})
"""Headers by which a request says that its body needs more than to be read."""


class Direct:
    """What may be answered directly: the application's predict routes and its models."""

    def __init__(
        self, routes: Sequence[Route], repository: Repository, journal: Journal, limit: int
    ) -> None:
        self.journal = journal
        self.limit = min(INLINE_BYTES, limit)
        self._routes = routes
        self._repository = repository
        self._defaults: Sequence[tuple[bytes, bytes]] = ()
        self._head = b""
        self._targets: dict[bytes, tuple[str, str | None, str | None]] = {}

    def find(self, url: bytes) -> tuple[str, Predictor] | None:
        """Return the route's template and the model behind a URL; None to hand over."""
        target = self._targets.get(url) or self._match(url)
        if target is None:
            return None
        template, name, version = target
        try:
            predictor = self._repository.find(name, version)
        except ServiceError:
            return None
        return None if predictor is None or predictor.slow else (template, predictor)

    def head(self, defaults: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return an answer's status line and first headers; `defaults` are the server's own."""
        if defaults is not self._defaults:
            self._defaults = defaults
            headers = [*defaults, (b"content-type", b"application/json")]
            lines = (b"%b: %b\r\n" % header for header in headers)
            self._head = b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
        return self._head

    def _match(self, url: bytes) -> tuple[str, str | None, str | None] | None:
        if b"%" in url or b"?" in url:
            return None
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": url.decode("latin-1")}
        for route in self._routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                named = child["path_params"]
                target = route.path, named.get("name"), named.get("version")
                try:
                    self._repository.find(*target[1:])
                except ServiceError:
                    return None
                # There are no more of these than there are versions of models.
                self._targets[url] = target
                return target
        return None


class DirectProtocol(Connection):
    """A connection that answers what it can before there is a scope or a task."""

    _found: tuple[str, Predictor] | None = None
    """What the request at hand will be answered by, unless it is handed over."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._direct: Direct = self.app_state["direct"]

    def on_message_begin(self) -> None:
        """Begin a request with the least that any way needs."""
        self.url = b""
        self.headers = []
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header as it was sent."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Choose the way."""
        self._started = perf_counter()
        if self._may_be_direct():
            self._found = self._direct.find(self.url)
        if self._found is None:
            self._hand_over()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._found is None:
            super().on_body(body)
        else:
            self._body = self._body + body if self._body else body

    def on_message_complete(self) -> None:
        """Answer, or let the application say what is wrong with the request."""
        if self._found is not None:
            try:
                answer = self._found[1].answer_inline(self._body)
            except Exception:  # noqa: BLE001 - the application meets it again, and reports it
                self._hand_over()
            else:
                self._send(answer, *self._found)
                return
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the application note a client that left amid its body."""
        if self._found is not None:
            self._hand_over()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let a request whose body is on its way be answered before the end."""
        if self._found is not None:
            self._hand_over()
        super().shutdown()

    def _may_be_direct(self) -> bool:
        """Tell whether nothing but its body is special about the request."""
        parser = self.parser
        cycle: RequestResponseCycle | None = self.cycle
        if (
            parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or not (cycle is None or cycle.response_complete)
            or self.flow.write_paused
            or self.draining
        ):
            return False
        length = 0
        self._id = ""
        for name, value in self.headers:
            key = name.lower()
            if key == b"content-length":
                length = int(value) if len(value) < 10 else 0
            elif key == b"content-type":
                if value not in _JSON:
                    return False
            elif key in _OTHER_WAY:
                return False
            elif key == b"x-request-id" and REQUEST_ID.fullmatch(value):
                self._id = value.decode("ascii")
        return 0 < length <= self._direct.limit

    def _send(self, answer: Answer, route: str, predictor: Predictor) -> None:
        """Send an answer, and note it."""
        self._found = None
        request_id = self._id or new_id()
        self.transport.write(
            b"%bcontent-length: %d\r\nx-request-id: %b\r\n\r\n%b"
            % (
                self._direct.head(self.server_state.default_headers),
                len(answer.content),
                request_id.encode(),
                answer.content,
            )
        )
        self.on_response_complete()
        seconds = perf_counter() - self._started
        path = self.url.decode("ascii")
        done = Done(predictor, route, path, request_id, time(), seconds, answer.rows, answer.labels)
        self._direct.journal.note(done)

    def _hand_over(self) -> None:
        """Begin the request again, the application's way."""
        url, headers, body = self.url, self.headers, self._body
        self._found = None
        super().on_message_begin()
        super().on_url(url)
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()
        if body:
            super().on_body(body)
