"""Tests of runtime.batching: what waits together is computed together, and nothing waits for it."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from runtime.batching import Batcher
from runtime.pace import Pace
from runtime.predictor import Answer

TOGETHER = Pace(row=1e-5, each=1e-6, together=3)
ONE_BY_ONE = Pace(row=8e-4, each=1e-6)
LONG = Pace(row=5e-4, each=4e-4, together=64)
SLOW = Pace(row=0.01, each=1e-6, together=64)
SLOW_ONE_BY_ONE = Pace(row=0.01, each=0.01)


class Row(msgspec.Struct):
    """A row, which its name stands for."""

    name: str


class Model:
    """Stands for a predictor: notes what is computed together, and what is asked to wait for."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.runs: list[str] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(1000)

    def answer_row(self, row: Row) -> Answer:
        """Answer a row by itself."""
        return self._answer([row])[0]

    def answer_each(self, rows: Sequence[Row]) -> list[Answer]:
        """Answer rows together; in the names of threads, if need be."""
        self.begun.release()
        assert self.go_on.acquire(timeout=30)
        return self._answer(rows)

    def _answer(self, rows: Sequence[Row]) -> list[Answer]:
        self.runs.append("".join(row.name for row in rows))
        if "!" in self.runs[-1]:
            raise ValueError(self.runs[-1])
        return [Answer(row.name.encode(), 1, {}) for row in rows]


class Told(list[Any]):
    """What those who wait are told."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def append(self, what: Any) -> None:
        """Note one more."""
        super().append(what)
        self._more.set()

    async def wait(self, count: int) -> None:
        """Wait until they are so many."""
        async with asyncio.timeout(30):
            while len(self) < count:
                self._more.clear()
                await self._more.wait()


class Waiter:
    """Notes what it is told, and sees that it is told so by the main thread."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self.gone = False

    def answered(self, answer: Answer) -> None:
        """Note an answer."""
        assert threading.current_thread() is threading.main_thread()
        self._told.append(answer.content.decode())

    def failed(self, error: Exception) -> None:
        """Note a failure."""
        assert threading.current_thread() is threading.main_thread()
        self._told.append(error)


class Queue:
    """A batcher, and what those who wait are told."""

    def __init__(self, pace: Pace, threads: ThreadPoolExecutor, runs: int) -> None:
        self.model = Model(pace)
        self.told = Told()
        self._batcher = Batcher(self.model, threads, runs)  # type: ignore[arg-type]

    def add(self, names: str) -> list[Waiter]:
        """Add a row for each letter; return who waits for them."""
        waiters = [Waiter(self.told) for _ in names]
        for name, waiter in zip(names, waiters, strict=True):
            self._batcher.add(Row(name), waiter)
        return waiters

    async def begun(self) -> None:
        """Wait until a thread has begun to compute."""
        assert await asyncio.to_thread(self.model.begun.acquire, timeout=30)


def hold(pace: Pace, talk: Any, runs: int = 1) -> None:
    """Run `talk` with a queue."""

    async def run() -> None:
        with ThreadPoolExecutor(4) as threads:
            await talk(Queue(pace, threads, runs))

    asyncio.run(run())


def test_what_comes_together_is_computed_together() -> None:
    """As many rows as the pace allows at a time, and what is alone alone."""

    async def talk(queue: Queue) -> None:
        queue.add("abcdefg")
        assert queue.model.runs == []
        await queue.told.wait(7)
        assert queue.model.runs == ["abc", "def", "g"]
        assert queue.told == list("abcdefg")

    hold(TOGETHER, talk)


def test_others_pass_between_two_batches() -> None:
    """A batch takes as long as they may wait."""

    async def talk(queue: Queue) -> None:
        queue.add("abcde")
        asyncio.get_running_loop().call_soon(queue.told.append, "another")
        await queue.told.wait(6)
        assert queue.told == ["a", "b", "c", "another", "d", "e"]

    hold(TOGETHER, talk)


