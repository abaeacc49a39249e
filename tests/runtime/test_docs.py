"""The examples of docs/http.md, sent to the service: each answer is the one documented."""

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

DOCS = Path(__file__).parents[2] / "docs" / "http.md"


@dataclass(frozen=True)
class Example:
    """A request, and the answer that the documentation shows."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    media_type: str
    answered_headers: dict[str, str]
    answer: Any


def parse(request: str, answer: str) -> Example:
    """Read a request and its answer."""
    head, _, body = request.partition("\n\n")
    line, *headers = head.splitlines()
    method, path = line.split()
    answer_head, _, answered = answer.partition("\n\n")
    answer_line, *answer_headers = answer_head.splitlines()
    status, _, media_type = answer_line.partition(" ")
    return Example(
        method=method,
        path=path,
        headers=dict(header.split(": ", 1) for header in headers),
        body=body,
        status=int(status),
        media_type=media_type,
        answered_headers=dict(header.split(": ", 1) for header in answer_headers),
        answer=read(media_type, answered) if answered else None,
    )


def read(media_type: str, text: str) -> Any:
    """Read a body: JSON, lines of it, or rows of fields."""
    if media_type == "text/csv":
        rows = csv.reader(io.StringIO(text, newline=""))
        return [[field if _is_text(field) else float(field) for field in row] for row in rows]
    if media_type == "application/x-ndjson":
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def _is_text(field: str) -> bool:
    return re.fullmatch(r"[0-9.e-]+", field) is None


BLOCKS = re.findall(r"```http\n(.*?)\n?```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
EXAMPLES = [parse(*pair) for pair in zip(BLOCKS[::2], BLOCKS[1::2], strict=True)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.status} {each.path}")
def test_the_service_answers_as_documented(client: TestClient, example: Example) -> None:
    """Status, headers and body; numbers may differ in their last digits between machines."""
    response = client.request(
        example.method, example.path, headers=example.headers, content=example.body
    )
    assert response.status_code == example.status
    assert response.headers.get("content-type", "") == example.media_type
    for name, value in example.answered_headers.items():
        assert response.headers[name] == value
    if example.answer is None:
        assert response.content == b""
    else:
        assert alike(read(example.media_type, response.text), example.answer), response.text


def alike(left: Any, right: Any) -> bool:
    """Tell whether two documents are equal, their numbers to within 1e-9."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return left == pytest.approx(right, rel=1e-9)
    return type(left) is type(right) and bool(left == right)


def test_every_status_of_the_service_has_an_example() -> None:
    """An error that is not documented is not part of the contract."""
    assert {example.status for example in EXAMPLES} == {200, 204, 400, 404, 405, 413, 415, 422}
    assert "### 500" in DOCS.read_text(encoding="utf-8")
    assert "### 503" in DOCS.read_text(encoding="utf-8")
    assert "### 505" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("left", "right"),
    [({"a": 1}, {"a": 2}), ({"a": 1}, {}), ([1], [1, 2]), (1, 1.0), (True, 1), (1.0, 1.0001)],
)
def test_what_compares_answers_finds_a_difference(left: Any, right: Any) -> None:
    """Else the examples could say anything."""
    assert not alike(left, right)
    assert alike(left, left)
