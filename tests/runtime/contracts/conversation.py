"""Conversations with an application over a connection that needs no network."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from runtime.app import create_app
from runtime.config import Settings
from runtime.contracts.direct import DirectProtocol

RECORD = b'{"feature1":5.1,"feature2":3.5,"feature3":1.4,"feature4":0.2}'


class Transport(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.aborted = False
        self.reading = True
        self.untaken = 0
        """Bytes that the client has not taken."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += data

    def is_closing(self) -> bool:
        """Tell whether it is closed."""
        return self.closed

    def close(self) -> None:
        """Close it."""
        self.closed = True

    def abort(self) -> None:
        """Close it, whatever the client has not taken."""
        self.closed = self.aborted = True

    def get_write_buffer_size(self) -> int:
        """Return what the client has not taken."""
        return self.untaken

    def pause_reading(self) -> None:
        """Note it."""
        self.reading = False

    def resume_reading(self) -> None:
        """Note it."""
        self.reading = True


class Conversation:
    """A connection to an application, by one protocol or the other."""

    def __init__(self, kind: type[HttpToolsProtocol], app: Any, state: dict[str, Any]) -> None:
        config = Config(app, http=kind, log_config=None, access_log=False, ws="none")
        config.load()
        server = ServerState()
        server.default_headers = [(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")]
        self.transport = Transport()
        self.protocol = kind(config, server, state)
        self.protocol.connection_made(self.transport)

    def another(self, kind: type[HttpToolsProtocol]) -> "Conversation":
        """Return a further connection to the same application."""
        return Conversation(kind, self.protocol.app, dict(self.protocol.app_state))

    async def send(self, *parts: bytes) -> bytes:
        """Send a request in these parts, and return what is answered until nothing is left."""
        for part in parts:
            self.protocol.data_received(part)
            await self.settle()
        return self.transport.written

    async def settle(self) -> None:
        """Wait for whatever the protocol has started."""
        while self._waits_for_a_row():  # noqa: ASYNC110 - a protocol tells nobody
            await asyncio.sleep(0)
        while tasks := [each for each in self.protocol.tasks if not each.done()]:
            waiting = self.protocol.cycle.more_body
            done, _ = await asyncio.wait(tasks, timeout=0 if waiting else None)
            if waiting and not done:
                return

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(60):
            while not done():  # noqa: ASYNC110 - a protocol tells nobody
                await asyncio.sleep(0)

    async def pause(self) -> bytes:
        """Wait until nothing goes on but waiting, and return what was written."""
        rounds, last = 0, -1
        while rounds < 100:
            await asyncio.sleep(0)
            rounds = rounds + 1 if last == len(self.transport.written) else 0
            last = len(self.transport.written)
        return self.transport.written

    def _waits_for_a_row(self) -> bool:
        protocol = self.protocol
        return isinstance(protocol, DirectProtocol) and not protocol.turn.response_complete

    @property
    def direct(self) -> bool:
        """Whether the application has not been asked."""
        scope: object = self.protocol.scope
        return scope is None


Talk = Callable[[Conversation], Awaitable[None]]


def converse(artifacts: Path, *talks: Talk, **environ: str) -> None:
    """Start an application, and hold each talk on a connection that answers directly."""

    async def run() -> None:
        settings = Settings.read({"ARTIFACTS": str(artifacts), "DEFAULT_MODEL": "iris", **environ})
        app = create_app(settings)
        async with app.router.lifespan_context(app) as state:
            for talk in talks:
                await talk(Conversation(DirectProtocol, app, dict(state or {})))

    asyncio.run(run())


def request(
    body: bytes = RECORD, path: str = "/predict", head: str = "", method: str = "POST"
) -> bytes:
    """Return a request as it travels."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n{head}"
    return f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
