"""Tests of runtime.contracts.heads: a head that was read before is answered alike."""

import re
from pathlib import Path

import pytest

from runtime.contracts.connection import Connection
from runtime.contracts.direct import DirectProtocol
from tests.runtime.contracts.conversation import Conversation, converse, request
from tests.runtime.contracts.ways import DIRECT, HANDED_OVER

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
            plain = connection.another(Connection)
            expected = ID.sub(b"", await plain.send(*filter(None, parts)))
            connection.transport.written = b""
            assert ID.sub(b"", await connection.send(*filter(None, parts))) == expected
            assert connection.transport.closed == plain.transport.closed
            if plain.transport.closed:
                connection = connection.another(DirectProtocol)

    converse(artifacts, talk, MAX_BODY_BYTES="4096")


def test_heads_are_forgotten_before_there_are_too_many(artifacts: Path) -> None:
    """And those that are long, or have an id of their own, are not even learnt."""

    async def talk(connection: Conversation) -> None:
        known = connection.protocol.app_state["direct"].heads.known
        plain = request().replace(b"X-Request-ID: a\r\n", b"")
        for sent in (
            request(),
            plain.replace(b"Host: x", b"Host: " + b"x" * 2048),
            plain.replace(b"HTTP/1.1", b"HTTP/2.0"),
            plain.replace(b"predict", b"models"),
        ):
            another = connection.another(DirectProtocol)
            assert await another.send(sent)
        assert len(known) == 0
        for number in range(600):
            await connection.send(plain.replace(b"Host: x", b"Host: %d" % number))
        assert len(known) == 600 - 512

    converse(artifacts, talk)


@pytest.mark.parametrize("before", [b"\r\n\r\n", b"\r\n"])
def test_no_client_teaches_a_false_head(artifacts: Path, before: bytes) -> None:
    """Blank lines before a request are no head, whatever the lengths add up to."""
    plain = request().replace(b"X-Request-ID: a\r\n", b"")
    head, _, body = plain.partition(b"\r\n\r\n")

    async def talk(connection: Conversation) -> None:
        known = connection.protocol.app_state["direct"].heads.known
        for cut in range(len(body) + 1):
            another = connection.another(DirectProtocol)
            await another.send(before + head + b"\r\n\r\n" + body[:cut])
        for length in range(len(plain)):
            another = connection.another(DirectProtocol)
            padded = head.replace(b"Content-Length: %d" % len(body), b"Content-Length: %d" % length)
            await another.send(before + padded + b"\r\n\r\n" + body)
        assert all(each.startswith(b"POST ") for each in known)
        another = connection.another(DirectProtocol)
        answer = await another.send(b"\r\n\r\n" + request(b"", "/livez", method="GET"))
        assert answer.startswith(b"HTTP/1.1 200 OK")

    converse(artifacts, talk)
