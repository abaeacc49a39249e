"""What is answered past ASGI has its id, its line and its counts."""

import asyncio
import json
from pathlib import Path

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime import journal
from runtime.contracts.direct import DirectProtocol
from runtime.logs import LineHandler
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request


def test_a_request_has_an_id_a_line_and_its_counts(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same as by the application."""

    async def talk(connection: Conversation) -> None:
        made = request().replace(b"X-Request-ID: a\r\n", b"")
        refused = request().replace(b"ID: a", b"ID: a b")
        answer = await connection.send(request(b"[" + RECORD + b"]"), made, refused, request(b"{}"))
        ids = [
            line[14:].decode() for line in answer.split(b"\r\n") if line[:14] == b"x-request-id: "
        ]
        assert [len(each) for each in ids] == [1, 32, 32, 1]
        assert connection.protocol.cycle is not None
        connection = connection.another(HttpToolsProtocol)
        answer = await connection.send(request(b"", "/metrics", method="GET"))
        for line in (
            b'skiff_http_requests_total{route="/predict",status="200"} 3.0',
            b'skiff_http_requests_total{route="/predict",status="422"} 1.0',
            b'skiff_http_request_duration_seconds_count{route="/predict"} 4.0',
            b'skiff_rows_total{model="iris",version="1"} 3.0',
            b'skiff_predictions_total{model="iris",prediction="setosa",version="1"} 3.0',
        ):
            assert line in answer.splitlines()
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        requests = [line for line in lines if line["message"] == "request"]
        # The application logs at once, and has what waits written first.
        assert [line["id"] for line in requests] == [*ids, "a"]
        assert requests[0].pop("duration_ms") > 0
        assert requests[0].pop("time") <= requests[1]["time"]
        assert requests[0] == {
            "level": "info",
            "logger": "runtime.contracts.exchange",
            "message": "request",
            "id": "a",
            "method": "POST",
            "path": "/predict",
            "status": 200,
            "model": "iris/1",
            "rows": 1,
        }

    converse(artifacts, talk)


def test_what_waits_is_written_at_the_end(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service that stops loses no line."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request())

    converse(artifacts, talk, LOG_FORMAT="text")
    assert "INFO    request id=a method=POST path=/predict status=200 duration_ms=" in (
        capsys.readouterr().out
    )


def test_what_waits_is_written_soon(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anything else that happens."""

    async def talk(connection: Conversation) -> None:
        written = asyncio.Event()
        monkeypatch.setattr(LineHandler, "write", lambda *_: written.set())
        await connection.send(request())
        await asyncio.wait_for(written.wait(), timeout=30)

    converse(artifacts, talk)


def test_not_many_wait_to_be_written(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or writing them would delay the next answers."""

    async def talk(connection: Conversation) -> None:
        written: list[int] = []
        monkeypatch.setattr(journal, "SECONDS", 3600)
        monkeypatch.setattr(LineHandler, "write", lambda _, events: written.append(len(events)))
        for _ in range(2 * journal.MOST):
            await connection.send(request())
            await asyncio.sleep(0)
        assert written == [journal.MOST, journal.MOST]

    converse(artifacts, talk)


def test_lines_of_requests_have_a_level(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are information."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request())

    converse(artifacts, talk, LOG_LEVEL="warning")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("known", [False, True])
def test_a_client_that_leaves_amid_its_body_is_noted(
    artifacts: Path, capsys: pytest.CaptureFixture[str], known: bool
) -> None:
    """With the status that says so."""
    sent = request().replace(b"X-Request-ID: a\r\n", b"")

    async def talk(connection: Conversation) -> None:
        if known:
            await connection.another(DirectProtocol).send(sent)
        await connection.send(sent[:-5])
        connection.protocol.connection_lost(None)
        await connection.settle()
        assert connection.transport.written == b""

    converse(artifacts, talk)
    assert '"status":499' in capsys.readouterr().out
