"""The server's life: uvicorn, in one process or several, until it is told to stop.

Told so by SIGTERM or SIGINT, it answers the requests in flight, and succeeds.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from runtime import logs
from runtime.config import Settings
from runtime.contracts.direct import DirectProtocol
from runtime.metrics import MULTIPROCESS_DIRECTORY, forget_worker

_SETTLED = 10.0
"""Seconds after which a worker's death is no failure to start."""

_log = logging.getLogger(__name__)


def serve(settings: Settings) -> int:
    """Serve until told to stop. Return the exit code: 0, or 3 if the server did not start."""
    # uvicorn handles these while it serves, and raises them again when it has stopped.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    config = uvicorn.Config(
        "runtime.app:app",
        http=DirectProtocol,
        loop="uvloop",
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=logs.configuration(settings),
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
    if settings.workers == 1:
        config.load()
    _resume_collection()
    listeners: list[socket.socket] = []
    if settings.workers > 1 or settings.unix_socket is not None:
        try:
            listeners.append(_listen(settings, config.backlog))
        except OSError as error:
            place = settings.unix_socket or f"{settings.host}, port {settings.port}"
            _log.error("Cannot listen on %s: %s", place, error.strerror or error)
            return STARTUP_FAILURE
    if settings.workers == 1:
        Server(config).run(listeners or None)
        return 0
    with _metrics_folder():
        supervisor = Supervisor(config, listeners)
        supervisor.run()
    return STARTUP_FAILURE if supervisor.failed else 0


def _resume_collection() -> None:
    """Collect garbage from now on, and leave out what the start has imported."""
    gc.freeze()
    gc.enable()


class Server(uvicorn.Server):
    """Serves until it is told to stop."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take those who wait at the port before it is closed, which would reset them."""
        waiting = [each for server in self.servers for each in _waiting(server)]
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        await super().shutdown(sockets)

    def _protocol(self) -> DirectProtocol:
        return DirectProtocol(self.config, self.server_state, self.lifespan.state)


def _waiting(server: asyncio.Server) -> Iterator[socket.socket]:
    """Accept the connections that have been made, and not been accepted by the event loop."""
    for listener in server.sockets:
        with socket.socket(fileno=os.dup(listener.fileno())) as again:
            again.setblocking(False)
            with suppress(OSError):  # BlockingIOError: there are no more
                while True:
                    yield again.accept()[0]


class Worker(Process):
    """One of several processes that serve."""

    @property
    def server(self) -> uvicorn.Server:
        """Return what serves."""
        self._server = self._server or Server(self.config)
        return self._server


class Supervisor(Multiprocess):
    """Starts workers, and starts them again when they die."""

    failed = False
    """Whether a worker could not start."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._since: dict[Process, float] = {}

    def init_processes(self) -> None:
        """Start the workers."""
        self.processes = [Worker(self.config, self.sockets) for _ in range(self.processes_num)]
        for each in self.processes:
            each.start()

    def keep_subprocess_alive(self) -> None:
        """Replace a worker that has died, unless it is new: the next would die as well.

        uvicorn also replaces one that is slow to answer the supervisor, which one that is
        still starting on a busy machine is, and waits for it, deaf to signals.
        """
        now = monotonic()
        for index, worker in enumerate(self.processes):
            started = self._since.setdefault(worker, now)
            if worker.exitcode is None:
                continue
            if now - started < _SETTLED:
                _log.error("Worker %s could not start; see above for why.", worker.pid)
                self.failed = True
                self.should_exit.set()
                return
            _log.error("Worker %s has died: starting another.", worker.pid)
            forget_worker(worker.pid)
            del self._since[worker]
            self.processes[index] = Worker(self.config, self.sockets)
            self.processes[index].start()

    def terminate_all(self) -> None:
        """Close the port, so that no client waits there in vain, and stop the workers."""
        for each in self.sockets:
            each.close()
        super().terminate_all()


def _listen(settings: Settings, backlog: int) -> socket.socket:
    """Open the port before there are workers: clients wait for them, rather than fail."""
    if settings.unix_socket is not None:
        listener = _listen_on_file(settings.unix_socket, backlog)
        place = f"unix:{settings.unix_socket}"
    else:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        address = (settings.host, settings.port)
        listener = socket.create_server(address, family=family, backlog=backlog)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        place = f"http://{host}:{listener.getsockname()[1]}"
    workers = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
    _log.info("%s running on %s", workers, place)
    return listener


def _listen_on_file(path: Path, backlog: int) -> socket.socket:
    """Open a Unix socket in place of one that an earlier run has left.

    Whoever may enter its folder may connect to it.
    """
    if path.is_socket():
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(backlog)
    return listener


def _stop(_: int, __: FrameType | None) -> None:
    sys.exit(0)


@contextmanager
def _metrics_folder() -> Iterator[None]:
    """Provide the folder in which the workers keep their counts, for one of them to add up."""
    if MULTIPROCESS_DIRECTORY in os.environ:
        yield
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="skiff-metrics-")
    except OSError as error:
        _log.warning("No folder for metrics: each worker reports its own. %s", error)
        yield
        return
    with folder as path:
        os.environ[MULTIPROCESS_DIRECTORY] = path
        yield
