"""Tests of runtime.contracts.connection: offers of other protocols, and what is not HTTP."""

import json
from pathlib import Path

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request

OFFERS = {
    "HTTP/2, as Java's client does": "Connection: Upgrade, HTTP2-Settings\r\n"
    "Upgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n",
    "WebSocket": "Connection: upgrade\r\nUPGRADE: websocket\r\nSec-WebSocket-Version: 13\r\n",
}
JSON = "Content-Type: application/json\r\n"


@pytest.mark.parametrize("body", [RECORD, b"{", b""], ids=["a record", "no JSON", "nothing"])
@pytest.mark.parametrize("offer", OFFERS.values(), ids=list(OFFERS))
def test_an_offer_is_declined_by_an_answer(artifacts: Path, offer: str, body: bytes) -> None:
    """Byte for byte the answer to the request without the offer, in whatever parts it comes."""

    async def talk(conversation: Conversation) -> None:
        plain = conversation.another(HttpToolsProtocol)
        expected = await plain.send(request(body, head=JSON))
        sent = request(body, head=offer + JSON)
        assert await conversation.send(sent) == expected
        for cut in (20, sent.index(b"\r\n\r\n") + 2, sent.index(b"\r\n\r\n") + 4, len(sent) - 1):
            conversation.transport.written = b""
            assert await conversation.send(sent[:cut], sent[cut:]) == expected

    converse(artifacts, talk)


def test_what_follows_an_offer_is_answered_too(artifacts: Path) -> None:
    """Another request, sent at once on the same connection."""

    async def talk(conversation: Conversation) -> None:
        answer = await conversation.send(
            request(head=OFFERS["WebSocket"])
            + request(b"{", head=OFFERS["WebSocket"])
            + request(b"", "/livez", method="GET")
        )
        statuses = [line for line in answer.split(b"HTTP/1.1 ") if line]
        assert [each.split(b"\r\n")[0] for each in statuses] == [
            b"200 OK",
            b"400 Bad Request",
            b"200 OK",
        ]

    converse(artifacts, talk)


def test_an_offer_to_a_server_that_stops_is_answered(artifacts: Path) -> None:
    """It is the last on its connection."""

    async def talk(conversation: Conversation) -> None:
        conversation.protocol.shutdown()
        answer = await conversation.send(request(head=OFFERS["WebSocket"]))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in answer

    converse(artifacts, talk)


@pytest.mark.parametrize("head", ["", *OFFERS.values()])
def test_a_tunnel_is_refused(artifacts: Path, head: str) -> None:
    """What a client sends into it is read by nobody."""

    async def talk(conversation: Conversation) -> None:
        sent = request(b"SSH-2.0-x", method="CONNECT", head=head)
        answer = await conversation.send(sent)
        assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert conversation.transport.closed

    converse(artifacts, talk)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\x00: x\r\n\r\n",
    ],
    ids=["TLS", "HTTP/2", "a length that is no number", "a header that is none"],
)
def test_what_is_not_http_is_a_problem(artifacts: Path, sent: bytes) -> None:
    """And the end of the connection."""

    async def talk(conversation: Conversation) -> None:
        answer = await conversation.send(sent)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split(b"\r\n") == [
            b"HTTP/1.1 400 Bad Request",
            b"date: Thu, 01 Jan 2026 00:00:00 GMT",
            b"connection: close",
            b"content-length: %d" % len(body),
            b"content-type: application/problem+json",
        ]
        assert json.loads(body) == {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "What came is not HTTP/1.1.",
        }
        assert conversation.transport.closed

    converse(artifacts, talk)
