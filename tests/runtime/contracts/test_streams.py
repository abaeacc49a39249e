"""Tests of streams of records: each is answered, in order; how they flow is in test_stream_flow."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from runtime.contracts.form import FEW
from runtime.contracts.ndjson import Ndjson
from runtime.predictor import Predictor
from tests.runtime.contracts.conversation import RECORD

NAMES = b"feature1,feature2,feature3,feature4\n"
VALUES = b"5.1,3.5,1.4,0.2\n"

Post = Callable[..., Any]


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
