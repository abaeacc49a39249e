"""Drives an application's connections in this process: from the bytes that come to those that go.

What the kernel does for a connection is left out, and so are clients: what is left is what the
code of the service and of uvicorn costs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import process_time
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from runtime.app import create_app
from runtime.config import Settings
from runtime.contracts.direct import DirectProtocol

Application = Callable[..., Any]

_READ = 262_144
"""Bytes that come at a time, as they do from uvloop."""


class Transport(asyncio.Transport):
    """Counts the answers that are written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.last = b""
        self.answers = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count an answer, of which every part but the first is passed over."""
        if data[:5] == b"HTTP/":
            self.answers += 1
            self.last = bytes(data)

    def is_closing(self) -> bool:
        """Tell whether it is closed: never."""
        return False

    def close(self) -> None:
        """Do nothing."""

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""


class Connections:
    """Connections to one application."""

    def __init__(
        self, kind: type[HttpToolsProtocol], app: Application, state: dict[str, Any], count: int
    ) -> None:
        config = Config(app, http=kind, log_config=None, access_log=False, ws="none")
        config.load()
        server = ServerState()
        server.default_headers = [(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")]
        self.transports = [Transport() for _ in range(count)]
        self._protocols = [kind(config, server, dict(state)) for _ in self.transports]
        for protocol, transport in zip(self._protocols, self.transports, strict=True):
            protocol.connection_made(transport)
        self.count = count
        self.state = state

    async def send(self, request: bytes, times: int) -> float:
        """Send a request on all connections at once, so many times in turn.

        Returns the CPU seconds that each answer took. Raises ValueError for an error.
        """
        start = process_time()
        for _ in range(times):
            for place in range(0, len(request), _READ):
                if place:
                    await asyncio.sleep(0)
                for protocol in self._protocols:
                    protocol.data_received(request[place : place + _READ])
            while self._waits():  # noqa: ASYNC110 - an event would cost what it measures
                await asyncio.sleep(0)
        seconds = process_time() - start
        for each in self.transports:
            if not each.last.startswith(b"HTTP/1.1 200 OK"):
                raise ValueError(f"Expected status 200, got {each.last[:500]!r}.")
        return seconds / times / len(self._protocols)

    def _waits(self) -> bool:
        return not all(each.cycle.response_complete for each in self._protocols)


@asynccontextmanager
async def skiff(artifacts: str, **environ: str) -> AsyncIterator[Callable[[int], Connections]]:
    """Start the service; yields what opens so many connections to it."""
    settings = Settings.read({"ARTIFACTS": artifacts, **environ})
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:
        yield lambda count: Connections(DirectProtocol, app, dict(state or {}), count)