def test_where_answers_would_differ_rows_are_computed_one_by_one() -> None:
    """As many at a time as take no longer than others may wait."""

    async def talk(queue: Queue) -> None:
        queue.add("abc")
        asyncio.get_running_loop().call_soon(queue.told.append, "another")
        await queue.told.wait(4)
        assert queue.told == ["a", "b", "another", "c"]
        assert queue.model.runs == ["a", "b", "c"]

    hold(ONE_BY_ONE, talk)


def test_what_takes_long_together_is_computed_in_a_thread() -> None:
    """And what is soon done at once, unless a thread computes already."""

    async def talk(queue: Queue) -> None:
        queue.model.go_on = threading.Semaphore(0)
        queue.add("a")
        await queue.told.wait(1)
        queue.add("bcdefg")
        await queue.begun()
        queue.add("h")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert queue.told == ["a"]
        queue.model.go_on.release()
        await queue.told.wait(8)
        assert queue.model.runs == ["a", "bcdefg", "h"]
        assert queue.told == ["a", "h", *"bcdefg"]

    hold(LONG, talk)


def test_what_waits_for_a_thread_is_its_next_batch() -> None:
    """The first row waits for no other."""

    async def talk(queue: Queue) -> None:
        queue.model.go_on = threading.Semaphore(0)
        queue.add("a")
        await queue.begun()
        queue.add("bcd")
        await asyncio.sleep(0)
        queue.add("e")
        queue.model.go_on.release(2)
        await queue.told.wait(5)
        assert queue.model.runs == ["a", "bcde"]
        assert queue.told == list("abcde")

    hold(SLOW, talk)


@pytest.mark.parametrize(("pace", "runs"), [(SLOW, ["a", "cd"]), (SLOW_ONE_BY_ONE, ["a", *"cd"])])
def test_who_gives_up_while_others_are_computed_is_not_computed(
    pace: Pace, runs: list[str]
) -> None:
    """A model that is asked for more than it can answer would do nothing else."""

    async def talk(queue: Queue) -> None:
        queue.model.go_on = threading.Semaphore(0)
        queue.add("a")
        await queue.begun()
        leaving, *_, last = queue.add("bcde")
        leaving.gone = last.gone = True
        queue.model.go_on.release(4)
        await queue.told.wait(3)
        queue.add("f")
        await queue.told.wait(4)
        assert queue.model.runs == [*runs, "f"]
        assert queue.told == list("acdf")

    hold(pace, talk)


def test_so_many_threads_are_used_as_there_may_be() -> None:
    """Not one more, though there are more."""

    async def talk(queue: Queue) -> None:
        queue.model.go_on = threading.Semaphore(0)
        queue.add("abcd")
        await queue.begun()
        await queue.begun()
        assert not queue.model.begun.acquire(blocking=False)
        queue.model.go_on.release(4)
        await queue.told.wait(4)
        assert sorted(queue.model.runs) == ["a", "b", "c", "d"]

    hold(SLOW_ONE_BY_ONE, talk, runs=2)


@pytest.mark.parametrize("pace", [TOGETHER, ONE_BY_ONE, LONG, SLOW, SLOW_ONE_BY_ONE])
def test_a_row_that_fails_fails_alone(pace: Pace) -> None:
    """Those that were computed with it are answered."""

    async def talk(queue: Queue) -> None:
        queue.add("a!b")
        await queue.told.wait(3)
        assert [queue.told[0], str(queue.told[1]), queue.told[2]] == ["a", "!", "b"]
        assert isinstance(queue.told[1], ValueError)

    hold(pace, talk)


def test_after_a_failure_rows_are_computed_on() -> None:
    """A thread that failed is free again."""

    async def talk(queue: Queue) -> None:
        queue.add("!")
        await queue.told.wait(1)
        queue.add("a")
        await queue.told.wait(2)
        assert queue.told[1] == "a"

    hold(SLOW, talk)
