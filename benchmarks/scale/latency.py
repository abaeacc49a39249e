"""How long requests wait: at half of what the server can do, and beside huge ones."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.scale.skiff import constant, request, serving
from benchmarks.scale.table import Row, milliseconds
from benchmarks.serving.cases import Case, prepare
from benchmarks.serving.contest import LOAD_CORE
from benchmarks.serving.load import Load, press
from benchmarks.serving.process import Request, connection
from benchmarks.serving.services import CACHE

_PORT = 8650
_CONNECTIONS = 64
_HUGE = 100_000
_IDLE_MS = 640
"""Pause before each request that makes next to no load: 100 requests a second in all."""


def measure(_rounds: int, seconds: float) -> Iterator[Row]:
    """Yield the waiting times of rows of Iris, for a constant and for Skiff."""
    case = prepare("iris", CACHE / "models/iris")
    yield ("one row of Iris", "requests/s", "p50", "p99", "p99 / p50")
    sent = request(_PORT, case.records[0])
    with constant(_PORT, sent):
        yield _row("uvicorn answering a constant, at half load", _half_load(sent, seconds))
        yield _row("the same, next to no load", _idle(sent, seconds))
    sent = request(_PORT + 1, case.records[0])
    with serving(case.folder / "artifacts", _PORT + 1, sent):
        yield _row("Skiff, at half load", _half_load(sent, seconds))
        yield _row("the same, next to no load", _idle(sent, seconds))
        with _huge(case, _PORT + 1):
            yield _row(
                f"the same, beside one list of {_HUGE:,} rows after another", _idle(sent, seconds)
            )


def _half_load(sent: Request, seconds: float) -> Load:
    """Press a server as hard as it goes, then with pauses that make half of that."""
    full = press(sent, _CONNECTIONS, seconds, LOAD_CORE)
    pause = 2 * _CONNECTIONS / (full.requests / full.seconds) * 1e3
    return press(sent, _CONNECTIONS, 2 * seconds, LOAD_CORE, pause_ms=pause)


def _idle(sent: Request, seconds: float) -> Load:
    return press(sent, _CONNECTIONS, 2 * seconds, LOAD_CORE, pause_ms=_IDLE_MS)


@contextmanager
def _huge(case: Case, port: int) -> Iterator[None]:
    """Send one huge list after another meanwhile."""
    ended = threading.Event()

    def go_on() -> None:
        with connection(request(port, case.rows(_HUGE))) as send:
            while not ended.is_set():
                send()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _row(title: str, load: Load) -> Row:
    return (
        title,
        f"{load.requests / load.seconds:,.0f}",
        milliseconds(load.p50_ms),
        milliseconds(load.p99_ms),
        f"{load.p99_ms / load.p50_ms:.1f}",
    )
