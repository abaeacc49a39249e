"""What a connection carries besides requests that are as they should be.

uvicorn drops the body of a request that offers another protocol, and answers what is not
HTTP in plain text. Here an offer is declined by answering in HTTP/1.1, as RFC 9110, section
7.8 has it, and every error is a problem document. A head may only be so long, and only so many
requests may wait for the answers to those before them.
"""

import asyncio
from collections.abc import Sized

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from runtime.contracts.draining import LATEST, DrainingProtocol
from runtime.contracts.exchange import WHOLE
from runtime.contracts.problems import problem, title

_OFFER = frozenset({b"upgrade", b"http2-settings"})

MOST_HEAD = 65_536
"""Bytes that may come before a head ends, or that of a chunk. The parser keeps them all."""


MOST_WAITING = 1_000
"""Requests that may wait; a thousand of them take 3 MB."""


class Flow(FlowControl):
    """Has no more read while requests wait. uvicorn reads on with each answer: far more of them."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """Read on, unless there is enough to do."""
        if not self._waiting:
            super().resume_reading()


class Connection(DrainingProtocol):
    """A connection that speaks HTTP/1.1, whatever its client would rather speak."""

    _offered = False
    """Whether the request at hand offers another protocol, and so must be read again."""
    _begun = False
    """Whether a request is handed to the application of which not all has come."""
    _before: RequestResponseCycle
    """The request before that one."""
    _kept = 0
    """Bytes that have come since the parser last had a use for any."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self.flow = Flow(transport, self.pipeline)

    def data_received(self, data: bytes) -> None:
        """Read a part of what the client sends."""
        self._kept += len(data)
        while data:
            data = self._parse(data)
        if self._kept > MOST_HEAD and not self.transport.is_closing():
            self._refuse(431, f"The request's headers are larger than {MOST_HEAD} bytes.")

    def _parse(self, data: bytes) -> bytes:
        """Have data parsed, and return what is to be parsed again."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._offered:
                return self._declined(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("What came is not HTTP/1.1.")
        return b""

    def on_headers_complete(self) -> None:
        """Begin to answer a request, unless the parser would take its body for what follows it."""
        self._kept = 0
        tunnel = self.parser.get_method() == b"CONNECT"
        self._offered = self.parser.should_upgrade() and not tunnel
        if len(self.pipeline) == MOST_WAITING:
            raise httptools.HttpParserError  # no more of what came is looked at
        if not self._offered:
            self._before = self.cycle
            super().on_headers_complete()
            self._begun = True
        if tunnel:
            self.cycle.keep_alive = False  # what follows would be meant for someone else

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._kept = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        self._kept = 0
        self._begun = False
        if not self._offered:
            super().on_message_complete()
            self.cycle.scope[WHOLE] = True  # type: ignore[literal-required]

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, and close the connection."""
        self._refuse(400, msg)

    def give_up(self) -> None:
        """Say so, if a part of a request has come."""
        if self.reading:
            self._refuse(408, f"The request has not come within {LATEST:.0f} seconds.")
        else:
            super().give_up()

    def _refuse(self, status: int, detail: str) -> None:
        """Answer what cannot be read, and close the connection.

        Where the answer to a request before it is still to come, it is the last one; where one
        has begun, its end is missing.
        """
        if self._begun and self.pipeline:  # it waits there for those that came before it
            self.pipeline.popleft()
            self.cycle, self._begun = self._before, False
        if not self._begun and not self._is_idle():
            self.flow.pause_reading()
            self.cycle.keep_alive = False
            return
        if not self._begun or not self.cycle.response_started:
            response = problem(status, detail, {"Connection": "close"})
            headers = [*self.server_state.default_headers, *response.raw_headers]
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            start = b"HTTP/1.1 %d %b" % (status, title(status).encode())
            self.transport.write(b"%b\r\n%b\r\n%b" % (start, lines, bytes(response.body)))
        self.transport.close()

    def _declined(self, rest: bytes) -> bytes:
        """Return the request without its offer, and `rest`, what came after its headers."""
        method = self.parser.get_method()
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] not in _OFFER]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        return b"\r\n".join([*lines, b"", rest])
