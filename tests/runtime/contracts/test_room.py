"""Tests of runtime.contracts.room: what all bodies together may take."""

from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from runtime.contracts.direct import DirectProtocol
from runtime.contracts.room import FREE, Room
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request

LIST = request(b"[" + b",".join([RECORD] * 3_000) + b"]")
STREAM = request(b"x" * 180_000, head="Content-Type: application/x-ndjson\r\n")
HALF = 150_000


@pytest.mark.parametrize(
    ("memory", "processes", "longest", "most"),
    [(8_000_000, 1, 10, 1_000_000), (8_000_000, 4, 10, 250_000), (8_000_000, 1, 2**26, 2**26)],
)
def test_bodies_may_take_an_eighth_of_the_memory(
    memory: int, processes: int, longest: int, most: int
) -> None:
    """Those of all workers; but one of the longest always has room."""
    room = Room(memory, processes, longest)
    with room.share() as one, room.share() as other:
        one.hold(FREE + most)
        other.hold(FREE)
        with pytest.raises(HTTPException) as caught:
            other.hold(FREE + 1)
    assert caught.value.status_code == 503
    assert caught.value.headers == {"Retry-After": "1"}
    assert caught.value.detail == (
        "There is no room for this body beside those that are being answered. Send it again "
        "later, or as shorter lists, or as a stream."
    )


def test_what_was_taken_is_given_back() -> None:
    """By parts, and at the end, whichever it is."""
    room = Room(8 * FREE, 1, 1)

    def fail() -> None:
        with room.share() as share:
            share.hold(2 * FREE)
            share.hold(FREE)
            with room.share() as other:
                other.hold(2 * FREE)
            share.hold(2 * FREE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with room.share() as share:
        share.hold(2 * FREE)


def test_where_the_memory_is_unknown_there_is_no_bound() -> None:
    """But that of each body."""
    with Room(None, 1, 1).share() as share:
        share.hold(2**40)


@pytest.mark.parametrize("first", [LIST, STREAM], ids=["a list", "a stream of one long line"])
def test_a_body_without_room_is_refused_until_others_are_answered(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    """Short ones pass meanwhile, whatever is wrong with them."""
    monkeypatch.setattr("runtime.app.memory", lambda: 8)

    async def talk(connection: Conversation) -> None:
        await connection.send(first[:HALF])
        other = connection.another(DirectProtocol)
        answer = await other.send(LIST)
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"\r\nretry-after: 1\r\n" in answer
        assert (await connection.another(DirectProtocol).send(request(b"{"))).startswith(
            b"HTTP/1.1 400 Bad Request\r\n"
        )
        assert (await connection.send(first[HALF:])).startswith(b"HTTP/1.1 200 OK\r\n")
        other.transport.written = b""
        assert (await other.send(LIST)).startswith(b"HTTP/1.1 200 OK\r\n")

    converse(artifacts, talk, MAX_BODY_BYTES="200000")


def test_a_client_that_leaves_gives_its_room_back(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had come of its body is forgotten."""
    monkeypatch.setattr("runtime.app.memory", lambda: 8)

    async def talk(connection: Conversation) -> None:
        await connection.send(LIST[:HALF])
        connection.protocol.connection_lost(None)
        await connection.settle()
        answer = await connection.another(DirectProtocol).send(LIST)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")

    converse(artifacts, talk, MAX_BODY_BYTES="200000")
