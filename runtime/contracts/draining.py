"""How a connection ends when the server stops: not in its client's face."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LAST_REQUEST = 0.5
"""Seconds in which a client that keeps its connection gets to send one request more."""


class DrainingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, but that a connection is not closed as soon as it is idle.

    A client that keeps its connection may have sent the next request already. It is answered,
    and told by `Connection: close` to leave; only a connection that stays idle is closed.
    """

    draining = False

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

    def _is_idle(self) -> bool:
        # Before the first request it is None, whatever its annotation says.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()
