"""What a connection carries besides requests that are as they should be.

uvicorn drops the body of a request that offers another protocol, and answers what is not
HTTP in plain text. Here an offer is declined by answering in HTTP/1.1, as RFC 9110, section
7.8 has it, and every error is a problem document.
"""

import httptools

from runtime.contracts.draining import DrainingProtocol
from runtime.contracts.problems import problem

_OFFER = frozenset({b"upgrade", b"http2-settings"})


class Connection(DrainingProtocol):
    """A connection that speaks HTTP/1.1, whatever its client would rather speak."""

    _offered = False
    """Whether the request at hand offers another protocol, and so must be read again."""

    def data_received(self, data: bytes) -> None:
        """Read a part of what the client sends."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._offered:
                self._decline(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("What came is not HTTP/1.1.")

    def on_headers_complete(self) -> None:
        """Begin to answer a request, unless the parser would take its body for what follows it."""
        tunnel = self.parser.get_method() == b"CONNECT"
        self._offered = self.parser.should_upgrade() and not tunnel
        if not self._offered:
            super().on_headers_complete()
        if tunnel:
            self.cycle.keep_alive = False  # what follows would be meant for someone else

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        if not self._offered:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, and close the connection."""
        response = problem(400, msg, {"Connection": "close"})
        headers = [*self.server_state.default_headers, *response.raw_headers]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\n%b\r\n%b" % (lines, bytes(response.body))
        )
        self.transport.close()

    def _decline(self, rest: bytes) -> None:
        """Read the request again without its offer, and `rest`, what came after its headers."""
        method = self.parser.get_method()
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] not in _OFFER]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.data_received(b"\r\n".join([*lines, b"", rest]))
