"""How a connection ends: when it has been idle, and when the server stops."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from runtime.contracts.exchange import LEFT

LAST_REQUEST = 0.5
"""Seconds in which a client that keeps its connection gets to send one request more."""

LATEST = 60.0
"""Seconds in which the first request must begin, and in which one that has begun must have come.

A body that the application reads may take longer, but no part of it (`flow.incoming`).
"""

UNREAD = 300.0
"""Seconds in which a client must take something of what is written to it.

It may have reasons to be slow: a stream's answers wait in the network until it needs them.
"""


class DrainingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but that a connection is not closed as soon as it is idle.

    A client that keeps its connection may have sent the next request already. It is answered,
    and told by `Connection: close` to leave; only a connection that stays idle is closed.

    The timer that closes what has been idle for long is not set for each request, which would
    cost more than its answer, but looks when it goes off whether it has to go on. Unlike
    uvicorn's it is there from the beginning to the end: of clients that vanish amid a request,
    or amid its answer, nothing is left.
    """

    draining = False
    reading = False
    """Whether a part of a request has come, but not the whole."""
    _since = 0.0
    """When the request at hand began, or the last answer ended or, before both, the connection."""
    _unsent = 0
    """Bytes that the client had not taken when the timer last went off."""
    _taking = 0.0
    """When it had taken some, at the latest."""
    _running: RequestResponseCycle | None = None
    """The request that the application answers; `cycle` is the last that has come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look_in(self._often)

    def begin_reading(self) -> None:
        """Note that a request begins to come, unless one has."""
        if not self.reading:
            self.reading = True
            self._since = self.loop.time()

    def shutdown(self) -> None:
        """Take one more request at most."""
        self.draining = True
        if self._is_idle():
            self.loop.call_later(LAST_REQUEST, self._close_if_idle)
        elif self.cycle.response_started:
            # Its client was not told to leave. uvicorn declares whole seconds.
            self.timeout_keep_alive = LAST_REQUEST  # type: ignore[assignment]
            self._unset_keepalive_if_required()
            self._look_in(LAST_REQUEST)
        else:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        super().on_headers_complete()
        if not self.pipeline:
            self._running = self.cycle
        if self.draining:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Go on to what has come meanwhile, or wait for the next request."""
        self._since = self.loop.time()
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._running, app = self.pipeline.pop()
            self._start_asgi_task(self._running, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is answered, too, which uvicorn does only if it is the last."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.scope[LEFT] = True  # type: ignore[literal-required]
            self._running.message_event.set()

    def resume_writing(self) -> None:
        """Go on, as the client has taken something."""
        super().resume_writing()
        self._unsent = 0

    def timeout_keep_alive_handler(self) -> None:
        """End the connection if its client lets it wait for too long, or look again later."""
        left = self._often
        if self.transport.is_closing() or self.flow.write_paused:
            left = min(left, self._patience())
            if left <= 0:
                self.transport.abort()
                return
        elif self._is_idle():
            # Before the first request it is None, whatever its annotation says.
            awaits = self.reading or self.cycle is None
            most = LATEST if awaits else self.timeout_keep_alive
            left = min(left, self._since + most - self.loop.time())
            if left <= 0:
                self.give_up()
                left = self._often
        self._look_in(left)

    def give_up(self) -> None:
        """Close the connection, on which no request has come."""
        self.transport.close()

    @property
    def _often(self) -> float:
        """Seconds between two looks: none of what is waited for ends sooner."""
        return min(self.timeout_keep_alive, LATEST)

    def _patience(self) -> float:
        """Return the seconds that are left to a client to take some of what is written to it."""
        unsent, now = self.transport.get_write_buffer_size(), self.loop.time()
        if unsent != self._unsent:
            self._unsent, self._taking = unsent, now
        return self._taking + UNREAD - now

    def _look_in(self, seconds: float) -> None:
        handler = self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(seconds, handler)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()
