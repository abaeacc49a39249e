"""Tests of runtime.contracts.direct: answers past ASGI are those of the application."""

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime.contracts.connection import Connection
from runtime.contracts.direct import DirectProtocol
from runtime.model import BoundRow, Model
from runtime.pace import Pace
from runtime.parts import Body
from runtime.payload import Codec
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request
from tests.runtime.contracts.ways import DIRECT, HANDED_OVER

AFTER_ANOTHER = request() + request(path="/models/iris/predict") + request(b"{")
AFTER_THE_LAST = request(head="Connection: close\r\n") + request()


@pytest.mark.parametrize(
    "sent",
    [*DIRECT.values(), *HANDED_OVER.values(), AFTER_ANOTHER, AFTER_THE_LAST],
    ids=[*DIRECT, *HANDED_OVER, "three at once", "one after the last"],
)
def test_both_ways_answer_alike(artifacts: Path, sent: bytes) -> None:
    """Byte for byte, and only the requests that are meant to be are answered directly."""

    async def talk(connection: Conversation) -> None:
        plain = connection.another(HttpToolsProtocol)
        expected = await plain.send(sent)
        assert expected.startswith(b"HTTP/1.1 ")
        assert await connection.send(sent) == expected
        assert connection.direct == (sent in (*DIRECT.values(), AFTER_THE_LAST))
        assert connection.transport.closed == plain.transport.closed

    converse(artifacts, talk, MAX_BODY_BYTES="4096")


def test_any_requests_in_any_parts_are_answered_alike(artifacts: Path) -> None:
    """Whichever way each of them takes, and whatever is still to be answered when it comes."""
    chance = Random(0)  # noqa: S311 - no secret
    ways = [*DIRECT.values(), *HANDED_OVER.values()]

    async def talk(connection: Conversation) -> None:
        for _ in range(200):
            sent = b"".join(chance.choices(ways, k=chance.randint(2, 5)))
            cuts = sorted(chance.choices(range(len(sent)), k=chance.randint(0, 4)))
            parts = [sent[start:end] for start, end in pairwise([0, *cuts, len(sent)])]
            pauses = [chance.random() < 0.5 for _ in parts]
            answers = []
            for kind in (Connection, DirectProtocol):
                asked = connection.another(kind)
                for part, pause in zip(parts, pauses, strict=True):
                    if part and not asked.transport.closed:
                        asked.protocol.data_received(part)
                    if pause:
                        await asked.pause()
                answers.append((await asked.pause(), asked.transport.closed))
            assert answers[0] == answers[1], sent

    converse(artifacts, talk, MAX_BODY_BYTES="4096")


@pytest.mark.parametrize("body", [b'{"feature1":30,"feature2":3}', b'{"feature1":31,"feature2":3}'])
def test_models_that_answer_few_numbers_are_the_applications(models: Path, body: bytes) -> None:
    """It says which other number was sent."""

    async def talk(connection: Conversation) -> None:
        plain = connection.another(HttpToolsProtocol)
        sent = request(body, "/models/sizes/predict")
        assert await connection.send(sent) == await plain.send(sent)
        assert not connection.direct

    converse(models / "unusual", talk, DEFAULT_MODEL="sizes")


@pytest.mark.parametrize(("characters", "direct"), [(900, True), (1_100, False)])
def test_long_texts_are_the_applications(models: Path, characters: int, direct: bool) -> None:
    """It knows how long they take, and computes them in a thread."""

    async def talk(connection: Conversation) -> None:
        plain = connection.another(HttpToolsProtocol)
        sent = request(b'{"text":"%b"}' % (b"x" * characters))
        assert await connection.send(sent) == await plain.send(sent)
        assert connection.direct == direct

    converse(models / "unusual", talk, DEFAULT_MODEL="notes")


def test_a_body_may_come_in_parts(artifacts: Path) -> None:
    """As clients send it that write the headers first."""

    async def talk(connection: Conversation) -> None:
        whole = request(RECORD)
        answer = await connection.send(whole[:40], whole[40:-30], whole[-30:-9], whole[-9:])
        assert answer == await connection.another(HttpToolsProtocol).send(whole)
        assert connection.direct

    converse(artifacts, talk)


