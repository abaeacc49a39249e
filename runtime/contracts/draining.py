"""How a connection ends: when it has been idle, and when the server stops."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LAST_REQUEST = 0.5
"""Seconds in which a client that keeps its connection gets to send one request more."""


class DrainingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but that a connection is not closed as soon as it is idle.

    A client that keeps its connection may have sent the next request already. It is answered,
    and told by `Connection: close` to leave; only a connection that stays idle is closed.

    The timer that closes what has been idle for long is not set for each request, which would
    cost more than its answer, but looks when it goes off whether it has to go on.
    """

    draining = False
    reading = False
    """Whether a part of a request has come, but not the whole."""
    _answered = 0.0

    def shutdown(self) -> None:
        """Take one more request at most."""
        self.draining = True
        if self._is_idle():
            self.loop.call_later(LAST_REQUEST, self._close_if_idle)
        else:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        super().on_headers_complete()
        if self.draining:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Go on to what has come meanwhile, or wait for the next request."""
        self._answered = self.loop.time()
        if self.timeout_keep_alive_task is None or self.pipeline:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for so long."""
        self.timeout_keep_alive_task = None
        if self.reading or not self._is_idle():
            return  # The end of the answer sets the timer.
        left = self._answered + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            handler = self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(left, handler)
        else:
            super().timeout_keep_alive_handler()

    def _is_idle(self) -> bool:
        # Before the first request it is None, whatever its annotation says.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()
