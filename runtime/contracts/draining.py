"""How a connection ends: when it has been idle, and when the server stops."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

LAST_REQUEST = 0.5
"""Seconds in which a client that keeps its connection gets to send one request more."""

LATEST = 60.0
"""Seconds in which the first request, or the next once it has begun, must have come.

A body that the application reads may take longer.
"""


class DrainingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but that a connection is not closed as soon as it is idle.

    A client that keeps its connection may have sent the next request already. It is answered,
    and told by `Connection: close` to leave; only a connection that stays idle is closed.

    The timer that closes what has been idle for long is not set for each request, which would
    cost more than its answer, but looks when it goes off whether it has to go on. Unlike
    uvicorn's it is there from the beginning, and stays while a request comes: of clients that
    vanish amid one nothing is left.
    """

    draining = False
    reading = False
    """Whether a part of a request has come, but not the whole."""
    _answered = 0.0
    """When the last answer ended or, before that, the connection began."""
    _running: RequestResponseCycle | None = None
    """The request that the application answers; `cycle` is the last that has come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._answered = self.loop.time()
        self._look_in(self.timeout_keep_alive)

    def shutdown(self) -> None:
        """Take one more request at most."""
        self.draining = True
        if self._is_idle():
            self.loop.call_later(LAST_REQUEST, self._close_if_idle)
        elif self.cycle.response_started:
            # Its client was not told to leave: the end of the answer sets a timer anew, for
            # which uvicorn declares whole seconds.
            self.timeout_keep_alive = LAST_REQUEST  # type: ignore[assignment]
            self._unset_keepalive_if_required()
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
        self._answered = self.loop.time()
        if self.timeout_keep_alive_task is None or self.pipeline:
            if self.pipeline:
                self._running = self.pipeline[-1][0]
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is answered, too, which uvicorn does only if it is the last."""
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for so long, or a request does not come."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing() or not self._is_idle():
            return  # The end of the answer sets the timer.
        # Before the first request it is None, whatever its annotation says.
        awaits = self.reading or self.cycle is None
        most = LATEST if awaits else self.timeout_keep_alive
        left = self._answered + most - self.loop.time()
        if left > 0:
            self._look_in(min(left, self.timeout_keep_alive))
        else:
            super().timeout_keep_alive_handler()

    def _look_in(self, seconds: float) -> None:
        handler = self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(seconds, handler)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()
