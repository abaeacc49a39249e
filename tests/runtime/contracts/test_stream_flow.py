"""Tests of the flow of streams: answers go out as records come in, and whoever stalls is left."""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runtime.contracts import streams
from runtime.predictor import Predictor
from tests.runtime.contracts.conversation import RECORD, Conversation, converse
from tests.runtime.contracts.test_flow import unchunked
from tests.runtime.contracts.test_streams import NAMES, VALUES

NDJSON = (
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return a part of a body as it travels."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_lines_are_answered_as_they_come(artifacts: Path, iris: Predictor) -> None:
    """Before the next is sent; and the connection is kept afterwards."""
    answer = iris.answer(RECORD).content + b"\n"

    async def talk(conversation: Conversation) -> None:
        transport = conversation.transport

        def answered(count: int) -> bool:
            return transport.written.count(answer) == count

        await conversation.send(NDJSON)
        assert transport.written == b""
        for count in (1, 2, 3):
            await conversation.send(chunk(RECORD + b"\n"))
            await conversation.until(partial(answered, count))
        await conversation.send(chunk(RECORD[:9]), chunk(RECORD[9:]), LAST)
        assert unchunked(transport.written) == 4 * answer
        transport.written = b""
        await conversation.send(NDJSON + chunk(RECORD) + LAST)
        assert unchunked(transport.written) == answer

    converse(artifacts, talk)


def test_a_stream_is_read_no_faster_than_its_answers_are_taken(artifacts: Path) -> None:
    """The client is told to wait, and nothing is lost."""
    lines = (RECORD + b"\n") * 3000

    async def talk(conversation: Conversation) -> None:
        conversation.protocol.pause_writing()
        conversation.protocol.data_received(NDJSON + chunk(lines))
        await conversation.pause()
        assert conversation.transport.written == b""
        conversation.protocol.data_received(chunk(lines))
        await conversation.pause()
        paused = [conversation.protocol.flow.read_paused]
        conversation.protocol.resume_writing()
        await conversation.until(lambda: conversation.transport.written.count(b"}}\n") == 6000)
        paused.append(conversation.protocol.flow.read_paused)
        assert paused == [True, False]
        await conversation.send(LAST)
        assert unchunked(conversation.transport.written).count(b"\n") == 6000

    converse(artifacts, talk)


@pytest.mark.parametrize("answered", [0, 1])
def test_a_client_that_leaves_amid_its_stream_is_noted(
    artifacts: Path, capsys: pytest.CaptureFixture[str], answered: int
) -> None:
    """With what had been answered by then."""

    async def talk(conversation: Conversation) -> None:
        await conversation.send(NDJSON + chunk((RECORD + b"\n") * answered + RECORD[:5]))
        await conversation.until(lambda: conversation.transport.written.count(b"}}\n") == answered)
        await conversation.pause()
        conversation.protocol.connection_lost(None)
        await conversation.settle()

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [(each["status"], each["rows"]) for each in lines if each["message"] == "request"]
    assert found == [(499, answered)]
    assert not [each for each in lines if "traceback" in each]


@pytest.mark.parametrize("answered", [0, 2])
def test_a_client_that_sends_no_more_of_its_stream_is_not_awaited_for_ever(
    artifacts: Path,
    answered: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Unless it has not taken its answers: then it is them that are waited for."""
    monkeypatch.setattr(streams, "UNREAD", 0.0)

    async def talk(conversation: Conversation) -> None:
        conversation.protocol.pause_writing()
        conversation.protocol.data_received(
            NDJSON + chunk((RECORD + b"\n") * answered + RECORD[:5])
        )
        if answered:
            assert await conversation.pause() == b""
            assert not conversation.transport.closed
        conversation.protocol.resume_writing()
        await conversation.until(lambda: conversation.transport.closed)
        written = conversation.transport.written
        if answered:
            assert written.count(b"}}\n") == answered
            assert not written.endswith(b"0\r\n\r\n")
        else:
            assert written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert b"\r\nconnection: close\r\n" in written

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [(each["status"], each["rows"]) for each in lines if each["message"] == "request"]
    assert found == [(408, answered)]


def test_other_requests_pass_a_stream(artifacts: Path, iris: Predictor) -> None:
    """Whatever comes of it at a time."""

    async def talk(conversation: Conversation) -> None:
        done = asyncio.Event()

        async def others() -> int:
            count = 0
            while not done.is_set():
                await asyncio.sleep(0)
                count += 1
            return count

        counting = asyncio.create_task(others())
        await conversation.send(NDJSON + chunk((RECORD + b"\n") * 20_000) + LAST)
        done.set()
        assert await counting >= 10
        assert unchunked(conversation.transport.written) == (
            (iris.answer(RECORD).content + b"\n") * 20_000
        )

    converse(artifacts, talk)


def test_http_1_0_has_no_streams(artifacts: Path) -> None:
    """It has no chunks to send them in."""

    async def talk(conversation: Conversation) -> None:
        request = (
            b"POST /predict HTTP/1.0\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n"
            % len(NAMES + VALUES)
        )
        response = await conversation.send(request + NAMES + VALUES)
        assert response.startswith(b"HTTP/1.1 505 HTTP Version Not Supported")
        assert b'"A stream is answered in HTTP/1.1, not in HTTP/1.0."' in response

    converse(artifacts, talk)


def test_a_failure_amid_a_stream_ends_it_before_its_end(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nobody takes it for whole."""
    counts = Predictor.counts
    calls = []

    def failing(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 1:
            raise ValueError("broken")
        return counts(*arguments)

    monkeypatch.setattr(Predictor, "counts", failing)

    async def talk(conversation: Conversation) -> None:
        await conversation.send(NDJSON + chunk(RECORD + b"\n"))
        await conversation.until(lambda: b"}}\n" in conversation.transport.written)
        await conversation.send(chunk(RECORD + b"\n"))
        await conversation.until(lambda: conversation.transport.closed)
        response = conversation.transport.written
        assert response.startswith(b"HTTP/1.1 200 OK")
        assert not response.endswith(LAST)
        assert conversation.transport.closed

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["status"] for each in lines if each["message"] == "request"] == [500]
