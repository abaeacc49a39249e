"""Requests that were answered directly: counted and logged in batches, after their answers.

A record waits for the others of its batch, `SECONDS` at most. A process that is killed, not
one that stops or fails, loses those that wait. Lines keep their order: whatever else is
logged has the batch written first.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from runtime.logs import Line, LineHandler, moment
from runtime.manifest import Label
from runtime.metrics import Metrics
from runtime.predictor import Predictor

SECONDS = 0.01
"""How long a record waits for others."""

MOST = 32
"""How many records wait: writing more at once, half a millisecond, would delay the next answers."""


# Who else writes the lines of requests.
_log = logging.getLogger("runtime.contracts.exchange")


class Done(msgspec.Struct, gc=False):
    """A request that was answered."""

    predictor: Predictor
    route: str
    path: str
    id: str
    status: int
    time: float
    """When it was answered, in seconds since 1970."""
    seconds: float
    rows: int | None
    counts: Mapping[Label, int]
    """How often each label was predicted, where each row has one."""


class Journal:
    """Keeps the records of a batch."""

    def __init__(self, metrics: Metrics) -> None:
        self.waiting = 0
        """Requests that have come and are not noted yet."""
        self._in_flight = 0
        self._metrics = metrics
        self._records: list[Done] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        handlers = logging.getLogger("runtime").handlers
        self._handlers = [each for each in handlers if isinstance(each, LineHandler)]
        for handler in self._handlers:
            handler.write_held = self.write

    def note(self, record: Done) -> None:
        """Keep a record for a while. For the event loop's thread only."""
        if self._timer is None:
            self._timer = self._loop.call_later(SECONDS, self.report)
        self._records.append(record)
        self.waiting -= 1
        if len(self._records) == MOST:
            self._loop.call_soon(self.report)

    def report(self) -> None:
        """Count what waits, and write. For the event loop's thread only."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._metrics.in_flight.inc(self.waiting - self._in_flight)
        self._in_flight = self.waiting
        self.write()

    def write(self) -> None:
        """Count and log what is kept. Thread-safe."""
        records, self._records = self._records, []
        if not records:
            return
        _count(self._metrics, records)
        if _log.isEnabledFor(logging.INFO):
            for handler in self._handlers:
                handler.write([_line(each) for each in records])


def _count(metrics: Metrics, records: Sequence[Done]) -> None:
    """Count all that is alike at once: each count takes a lock and, of several workers, a file."""
    alike: dict[tuple[str, int], list[float]] = {}
    answers: dict[Predictor, list[Done]] = {}
    for each in records:
        alike.setdefault((each.route, each.status), []).append(each.seconds)
        if each.rows is not None:
            answers.setdefault(each.predictor, []).append(each)
    for (route, status), seconds in alike.items():
        metrics.answered(route, status, *seconds)
    for predictor, done in answers.items():
        rows = sum(each.rows or 0 for each in done)
        counts: Counter[Label] = Counter()
        for each in done:
            for label, count in each.counts.items():
                counts[label] += count
        metrics.predicted(predictor.manifest, rows, counts)


def _line(done: Done) -> Line:
    return {
        "time": moment(done.time),
        "level": "info",
        "logger": _log.name,
        "message": "request",
        "id": done.id,
        "method": "POST",
        "path": done.path,
        "status": done.status,
        "duration_ms": round(done.seconds * 1000, 3),
        "model": done.predictor.label,
        "rows": done.rows,
    }
