"""Tests of runtime.contracts.direct: answers past ASGI are those of the application."""

import asyncio
import json
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime import journal, pace
from runtime.contracts.connection import Connection
from runtime.contracts.direct import DirectProtocol
from runtime.logs import LineHandler
from runtime.model import BoundRow, Model
from runtime.pace import Pace
from runtime.predictor import Answer, Predictor
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request

PENGUIN = b'{"island":"Biscoe","bill_length_mm":39.1,"year":2007}'


JSON = "Content-Type: application/json\r\n"
DIRECT = {
    "one record": request(),
    "a list": request(b"[" + RECORD + b"," + RECORD + b"]"),
    "with its type": request(head=JSON),
    "with its charset": request(head="content-TYPE: application/json; charset=utf-8\r\n"),
    "by name": request(path="/models/iris/predict"),
    "by version": request(path="/models/iris/versions/1/predict"),
    "strings and missing values": request(PENGUIN, "/models/penguins/predict"),
}
HANDED_OVER = {
    "another route": request(b"", "/livez", method="GET"),
    "another method": request(b"", method="GET"),
    "no such model": request(path="/models/no/predict"),
    "no such version": request(path="/models/iris/versions/9/predict"),
    "no such route": request(path="/predict/"),
    "an escaped name": request(path="/models/ir%69s/predict"),
    "a query": request(path="/predict?a=1"),
    "a field that is missing": request(b'{"feature1":1}'),
    "no JSON": request(b"{"),
    "an empty body": request(b""),
    "no length": b"POST /predict HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n\r\n",
    "another type": request(head="Content-Type: text/plain\r\n"),
    "compressed": request(head="Content-Encoding: gzip\r\n"),
    "too large": request(b"[" + b",".join([RECORD] * 100) + b"]"),
    "an older HTTP": request().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "the last of the connection": request(head="Connection: close\r\n"),
    "in chunks": b"POST /predict HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(RECORD), RECORD),
    "that waits to be asked on": request(head="Expect: 100-continue\r\n"),
}
AFTER_ANOTHER = request() + request(path="/models/iris/predict") + request(b"{")


@pytest.mark.parametrize(
    "sent",
    [*DIRECT.values(), *HANDED_OVER.values(), AFTER_ANOTHER],
    ids=[*DIRECT, *HANDED_OVER, "three at once"],
)
def test_both_ways_answer_alike(artifacts: Path, sent: bytes) -> None:
    """Byte for byte, and only the requests that are meant to be are answered directly."""

    async def talk(connection: Conversation) -> None:
        protocol = connection.protocol
        plain = Conversation(HttpToolsProtocol, protocol.app, protocol.app_state)
        expected = await plain.send(sent)
        assert expected.startswith(b"HTTP/1.1 ")
        assert await connection.send(sent) == expected
        assert connection.direct == (sent in DIRECT.values())
        assert connection.transport.closed == plain.transport.closed

    converse(artifacts, talk, MAX_BODY_BYTES="4096")


ID = re.compile(rb"x-request-id: \w+\r\n")


@pytest.mark.parametrize(
    "sent", [*DIRECT.values(), *HANDED_OVER.values()], ids=[*DIRECT, *HANDED_OVER]
)
def test_a_head_that_is_known_is_answered_alike(artifacts: Path, sent: bytes) -> None:
    """Whether it was sent before or not, with a body that is whole, late, or no good."""
    sent = sent.replace(b"X-Request-ID: a\r\n", b"")
    end = sent.index(b"\r\n\r\n") + 4
    bad = sent[:end] + b"!" * len(sent[end:])

    async def talk(connection: Conversation) -> None:
        protocol = connection.protocol
        for parts in (
            [sent],
            [sent],
            [sent[:end], sent[end:]],
            [sent[:-3], sent[-3:-2], sent[-2:]],
            [sent[: end - 1], sent[end - 1 :]],
            [bad],
            [bad[:end], bad[end:]],
            [sent + bad],
            [sent],
        ):
            plain = Conversation(Connection, protocol.app, protocol.app_state)
            expected = ID.sub(b"", await plain.send(*filter(None, parts)))
            connection.transport.written = b""
            assert ID.sub(b"", await connection.send(*filter(None, parts))) == expected
            if connection.transport.closed:
                assert plain.transport.closed
                break

    converse(artifacts, talk, MAX_BODY_BYTES="4096")


