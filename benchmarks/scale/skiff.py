"""The servers that are measured, each with its settings and port, and what presses them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.serving.cases import Record
from benchmarks.serving.contest import LOAD_CORE
from benchmarks.serving.load import press
from benchmarks.serving.process import Request, Server
from benchmarks.serving.services import CACHE, ROOT
from benchmarks.serving.turns import Press

_LOGS = CACHE / "logs"


@contextmanager
def serving(
    artifacts: Path, port: int, first: Request, cores: str = "0", **settings: str
) -> Iterator[tuple[Server, float]]:
    """Serve a folder of artifacts; yields the server, and the seconds until its first answer."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "ARTIFACTS": str(artifacts.resolve()),
        "PORT": str(port),
        **settings,
    }
    command = [sys.executable, "-m", "runtime", "serve"]
    with _running(command, environment, port, first, cores) as both:
        yield both


@contextmanager
def constant(port: int, first: Request, cores: str = "0", workers: int = 1) -> Iterator[Server]:
    """Serve a constant with uvicorn."""
    command = [
        *(sys.executable, "-m", "uvicorn", "benchmarks.serving.constant:app"),
        *("--port", str(port), "--workers", str(workers)),
        *("--no-access-log", "--log-level", "warning"),
    ]
    with _running(command, {"PYTHONPATH": str(ROOT)}, port, first, cores) as (server, _):
        yield server


def request(port: int, body: Record | list[Record], path: str = "/predict") -> Request:
    """Return a request with one row or many."""
    return Request(f"http://127.0.0.1:{port}{path}", msgspec.json.encode(body))


def pressing(sent: Request, connections: int, others: Sequence[bytes] = ()) -> Press:
    """Return what presses a server for some seconds, with this request or others in turn."""
    return lambda seconds: press(sent, connections, seconds, LOAD_CORE, others=others)


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], port: int, first: Request, cores: str
) -> Iterator[tuple[Server, float]]:
    server = Server(command, environment, _LOGS / f"scale-{port}.log", cores)
    try:
        seconds, _ = server.first_answer(first)
        yield server, seconds
    finally:
        server.stop()
