"""The shortest way to an answer: from the socket to the model and back, without ASGI.

The hot path. A request takes it that is a small POST to a `predict` route, with a whole and
valid body, for a model that is in memory. Every other request is handed over to the
application, from its first byte on, as if this module did not exist: errors, large bodies
and rare headers are dealt with in one place, `rest`. A test compares both ways.

What surrounds a request in `exchange` has its counterpart here: id, metrics and log line.
Whatever is added there that may refuse a request must be added here, or `Heads.read` must
decline.
"""

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter, time
from typing import Any

import msgspec

from runtime.contracts.connection import Connection
from runtime.contracts.exchange import HUNG_UP, fault, new_id
from runtime.contracts.heads import Head, Heads
from runtime.journal import Done, Journal
from runtime.manifest import Label
from runtime.predictor import Answer
from runtime.turns import INLINE_BYTES

DIRECT_BYTES = 65_536
"""Bodies up to this size may be answered directly; those over INLINE_BYTES take a turn."""


class Direct:
    """What all connections have in common."""

    def __init__(self, heads: Heads, journal: Journal) -> None:
        self.heads = heads
        self.journal = journal
        self._defaults: Sequence[tuple[bytes, bytes]] = ()
        self._start = b""
        self._taken = False
        """Whether a long body was answered in this round of the loop."""

    def start(self, defaults: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return an answer's status line and first headers; `defaults` are the server's own."""
        if defaults is not self._defaults:
            self._defaults = defaults
            headers = [*defaults, (b"content-type", b"application/json")]
            lines = (b"%b: %b\r\n" % header for header in headers)
            self._start = b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
        return self._start

    def take_turn(self) -> bool:
        """Take the turn that one long body has in a round of the loop; False if it is taken."""
        if self._taken:
            return False
        self._taken = True
        asyncio.get_running_loop().call_soon(self._end_turn)
        return True

    def _end_turn(self) -> None:
        self._taken = False


class Turn:
    """A request that is answered directly, in the place of what uvicorn has for each."""

    head: Head
    started: float

    def __init__(self) -> None:
        self.response_started = False
        self.response_complete = True
        self.keep_alive = True
        self.disconnected = False
        self.message_event = asyncio.Event()


class DirectProtocol(Connection):
    """A connection that answers what it can before there is a scope or a task."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._direct: Direct = self.app_state["direct"]
        self.turn = Turn()
        self._started = 0.0
        self._held = b""
        """A request with a known head, of whose body a part is missing."""
        self._head: Head | None = None
        """Of the request that is parsed, unless it is handed over."""
        self._barred = False
        """Whether the request that is parsed must be handed over."""
        self._parsed: list[Head | None] = []
        """The heads of the requests that were parsed, of what came last."""

    def data_received(self, data: bytes) -> None:
        """Answer a request whose head is known and whose body is whole; have others parsed."""
        fresh = not self.reading
        if self._held:
            fresh = True
            data, self._held = self._held + data, b""
        else:
            self._started = perf_counter()
        # Not looked for in a part of a body, which may be long.
        end = data.find(b"\r\n\r\n") + 4 if fresh else 0
        if fresh and self._is_free():
            head = self._direct.heads.known.get(data[:end])
            if head is not None:
                missing = end + head.length - len(data)
                if missing > 0:
                    self._held = data
                    self.begin_reading()
                    return
                self.reading = False
                if missing == 0 and self._answer(head, data[end:]):
                    return
                self._barred = missing == 0
        self._parsed = []
        super().data_received(data)
        self._barred = False
        # A head is known by its bytes only if the parser began at the first of them and found
        # the body, whole, behind them: no client may have it learn anything else.
        if fresh and len(self._parsed) == 1 and data.startswith(b"POST ") and not self.reading:
            head = self._parsed[0]
            if head and len(self._body) == head.length and data[end:] == self._body:
                self._direct.heads.know(data[:end], head)

    def on_message_begin(self) -> None:
        """Begin a request with the least that any way needs."""
        self.begin_reading()
        self.url = b""
        self.headers = []
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header as it was sent. What follows a body in chunks is none."""
        if not self._begun:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Choose the way."""
        self._kept = 0
        self._started = perf_counter()
        parser, version = self.parser, self.parser.get_http_version()
        if (
            self._is_free()
            and not self._barred
            and parser.get_method() == b"POST"
            and version in ("1.1", "1.0")
        ):
            keep_alive = version == "1.1" and parser.should_keep_alive()
            self._head = self._direct.heads.read(self.url, self.headers, keep_alive)
        self._parsed.append(self._head)
        if self._head is None:
            self._hand_over()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._head is None:
            super().on_body(body)
        else:
            self._kept = 0
            self._body = self._body + body if self._body else body

    def on_message_complete(self) -> None:
        """Answer, or let the application say what is wrong with the request."""
        self._kept = 0
        self.reading = False
        if self._head is not None:
            head, self._head = self._head, None
            if self._answer(head, self._body):
                return
            self._hand_over()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note a client that left before its answer; the application does, amid its body."""
        self._let_go()
        super().connection_lost(exc)
        turn = self.turn
        if not turn.response_complete:
            turn.response_complete = turn.disconnected = True
            self._note(turn.head.id or new_id(), HUNG_UP, None, {})

    def shutdown(self) -> None:
        """Let a request whose body is on its way be answered before the end."""
        self._let_go()
        super().shutdown()

    def give_up(self) -> None:
        """Have the application wait for a body that is slow to come, or close the connection."""
        if self._held or self._head is not None:
            self._let_go()
        else:
            super().give_up()

    @property
    def gone(self) -> bool:
        """Whether nobody waits for an answer any more."""
        return self.turn.disconnected

    def answered(self, answer: Answer) -> None:
        """Send an answer, and note it."""
        turn = self.turn
        if turn.disconnected:
            return
        request_id = turn.head.id or new_id()
        start = self._direct.start(self.server_state.default_headers)
        content = answer.content
        self._send(
            b"%bcontent-length: %d\r\nx-request-id: %b\r\n%b\r\n%b"
            % (start, len(content), request_id.encode(), self._goodbye(), content)
        )
        self._note(request_id, 200, answer.rows, answer.counts)

    def failed(self, error: Exception) -> None:
        """Say that the service failed, and log why."""
        head = self.turn.head
        request_id = head.id or new_id()
        response = fault("POST", head.path, request_id, error)
        if self.turn.disconnected:
            return
        headers = [*self.server_state.default_headers, *response.raw_headers]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self._send(
            b"HTTP/1.1 500 Internal Server Error\r\n%bx-request-id: %b\r\n%b\r\n%b"
            % (lines, request_id.encode(), self._goodbye(), bytes(response.body))
        )
        self._note(request_id, 500, None, {})

    def _is_free(self) -> bool:
        """Tell whether what comes next may be answered at once."""
        cycle = self.cycle
        # Before the first request it is None, whatever its annotation says.
        answered = cycle is None or cycle.response_complete  # type: ignore[redundant-expr]
        return answered and not self.draining and not self.flow.write_paused

    def _answer(self, head: Head, body: bytes) -> bool:
        """Have a request answered; return False where only the application can."""
        predictor = head.batcher.predictor
        if predictor.codec.is_sparse(body):
            return False
        if len(body) > INLINE_BYTES:
            # There are no more rows than that: what takes long is not decoded here in vain.
            brief = predictor.pace.brief(body.count(b"}"))
            if not brief or not self._direct.take_turn():
                return False
        rows = predictor.codec.read(body)
        if isinstance(rows, msgspec.Struct):
            self._begin(head)
            head.batcher.add(rows, self)
            return True
        if not rows or not predictor.pace.brief(len(rows)):
            return False
        try:
            answer = predictor.answer_batch(predictor.codec.batch(rows))
        except Exception:  # noqa: BLE001 - the application meets it again, and reports it
            return False
        self._begin(head)
        self.answered(answer)
        return True

    def _begin(self, head: Head) -> None:
        turn = self.turn
        turn.head = head
        turn.started = self._started
        turn.keep_alive = head.keep_alive
        turn.response_complete = False
        # For uvicorn it is what its own cycles are.
        self.cycle = turn  # type: ignore[assignment]
        self._direct.journal.waiting += 1

    def _goodbye(self) -> bytes:
        """Return the header that tells the client to leave, if it must."""
        return b"" if self.turn.keep_alive else b"connection: close\r\n"

    def _send(self, response: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(response)
            if not self.turn.keep_alive:
                self.transport.close()
        self.turn.response_complete = True
        self.on_response_complete()

    def _note(
        self, request_id: str, status: int, rows: int | None, counts: Mapping[Label, int]
    ) -> None:
        head, seconds = self.turn.head, perf_counter() - self.turn.started
        predictor, now = head.batcher.predictor, time()
        self._direct.journal.note(
            Done(predictor, head.route, head.path, request_id, status, now, seconds, rows, counts)
        )

    def _let_go(self) -> None:
        """Hand over a request of whose body a part is missing."""
        if self._held:
            data, self._held = self._held, b""
            self._barred = True
            super().data_received(data)
            self._barred = False
        elif self._head is not None:
            self._hand_over()

    def _hand_over(self) -> None:
        """Begin the request again, the application's way."""
        url, headers, body = self.url, self.headers, self._body
        self._head = None
        super().on_message_begin()
        super().on_url(url)
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()
        if body:
            super().on_body(body)