def test_heads_are_forgotten_before_there_are_too_many(artifacts: Path) -> None:
    """And those that are long, or have an id of their own, are not even learnt."""

    async def talk(connection: Conversation) -> None:
        known = connection.protocol.app_state["direct"].heads.known
        plain = request().replace(b"X-Request-ID: a\r\n", b"")
        for sent in (
            request(),
            plain.replace(b"Host: x", b"Host: " + b"x" * 2048),
            plain.replace(b"HTTP/1.1", b"HTTP/1.0"),
            plain.replace(b"predict", b"models"),
        ):
            another = Conversation(DirectProtocol, connection.protocol.app, state(connection))
            assert await another.send(sent)
        assert len(known) == 0
        for number in range(600):
            await connection.send(plain.replace(b"Host: x", b"Host: %d" % number))
        assert len(known) == 600 - 512

    converse(artifacts, talk)


@pytest.mark.parametrize("body", [b'{"feature1":30,"feature2":3}', b'{"feature1":31,"feature2":3}'])
def test_models_that_answer_few_numbers_are_the_applications(models: Path, body: bytes) -> None:
    """It says which other number was sent."""

    async def talk(connection: Conversation) -> None:
        protocol = connection.protocol
        plain = Conversation(HttpToolsProtocol, protocol.app, protocol.app_state)
        sent = request(body, "/models/sizes/predict")
        assert await connection.send(sent) == await plain.send(sent)
        assert not connection.direct

    converse(models / "unusual", talk, DEFAULT_MODEL="sizes")


@pytest.mark.parametrize("slow", [0.0, 1.0], ids=["in a thread", "at once"])
@pytest.mark.parametrize(
    "paths", [["/predict"] * 3, ["/models/penguins/predict", "/predict"]], ids=["one", "two"]
)
def test_what_waits_together_is_answered_as_what_comes_alone(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, slow: float, paths: list[str]
) -> None:
    """By one run for each model, whatever the time that the models take."""
    monkeypatch.setattr(pace, "SLOW", slow)
    monkeypatch.setattr(pace, "perf_counter", iter(count(step=1e-6)).__next__)
    runs = []
    answer_each = Predictor.answer_each

    def noted(predictor: Predictor, rows: Sequence[Any]) -> list[Answer]:
        runs.append(len(rows))
        return answer_each(predictor, rows)

    async def talk(connection: Conversation) -> None:
        protocol = connection.protocol
        bodies = {"/predict": RECORD, "/models/penguins/predict": PENGUIN}
        sent = [request(bodies[path], path) for path in paths]
        several = [Conversation(DirectProtocol, protocol.app, state(connection)) for _ in sent]
        monkeypatch.setattr(Predictor, "answer_each", noted)
        for each, data in zip(several, sent, strict=True):
            each.protocol.data_received(data)
        for each, data in zip(several, sent, strict=True):
            await each.settle()
            plain = Conversation(HttpToolsProtocol, protocol.app, state(connection))
            assert each.transport.written == await plain.send(data)
            assert each.direct
        assert max(runs, default=1) == paths.count(paths[0])

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
        protocol = connection.protocol
        connection.protocol.data_received(request())
        plain = Conversation(HttpToolsProtocol, protocol.app, state(connection))
        ask = request(b"", "/metrics", method="GET")
        assert b"skiff_http_requests_in_flight 2.0" in await plain.send(ask)
        await connection.settle()
        plain.transport.written = b""
        assert b"skiff_http_requests_in_flight 1.0" in await plain.send(ask)

    converse(artifacts, talk)