def test_of_long_lists_one_is_answered_directly_in_a_round_of_the_loop(artifacts: Path) -> None:
    """Others that come in it take their turns in the application, and are answered alike."""

    async def talk(connection: Conversation) -> None:
        long = request(b"[" + b",".join([RECORD] * 300) + b"]")
        others = [connection.another(DirectProtocol) for _ in range(3)]
        for each in (connection, *others):
            each.protocol.data_received(long)
        short = connection.another(DirectProtocol)
        await short.send(request())
        assert short.direct
        expected = await connection.another(HttpToolsProtocol).send(long)
        for each in (connection, *others):
            assert await each.send() == expected
        assert [each.direct for each in (connection, *others)] == [True, False, False, False]
        await connection.send(long)
        assert connection.direct

    converse(artifacts, talk)


def test_a_long_list_that_is_not_answered_directly_is_decoded_once(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the model takes long for as many rows."""
    monkeypatch.setattr(Pace, "brief", lambda *_: False)
    read, bodies = Codec.read, []

    def reading(codec: Codec, body: Body) -> Any:
        bodies.append(len(body))
        return read(codec, body)

    monkeypatch.setattr(Codec, "read", reading)

    async def talk(connection: Conversation) -> None:
        body = b"[" + b",".join([RECORD] * 300) + b"]"
        bodies.clear()
        assert (await connection.send(request(body))).startswith(b"HTTP/1.1 200 OK")
        assert not connection.direct
        assert bodies == [len(body)]

    converse(artifacts, talk)


def test_lists_that_leave_out_many_fields_are_the_applications(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It decodes them in parts, and answers alike."""
    monkeypatch.setattr("runtime.payload.PART_CELLS", 69)

    async def talk(connection: Conversation) -> None:
        for count in (9, 10):
            body = b"[" + b",".join([b'{"year":2008,"island":"Dream"}'] * count) + b"]"
            sent = request(body, "/models/penguins/predict")
            plain = connection.another(HttpToolsProtocol)
            asked = connection.another(DirectProtocol)
            assert await asked.send(sent) == await plain.send(sent)
            assert asked.direct == (count == 9)

    converse(artifacts, talk)


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


@pytest.mark.parametrize("known", [False, True])
def test_a_body_on_its_way_is_awaited_before_the_end(artifacts: Path, known: bool) -> None:
    """A service that is told to stop answers what it has begun."""
    sent = request().replace(b"X-Request-ID: a\r\n", b"")

    async def talk(connection: Conversation) -> None:
        if known:
            await connection.another(DirectProtocol).send(sent)
        await connection.send(sent[:-5])
        connection.protocol.shutdown()
        assert not connection.transport.closed
        answer = await connection.send(sent[-5:])
        assert b"HTTP/1.1 200 OK" in answer
        assert b"connection: close" in answer
        assert connection.transport.closed

    converse(artifacts, talk)


@pytest.mark.parametrize("body", [RECORD, b"[" + RECORD + b"]"])
def test_a_fault_is_the_applications(
    artifacts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: bytes,
) -> None:
    """It answers 500, and logs the traceback."""

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    async def talk(connection: Conversation) -> None:
        monkeypatch.setattr(BoundRow, "run", fail)
        monkeypatch.setattr(Model, "run", fail)
        assert b"HTTP/1.1 500 Internal Server Error" in await connection.send(request(body))

    converse(artifacts, talk)
    assert capsys.readouterr().out.count("RuntimeError: broken") == 1


def test_a_direct_answer_that_differs_is_found(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What compares both ways sees a bound tensor that is filled wrongly."""

    async def talk(connection: Conversation) -> None:
        plain = connection.another(HttpToolsProtocol)
        monkeypatch.setattr(BoundRow, "run", lambda _: None)
        assert await connection.send(request()) != await plain.send(request())

    converse(artifacts, talk)
