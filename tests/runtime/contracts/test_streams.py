"""Tests of streams of records: each is answered, in order, as it comes."""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runtime.contracts import streams
from runtime.contracts.form import FEW
from runtime.contracts.ndjson import Ndjson
from runtime.predictor import Predictor
from tests.runtime.contracts.conversation import RECORD, Conversation, converse
from tests.runtime.contracts.test_flow import unchunked

HEAD = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n"
NDJSON = HEAD.format("application/x-ndjson").encode()
CSV = HEAD.format("text/csv").encode()
NAMES = b"feature1,feature2,feature3,feature4\n"
VALUES = b"5.1,3.5,1.4,0.2\n"
LAST = b"0\r\n\r\n"

Post = Callable[..., Any]


def chunk(data: bytes) -> bytes:
    """Return a part of a body as it travels."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@pytest.fixture
def post(client: TestClient) -> Post:
    """Send NDJSON, and return the answer."""

    def send(*parts: bytes, path: str = "/predict", **headers: str) -> Any:
        sent = {"Content-Type": "application/x-ndjson", **headers}
        return client.post(path, content=iter(parts), headers=sent)

    return send


def test_each_line_gets_a_line(
    post: Post, pieces: Callable[[int], None], iris: Predictor, penguins: Predictor
) -> None:
    """The very answer that a record by itself gets, wherever the bytes are cut."""
    for predictor in (iris, penguins):
        records = [json.dumps(row).encode() for row in predictor.model.vectors.rows]
        text = b"\n".join(records)
        expected = b"".join(predictor.answer(record).content + b"\n" for record in records)
        for size in (11, 1000, len(text)):
            pieces(size)
            name = predictor.manifest.name
            response = post(text, path=f"/models/{name}/versions/1/predict")
            assert response.status_code == 200
            assert response.headers["content-type"] == "application/x-ndjson"
            assert "content-length" not in response.headers
            assert response.content == expected


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n \n", b" \n"])
def test_lines_may_be_ended_and_parted_in_any_way(post: Post, iris: Predictor, end: bytes) -> None:
    """Empty ones are passed over."""
    answer = iris.answer(RECORD).content + b"\n"
    assert post(RECORD + end + RECORD + end).content == 2 * answer


def test_a_line_that_is_wrong_gets_a_problem(post: Post, iris: Predictor) -> None:
    """It has the number of the line; the others are answered."""
    lines = [RECORD, b"", b'{"feature1":"5.1"}', b"nonsense", b"[%b]" % RECORD, RECORD * 2, RECORD]
    found = [json.loads(line) for line in post(b"\n".join(lines)).iter_lines()]
    answer = json.loads(iris.answer(RECORD).content)
    assert found[0] == found[5] == answer
    fields = ("status", "title", "detail", "line")
    assert [tuple(each[name] for name in fields) for each in found[1:5]] == [
        (422, "Unprocessable Content", "Line 3 has 4 problems; see `errors`.", 3),
        (400, "Bad Request", "Line 4 cannot be read as JSON at byte 1: invalid character.", 4),
        (422, "Unprocessable Content", "Line 5 has 1 problem; see `errors`.", 5),
        (400, "Bad Request", "Line 6 cannot be read as JSON at byte 61: trailing characters.", 6),
    ]
    assert found[1]["errors"][0] == {
        "path": "$.feature1",
        "expected": "a number",
        "received": 'the string "5.1"',
        "hint": "Send the number without the quotes: 5.1.",
    }
    assert found[3]["errors"][0]["expected"] == "an object"


@pytest.mark.parametrize(
    "lines",
    [
        b'%b,%b\n{"feature1":1\n,"feature2":1,"feature3":1,"feature4":1}\n' % (RECORD, RECORD),
        b'%b%b\n{"feature1":\n1,"feature2":1,"feature3":1,"feature4":1}\n' % (RECORD, RECORD),
    ],
)
def test_a_record_is_one_line(post: Post, lines: bytes) -> None:
    """Neither two on one, nor one on two, even where the sum is right."""
    found = [json.loads(line) for line in post(lines).iter_lines()]
    assert [each["line"] for each in found] == [1, 2, 3]


def test_lines_are_not_joined_into_records(post: Post) -> None:
    """Two that are wrong, which were two right ones with a comma between."""
    lines = b'{"year":2007,"island":"a}\n{b"},{"year":2008,"island":"c"}\n'
    assert isinstance(json.loads(b"[%b]" % lines.strip().replace(b"\n", b",")), list)
    found = [json.loads(line) for line in post(lines, path="/models/penguins/predict").iter_lines()]
    assert [(each["line"], each["status"]) for each in found] == [(1, 400), (2, 400)]


def test_numbers_that_are_not_answered_are_told_of_by_line(sizes: Predictor) -> None:
    """As everything is that is wrong with a record."""
    form = Ndjson(sizes, 1000)
    (piece,) = form.decode(b'{"feature1":30,"feature2":1}\n{"feature1":31,"feature2":1}\n')
    assert piece.batch is not None
    assert piece.batch.rows == 1
    assert {place: (each.line, str(each.error)) for place, each in piece.wrong.items()} == {
        1: (2, "Expected one of 30, 40, 50, got the number 31 - at `$.feature1`.")
    }


def test_many_records_that_are_decoded_one_by_one_are_so_in_turns(iris: Predictor) -> None:
    """Each piece goes on where the one before it ended."""
    lines = [b"{}" if number % 3 else RECORD for number in range(2 * FEW + 10)]
    pieces = list(Ndjson(iris, 1000).decode(b"\n".join(lines)))
    assert len(pieces) == 3
    found = [each.line for piece in pieces for each in piece.wrong.values()]
    assert found == [number + 1 for number in range(len(lines)) if number % 3]
    counts = [(piece.batch.rows if piece.batch else 0) + len(piece.wrong) for piece in pieces]
    assert counts == [FEW, FEW, 10]


def test_an_empty_stream_has_an_empty_answer(post: Post) -> None:
    """It is no error."""
    for body in (b"", b"\n\n"):
        response = post(body)
        assert (response.status_code, response.content) == (200, b"")


def test_only_a_line_is_limited_in_length(
    serve: Callable[..., TestClient], pieces: Callable[[int], None], iris: Predictor
) -> None:
    """One that is too long gets a problem, and the stream goes on."""
    client = serve(MAX_BODY_BYTES="100", DEFAULT_MODEL="iris")
    long = RECORD[:-1] + b" " * 100 + b"}"
    for size in (7, 10_000):
        text = b"\n".join([RECORD, long, RECORD])
        pieces(size)
        response = client.post(
            "/predict", content=text, headers={"Content-Type": "application/x-ndjson"}
        )
        lines = response.content.splitlines()
        assert lines[0] == lines[2] == iris.answer(RECORD).content
        assert json.loads(lines[1]) == {
            "type": "about:blank",
            "title": "Content Too Large",
            "status": 413,
            "detail": "Line 2 is longer than 100 bytes (MAX_BODY_BYTES).",
            "line": 2,
        }


def test_rows_that_are_answered_are_counted(client: TestClient) -> None:
    """In the metrics; not those that are wrong."""
    body = b"\n".join([RECORD, b"{}", RECORD, RECORD])
    client.post("/predict", content=body, headers={"Content-Type": "application/x-ndjson"})
    text = client.get("/metrics").text
    assert 'skiff_rows_total{model="iris",version="1"} 3.0' in text
    expected = 'skiff_predictions_total{model="iris",prediction="setosa",version="1"} 3.0'
    assert expected in text


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


def test_a_stream_in_another_charset_is_refused(post: Post) -> None:
    """As JSON is."""
    response = post(b"", **{"Content-Type": "application/x-ndjson; charset=latin-1"})
    assert response.status_code == 415
    detail = "Expected application/x-ndjson in UTF-8, got the charset latin-1."
    assert response.json()["detail"] == detail


def test_a_stream_may_come_in_many_parts(client: TestClient) -> None:
    """From an iterator that makes them."""

    def parts() -> Iterator[bytes]:
        yield NAMES
        for _ in range(300):
            yield VALUES * 10

    response = client.post("/predict", content=parts(), headers={"Content-Type": "text/csv"})
    assert response.content.count(b"\r\n") == 3001


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
