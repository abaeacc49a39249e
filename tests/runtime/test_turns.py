"""Tests of runtime.turns: long bodies are answered as short ones are, and others pass them."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
import pytest

from runtime.errors import PayloadError, TooManyError
from runtime.pace import Pace
from runtime.parts import PART_BYTES
from runtime.predictor import Answer, Predictor
from runtime.turns import Turns


def take(talk: Callable[[Turns], Awaitable[Any]], runs: int = 1) -> Any:
    """Return what comes of a talk."""

    async def run() -> Any:
        with ThreadPoolExecutor(4) as threads:
            return await talk(Turns(threads, runs))

    return asyncio.run(run())


MOST = 10**6


async def answered(turns: Turns, predictor: Predictor, body: bytes) -> list[Answer]:
    """Return the answers to a body's batches."""
    batches = await turns.decode(predictor, body, MOST)
    return [answer async for answer in turns.answers(predictor, batches)]


@pytest.fixture(params=["iris", "penguins", "notes", "sizes"])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    """Each of the models in turn."""
    found: Predictor = request.getfixturevalue(request.param)
    return found


def test_a_long_list_is_answered_as_its_rows_are(predictor: Predictor) -> None:
    """Byte for byte, in several parts."""
    records = predictor.model.vectors.rows
    times = 4 * PART_BYTES // len(json.dumps(records)) + 1
    one_by_one = b",".join(predictor.answer(msgspec.json.encode(each)).content for each in records)
    answers = take(lambda turns: answered(turns, predictor, json.dumps(records * times).encode()))
    assert len(answers) > 2
    content = b",".join(answer.content[1:-1] for answer in answers)
    assert content == b",".join([one_by_one] * times)
    assert sum(answer.rows for answer in answers) == times * len(records)
    labels = sum(sum(answer.counts.values()) for answer in answers)
    assert labels == (times * len(records) if predictor.manifest.classes else 0)


def test_a_list_of_too_many_records_is_refused(
    iris: Predictor, iris_record: dict[str, float]
) -> None:
    """As soon as there are too many, however few bytes each has."""
    body = json.dumps([iris_record] * 5000).encode()
    with pytest.raises(TooManyError, match=r"^The list has more than 4999 records, which of 4 "):
        take(lambda turns: turns.decode(iris, body, 4999))
    batches = take(lambda turns: turns.decode(iris, body, 5000))
    assert sum(batch.rows for batch in batches) == 5000


def test_others_pass_between_the_parts_of_a_long_list(
    iris: Predictor, iris_record: dict[str, float]
) -> None:
    """Of all lists only one has a turn in a round of the loop."""
    body = json.dumps([iris_record] * 10_000).encode()
    parts = len(body) // PART_BYTES + 1

    async def talk(turns: Turns) -> int:
        rounds = 0
        lists = [asyncio.create_task(answered(turns, iris, body)) for _ in range(3)]
        while not all(each.done() for each in lists):
            await asyncio.sleep(0)
            rounds += 1
        return rounds

    assert take(talk) >= 3 * 2 * parts


def test_a_short_body_waits_for_no_turn(iris: Predictor, iris_record: dict[str, float]) -> None:
    """It is answered before the part of a long one that was there before."""
    long, short = (json.dumps([iris_record] * rows).encode() for rows in (10_000, 2))
    done = []

    async def ask(turns: Turns, name: str, body: bytes) -> None:
        await answered(turns, iris, body)
        done.append(name)

    async def talk(turns: Turns) -> None:
        await asyncio.gather(ask(turns, "long", long), ask(turns, "short", short))

    take(talk)
    assert done == ["short", "long"]


def test_a_long_list_with_problems_is_refused(
    iris: Predictor, iris_record: dict[str, float]
) -> None:
    """Others pass while they are looked for."""
    body = json.dumps([iris_record] * 20_000 + [{}]).encode()

    async def talk(turns: Turns) -> int:
        rounds = 0
        task = asyncio.create_task(turns.decode(iris, body, MOST))
        while not task.done():
            await asyncio.sleep(0)
            rounds += 1
        with pytest.raises(PayloadError, match=r"got nothing - at `\$\[20000\]\.feature1`"):
            await task
        return rounds

    assert take(talk) > len(body) // PART_BYTES


def test_what_takes_long_without_the_lock_runs_in_threads() -> None:
    """In so many at a time as there may be."""
    running, most, lock = 0, 0, threading.Lock()
    barrier = threading.Barrier(2, timeout=30)

    def work() -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        barrier.wait()
        with lock:
            running -= 1
        return threading.current_thread().name

    async def talk(turns: Turns) -> list[str]:
        return await asyncio.gather(*[turns.there(work) for _ in range(4)])

    names = take(talk, runs=2)
    assert most == 2
    assert threading.main_thread().name not in names


def test_a_batch_of_a_slow_model_is_computed_in_a_thread(
    iris: Predictor, iris_record: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And encoded on the event loop, with the same answer."""
    names = []
    run, encode = iris.model.run, iris.codec.encode

    def noted(work: Callable[..., Any], *arguments: Any) -> Any:
        names.append(threading.current_thread().name)
        return work(*arguments)

    slow = Predictor(iris.model, iris.codec, Pace(row=0.01, each=0.01))
    monkeypatch.setattr(iris.model, "run", partial(noted, run))
    monkeypatch.setattr(iris.codec, "encode", partial(noted, encode))
    body = json.dumps([iris_record]).encode()
    answers = take(lambda turns: answered(turns, slow, body))
    assert names[0] != threading.main_thread().name == names[1]
    monkeypatch.undo()
    assert answers == [iris.answer(body)]


def test_batches_are_forgotten_as_they_are_answered(iris: Predictor) -> None:
    """So that their memory is free for the answer."""
    batch = iris.codec.decode(msgspec.json.encode(iris.model.vectors.rows))

    async def talk(turns: Turns) -> list[int]:
        batches = deque([batch, batch, batch])
        return [len(batches) async for _ in turns.answers(iris, batches)]

    assert take(talk) == [2, 1, 0]
