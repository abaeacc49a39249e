"""Rows of different requests, answered by one run of the model where they wait together.

There is no timer, so that nothing waits for company. Rows are computed as soon as the event
loop has read what else has come by then: together, where the model's `pace` allows it; here,
where that is soon done, and otherwise in a thread. While as many threads compute as there may
be, rows queue; as soon as one is done it takes what has queued, and nobody has given up.

Knows nothing of HTTP.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Protocol

import msgspec

from runtime.predictor import Answer, Predictor


class Waiter(Protocol):
    """Who waits for the answer to a row. It is told on the event loop."""

    @property
    def gone(self) -> bool:
        """Whether it waits no more. What it is told then is of no use."""

    def answered(self, answer: Answer) -> None:
        """Take the answer."""

    def failed(self, error: Exception) -> None:
        """Take the reason why there is none."""


_Waiting = tuple[msgspec.Struct, Waiter]


class Batcher:
    """The rows that wait for one model. For the event loop's thread only."""

    def __init__(self, predictor: Predictor, threads: Executor, runs: int) -> None:
        """Take at most `runs` of the `threads` at a time."""
        pace = predictor.pace
        self.predictor = predictor
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._threads = threads
        self._free = runs
        self._joins = pace.together > 1
        self._most = pace.together if self._joins or pace.slow else pace.turn
        self._queue: deque[_Waiting] = deque()

    def add(self, row: msgspec.Struct, waiter: Waiter) -> None:
        """Have a row answered."""
        if not self._queue:
            self._loop.call_soon(self._start)
        self._queue.append((row, waiter))

    def _start(self) -> None:
        """Compute what waits; after what is done here, let other requests pass."""
        queue = self._queue
        while queue and self._free:
            batch = [queue.popleft() for _ in range(min(len(queue), self._most))]
            if self._is_brief(len(batch)):
                self._run_here(batch)
                if queue:
                    self._loop.call_soon(self._start)
                return
            batch = [each for each in batch if not each[1].gone]
            if batch:
                self._free -= 1
                self._threads.submit(self._run_there, batch)

    def _is_brief(self, rows: int) -> bool:
        return self._pace.brief(rows) if self._joins else not self._pace.slow

    def _run_here(self, batch: Sequence[_Waiting]) -> None:
        if self._joins and len(batch) > 1:
            _tell(batch, _compute(self.predictor, batch))
        else:
            for row, waiter in batch:
                self._answer(row, waiter)

    def _answer(self, row: msgspec.Struct, waiter: Waiter) -> None:
        try:
            answer = self.predictor.answer_row(row)
        except Exception as error:  # noqa: BLE001 - whoever waits has to be told
            waiter.failed(error)
        else:
            waiter.answered(answer)

    def _run_there(self, batch: Sequence[_Waiting]) -> None:
        answers = _compute(self.predictor, batch)
        self._loop.call_soon_threadsafe(self._end, batch, answers)

    def _end(self, batch: Sequence[_Waiting], answers: Sequence[Answer | Exception]) -> None:
        self._free += 1
        self._start()
        _tell(batch, answers)


def _compute(predictor: Predictor, batch: Sequence[_Waiting]) -> list[Answer | Exception]:
    """Answer rows together, or each by itself, so that one that fails fails alone."""
    rows = [row for row, _ in batch]
    try:
        return list(predictor.answer_each(rows))
    except Exception as error:  # noqa: BLE001 - whoever waits has to be told
        if len(rows) == 1:
            return [error]
    return [each for waiting in batch for each in _compute(predictor, [waiting])]


def _tell(batch: Sequence[_Waiting], answers: Sequence[Answer | Exception]) -> None:
    for (_, waiter), answer in zip(batch, answers, strict=True):
        if isinstance(answer, Answer):
            waiter.answered(answer)
        else:
            waiter.failed(answer)