def test_a_client_that_leaves_while_its_row_waits_gets_nothing(artifacts: Path) -> None:
    """And disturbs nobody."""

    async def talk(connection: Conversation) -> None:
        connection.protocol.data_received(request())
        connection.transport.close()
        connection.protocol.connection_lost(None)
        await connection.settle()
        assert connection.transport.written == b""

    converse(artifacts, talk)


def test_a_body_may_come_in_parts(artifacts: Path) -> None:
    """As clients send it that write the headers first."""

    async def talk(connection: Conversation) -> None:
        whole = request(RECORD)
        answer = await connection.send(whole[:40], whole[40:-30], whole[-30:-9], whole[-9:])
        assert answer.endswith(b'"virginica":2.6968109686919993e-7}}')
        assert connection.direct

    converse(artifacts, talk)


def state(connection: Conversation) -> dict[str, Any]:
    """Return what a further connection to the same application needs."""
    return dict(connection.protocol.app_state)


def test_requests_follow_each_other(artifacts: Path) -> None:
    """On one connection, by whichever way."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request(), request(b"{"), request())
        statuses = [
            line for line in connection.transport.written.split(b"\r\n") if b"HTTP/1.1" in line
        ]
        assert [line.rpartition(b"HTTP/1.1 ")[2] for line in statuses] == [
            b"200 OK",
            b"400 Bad Request",
            b"200 OK",
        ]

    converse(artifacts, talk)


def test_a_new_connection_is_kept_alive_and_counted(artifacts: Path) -> None:
    """As uvicorn does it."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request())
        assert connection.protocol.timeout_keep_alive_task is not None
        assert connection.protocol.server_state.total_requests == 1

    converse(artifacts, talk)


def test_after_the_server_was_told_to_stop_one_more_request_is_answered(artifacts: Path) -> None:
    """And the client is told to leave."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request())
        connection.protocol.shutdown()
        assert not connection.transport.closed
        connection.transport.written = b""
        answer = await connection.send(request())
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in answer
        assert connection.transport.closed

    converse(artifacts, talk)


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
        connection = Conversation(
            HttpToolsProtocol, connection.protocol.app, connection.protocol.app_state
        )
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


def test_a_client_that_leaves_amid_its_body_is_noted(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the status that says so."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request()[:-5])
        connection.protocol.connection_lost(None)
        await connection.settle()
        assert connection.transport.written == b""

    converse(artifacts, talk)
    assert '"status":499' in capsys.readouterr().out


def test_a_body_on_its_way_is_awaited_before_the_end(artifacts: Path) -> None:
    """A service that is told to stop answers what it has begun."""

    async def talk(connection: Conversation) -> None:
        await connection.send(request()[:-5])
        connection.protocol.shutdown()
        assert not connection.transport.closed
        answer = await connection.send(request()[-5:])
        assert b"HTTP/1.1 200 OK" in answer
        assert b"connection: close" in answer
        assert connection.transport.closed

    converse(artifacts, talk)


def test_a_fault_is_the_applications(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It answers 500, and logs the traceback."""

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    async def talk(connection: Conversation) -> None:
        monkeypatch.setattr(BoundRow, "run", fail)
        monkeypatch.setattr(Model, "run", fail)
        assert b"HTTP/1.1 500 Internal Server Error" in await connection.send(request())

    converse(artifacts, talk)
    assert "RuntimeError: broken" in capsys.readouterr().out


def test_a_direct_answer_that_differs_is_found(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What compares both ways sees a bound tensor that is filled wrongly."""

    async def talk(connection: Conversation) -> None:
        plain = Conversation(
            HttpToolsProtocol, connection.protocol.app, connection.protocol.app_state
        )
        monkeypatch.setattr(BoundRow, "run", lambda _: None)
        assert await connection.send(request()) != await plain.send(request())

    converse(artifacts, talk)
