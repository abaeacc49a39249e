"""Tests of runtime.contracts.connection: offers of other protocols, and what is not HTTP."""

import json
from functools import partial
from pathlib import Path

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime.contracts.connection import MOST_HEAD, MOST_WAITING
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request

OFFERS = {
    "HTTP/2, as Java's client does": "Connection: Upgrade, HTTP2-Settings\r\n"
    "Upgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n",
    "WebSocket": "Connection: upgrade\r\nUPGRADE: websocket\r\nSec-WebSocket-Version: 13\r\n",
}
JSON = "Content-Type: application/json\r\n"
CHUNKED = b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


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


def test_many_offers_that_come_at_once_are_answered(artifacts: Path) -> None:
    """One after the other, however many."""

    async def talk(conversation: Conversation) -> None:
        sent = request(b"", "/livez", method="GET", head=OFFERS["WebSocket"])
        answer = await conversation.send(sent * 1_000)
        assert answer.count(b"HTTP/1.1 200 OK") == 1_000

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


@pytest.mark.parametrize("bad", [b"!" * 9, CHUNKED + b"!" * 9], ids=["no head", "no body"])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("body", [RECORD, b"{"], ids=["direct", "handed over"])
def test_what_came_before_is_answered_first(
    artifacts: Path, body: bytes, count: int, bad: bytes
) -> None:
    """The last answer says that the connection closes, in place of one to what is not HTTP."""

    async def talk(conversation: Conversation) -> None:
        plain = conversation.another(HttpToolsProtocol)
        last = request(body, head="Connection: close\r\n")
        expected = await plain.send(request(body) * (count - 1) + last)
        assert await conversation.send(request(body) * count + bad) == expected
        assert conversation.transport.closed

    converse(artifacts, talk)


@pytest.mark.parametrize("trailer", [b"content-type: text/csv", b"content-encoding: gzip"])
def test_what_follows_a_body_in_chunks_is_no_header(artifacts: Path, trailer: bytes) -> None:
    """It was not there when the answer was begun, or might not have been."""

    async def talk(conversation: Conversation) -> None:
        chunk = b"%x\r\n%b\r\n" % (len(RECORD), RECORD)
        answer = await conversation.send(CHUNKED + chunk + b"0\r\n" + trailer + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")

    converse(artifacts, talk)


@pytest.mark.parametrize(
    "begin",
    [b"GET /", b"GET / HTTP/1.1\r\nX: ", CHUNKED + b"1;", CHUNKED + b"0\r\nX: "],
    ids=["a path", "a header", "what a chunk has", "what follows a body"],
)
def test_a_head_without_end_is_refused(artifacts: Path, begin: bytes) -> None:
    """The parser would keep it in memory."""

    async def talk(conversation: Conversation) -> None:
        assert await conversation.send(begin, b"x" * (MOST_HEAD - len(begin))) == b""
        answer = await conversation.send(b"x" * 100)
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert answer.endswith(b"The request's headers are larger than 65536 bytes.\"}")
        assert conversation.transport.closed

    converse(artifacts, talk)


def test_a_body_may_be_larger_than_a_head(artifacts: Path) -> None:
    """Whichever way it goes, in as many parts as it comes."""

    async def talk(conversation: Conversation) -> None:
        for count in (1_000, 2_000):
            sent = request(b"[" + b",".join([RECORD] * count) + b"]")
            parts = [sent[start : start + 1_000] for start in range(0, len(sent), 1_000)]
            conversation.transport.written = b""
            assert (await conversation.send(*parts)).startswith(b"HTTP/1.1 200 OK\r\n")
            assert not conversation.transport.closed

    converse(artifacts, talk)


def test_an_answer_that_has_begun_is_cut_off(artifacts: Path) -> None:
    """No other answer stands in it, which might be taken for a part of it."""

    async def talk(conversation: Conversation) -> None:
        head = CHUNKED.replace(b"Transfer", b"Content-Type: application/x-ndjson\r\nTransfer")
        begun = await conversation.send(head + b"%x\r\n%b\n\r\n" % (len(RECORD) + 1, RECORD))
        assert begun.startswith(b"HTTP/1.1 200 OK\r\n")
        assert await conversation.send(b"no length") == begun
        assert conversation.transport.closed

    converse(artifacts, talk)


def _has_answered(conversation: Conversation, count: int) -> bool:
    return conversation.transport.written.count(b"HTTP/1.1 ") == count


@pytest.mark.parametrize("body", [RECORD, b"{"], ids=["direct", "handed over"])
def test_no_more_is_read_while_requests_wait(artifacts: Path, body: bytes) -> None:
    """A client that does not wait for answers waits with its next requests."""

    async def talk(conversation: Conversation) -> None:
        conversation.protocol.data_received(request(body) * 5)
        for count in range(1, 5):
            assert not conversation.transport.reading
            await conversation.until(partial(_has_answered, conversation, count))
        await conversation.settle()
        assert _has_answered(conversation, 5)
        assert conversation.transport.reading

    converse(artifacts, talk)


def test_only_so_many_requests_wait(artifacts: Path) -> None:
    """Those that came first are answered, and the last answer says that the connection closes."""

    async def talk(conversation: Conversation) -> None:
        answer = await conversation.send(request(b"", "/livez", method="GET") * (MOST_WAITING + 9))
        assert answer.count(b"HTTP/1.1 200 OK") == MOST_WAITING + 1
        assert answer.count(b"connection: close") == 1
        assert conversation.transport.closed

    converse(artifacts, talk)
