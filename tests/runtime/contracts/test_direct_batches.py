"""What waits together, or for a thread, is answered as what comes alone."""

import asyncio
import json
import threading
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime import pace
from runtime.contracts.direct import DirectProtocol
from runtime.pace import Pace
from runtime.predictor import Answer, Predictor
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request
from tests.runtime.contracts.ways import PENGUIN


@pytest.mark.parametrize("slow", [0.0, 1.0], ids=["in a thread", "at once"])
@pytest.mark.parametrize(
    "paths", [["/predict"] * 3, ["/models/penguins/predict", "/predict"]], ids=["one", "two"]
)
def test_what_waits_together_is_answered_as_what_comes_alone(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, slow: float, paths: list[str]
) -> None:
    """By one run for each model, whatever the time that the models take."""
    alone_at_once = slow and len(set(paths)) == len(paths)
    expected = [] if alone_at_once else [paths.count(path) for path in dict.fromkeys(paths)]
    monkeypatch.setattr(pace, "SLOW", slow)
    monkeypatch.setattr(pace, "perf_counter", iter(count(step=1e-6)).__next__)
    runs = []
    answer_each = Predictor.answer_each

    def noted(predictor: Predictor, rows: Sequence[Any]) -> list[Answer]:
        runs.append(len(rows))
        return answer_each(predictor, rows)

    async def talk(connection: Conversation) -> None:
        bodies = {"/predict": RECORD, "/models/penguins/predict": PENGUIN}
        sent = [request(bodies[path], path) for path in paths]
        several = [connection.another(DirectProtocol) for _ in sent]
        monkeypatch.setattr(Predictor, "answer_each", noted)
        for each, data in zip(several, sent, strict=True):
            each.protocol.data_received(data)
        for each, data in zip(several, sent, strict=True):
            await each.settle()
            plain = connection.another(HttpToolsProtocol)
            assert each.transport.written == await plain.send(data)
            assert each.direct
        assert runs == expected

    converse(artifacts, talk)


def test_a_list_that_takes_long_is_the_applications(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes to a thread."""
    monkeypatch.setattr(Pace, "brief", lambda _, rows: rows < 2)

    async def talk(connection: Conversation) -> None:
        await connection.send(request(b"[" + RECORD + b"]"))
        assert connection.direct
        answer = await connection.send(request(b"[" + RECORD + b"," + RECORD + b"]"))
        assert answer.count(b"HTTP/1.1 200 OK") == 2
        assert not connection.direct

    converse(artifacts, talk)


def test_requests_that_wait_for_a_thread_are_in_flight(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are answered before anyone could ask."""
    monkeypatch.setattr(pace, "SLOW", 0.0)

    async def talk(connection: Conversation) -> None:
        connection.protocol.data_received(request())
        plain = connection.another(HttpToolsProtocol)
        ask = request(b"", "/metrics", method="GET")
        assert b"skiff_http_requests_in_flight 2.0" in await plain.send(ask)
        await connection.settle()
        plain.transport.written = b""
        assert b"skiff_http_requests_in_flight 1.0" in await plain.send(ask)

    converse(artifacts, talk)


def test_a_client_that_leaves_while_its_row_waits_gets_nothing(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And disturbs nobody; the log says that it left, once."""

    async def talk(connection: Conversation) -> None:
        another = connection.another(DirectProtocol)
        for each in (connection, another):
            each.protocol.data_received(request())
        connection.transport.close()
        connection.protocol.connection_lost(None)
        await another.settle()
        assert connection.transport.written == b""
        assert b"skiff_http_requests_in_flight 1.0" in await another.another(
            HttpToolsProtocol
        ).send(request(b"", "/metrics", method="GET"))

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [(each["status"], each["rows"]) for each in lines if each.get("path") == "/predict"]
    assert found == [(499, None), (200, 1)]


@pytest.mark.parametrize("fails", [False, True], ids=["answered", "failed"])
def test_a_client_that_leaves_while_its_row_is_computed_gets_nothing(
    artifacts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails: bool,
) -> None:
    """What fails meanwhile is logged."""
    monkeypatch.setattr(pace, "SLOW", 0.0)
    answer_each, begun, go_on = Predictor.answer_each, threading.Event(), threading.Event()

    def slowly(predictor: Predictor, rows: Sequence[Any]) -> list[Answer]:
        begun.set()
        assert go_on.wait(30)
        if fails:
            raise RuntimeError("broken")
        return answer_each(predictor, rows)

    async def talk(connection: Conversation) -> None:
        monkeypatch.setattr(Predictor, "answer_each", slowly)
        another = connection.another(DirectProtocol)
        connection.protocol.data_received(request())
        await asyncio.to_thread(begun.wait, 30)
        connection.transport.close()
        connection.protocol.connection_lost(None)
        go_on.set()
        await another.send(request())
        assert connection.transport.written == b""

    converse(artifacts, talk)
    output = capsys.readouterr().out
    assert output.count('"status":499') == 1
    assert output.count("RuntimeError: broken") == 2 * fails
