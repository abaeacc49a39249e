"""Tests of long answers: sent part by part, for as long as there is someone to take them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runtime.predictor import Predictor
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request

ROWS = 12_000
LONG = b"[" + b",".join([RECORD] * ROWS) + b"]"


def unchunked(response: bytes) -> bytes:
    """Return the body of an answer that is sent in chunks."""
    head, _, rest = response.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            assert rest == b"\r\n"
            return body
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]


def test_a_long_answer_is_sent_in_parts(artifacts: Path, iris: Predictor) -> None:
    """Together they are what a short one would be; and the connection goes on."""
    expected = b"[" + b",".join([iris.answer(RECORD).content] * ROWS) + b"]"

    async def talk(conversation: Conversation) -> None:
        assert unchunked(await conversation.send(request(LONG))) == expected
        conversation.transport.written = b""
        assert (await conversation.send(request())).startswith(b"HTTP/1.1 200 OK")

    converse(artifacts, talk)


def test_a_client_of_http_1_0_gets_it_whole(artifacts: Path) -> None:
    """It knows of no chunks."""

    async def talk(conversation: Conversation) -> None:
        head, _, body = (
            await conversation.send(request(LONG).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        ).partition(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % len(body) in head
        assert b"chunked" not in head
        assert len(json.loads(body)) == ROWS

    converse(artifacts, talk)


def test_what_is_sent_is_counted(client: TestClient) -> None:
    """Rows, and what was predicted for them."""
    assert len(client.post("/predict", content=LONG).json()) == ROWS
    text = client.get("/metrics").text
    assert f'skiff_rows_total{{model="iris",version="1"}} {ROWS}.0' in text
    expected = f'skiff_predictions_total{{model="iris",prediction="setosa",version="1"}} {ROWS}.0'
    assert expected in text


def test_a_client_that_does_not_read_is_waited_for(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is computed than one part ahead."""
    finish: Callable[..., Any] = Predictor.finish
    calls = []

    def noted(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return finish(*arguments, **named)

    monkeypatch.setattr(Predictor, "finish", noted)

    async def talk(conversation: Conversation) -> None:
        conversation.protocol.pause_writing()
        conversation.protocol.data_received(request(LONG))
        assert await conversation.pause() == b""
        assert len(calls) == 1
        conversation.protocol.resume_writing()
        await conversation.settle()
        assert len(json.loads(unchunked(conversation.transport.written))) == ROWS

    converse(artifacts, talk)


def test_for_a_client_that_leaves_nothing_more_is_computed(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log says how far it came."""

    async def talk(conversation: Conversation) -> None:
        conversation.protocol.pause_writing()
        conversation.protocol.data_received(request(LONG))
        await conversation.pause()
        conversation.protocol.connection_lost(None)
        await conversation.settle()
        assert conversation.transport.written == b""

    converse(artifacts, talk)
    line = next(line for line in capsys.readouterr().out.splitlines() if '"request"' in line)
    fields = json.loads(line)
    assert fields["status"] == 499
    assert 0 < fields["rows"] < ROWS


@pytest.mark.parametrize(
    "sent",
    [
        request(LONG).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
        request(LONG[1:-1].replace(b",{", b"\n{"), head="Content-Type: application/x-ndjson\r\n"),
    ],
    ids=["a list to HTTP/1.0", "a stream"],
)
def test_a_client_that_leaves_while_its_answer_is_computed_has_left(
    artifacts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sent: bytes,
) -> None:
    """Though all of its request has come, and its answer goes on."""
    counts: Callable[..., Any] = Predictor.counts

    async def talk(conversation: Conversation) -> None:
        def leaving(*arguments: Any) -> Any:
            if not conversation.protocol.cycle.disconnected:
                conversation.protocol.connection_lost(None)
            return counts(*arguments)

        monkeypatch.setattr(Predictor, "counts", leaving)
        await conversation.send(sent)

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["status"] for each in lines if each["message"] == "request"] == [499]


@pytest.mark.parametrize("part", [0, 1])
def test_a_failure_is_never_taken_for_an_answer(
    artifacts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    part: int,
) -> None:
    """At first it is an error; later the answer has no end."""
    finish: Callable[..., Any] = Predictor.finish
    calls = []

    def failing(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) > part:
            raise ValueError("broken")
        return finish(*arguments, **named)

    monkeypatch.setattr(Predictor, "finish", failing)

    async def talk(conversation: Conversation) -> None:
        response = await conversation.send(request(LONG))
        if part == 0:
            assert response.startswith(b"HTTP/1.1 500 Internal Server Error")
            assert not conversation.transport.closed
        else:
            assert response.startswith(b"HTTP/1.1 200 OK")
            assert not response.endswith(b"0\r\n\r\n")
            assert conversation.transport.closed

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines if line["message"] == "request"] == [500]
    assert [line["message"] for line in lines if "broken" in line.get("traceback", "")]
