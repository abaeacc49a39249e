"""Bodies that nobody should send: whatever comes, the answer is one of the client's errors."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from runtime.app import create_app
from runtime.config import Settings

ONE = {"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2}
BODY = json.dumps(ONE).encode()

VALUES = (
    b"null", b"true", b'"5.1"', b'""', b"[]", b"{}", b"[1]", b'{"a":1}', b"1e999", b"-1e999",
    b"9" * 400, b"9" * 5000, b"NaN", b"Infinity", b"-Infinity", b"nan", b"0x10", b"01", b".5",
    b"5.", b"+5", b"--5", b"5e", b"1_000", b"5,1", b"'5.1'", b"undefined", b"None", b"True",
    b'"\xff"', b'"\\ud800"', b'"\\u0000"', b'"\xed\xa0\x80"', b'"\\x41"', b'"\n"', b"/*1*/ 1",
    b"[" * 5000, b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000, b'"' + b"a" * 100_000 + b'"',
)  # fmt: skip

WHOLE = (
    b"", b" ", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf" + BODY, BODY.decode().encode("utf-16"),
    BODY.decode().encode("utf-32"), b"[]", b"[[]]", b"{}", b"[{}]", b"[null]", b"null", b"5",
    b'"x"', b"true", b"[1, {}]", b"{", b"}", b"[", b"]", b'"', BODY + BODY, BODY + b",",
    b"[" + BODY, b"[" + BODY + b",]", b"[" + BODY + b" " + BODY + b"]", b"feature1=5.1",
    b"<a/>", b"5.1,3.5,1.4,0.2", BODY.replace(b"feature1", b"feature9"),
    BODY.replace(b'"', b"'"), BODY.replace(b":", b"="), BODY.replace(b'"feature1"', b"feature1"),
    BODY.replace(b'"feature1"', b'"feature1\\"'), BODY.replace(b'"feature1"', b'"\\ud800"'),
    BODY.replace(b'"feature1"', b'"\xff"'), BODY.replace(b'"feature1"', b'""'),
    BODY.replace(b'"feature1"', b'"' + b"f" * 100_000 + b'"'), b"\x1f\x8b\x08\x00" + BODY,
    b"[" * 100_000, b"{" * 100_000, b'{"":' * 100_000, b"[[1,2,3,4]]", b"--", b"\r\n\r\n",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(artifacts: Path) -> Iterator[TestClient]:
    """One service for all these requests: it must survive every one of them."""
    settings = Settings.read({"ARTIFACTS": str(artifacts), "DEFAULT_MODEL": "iris"})
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def mutations(count: int) -> Iterator[bytes]:
    """Yield bodies with bytes removed, inserted, changed or repeated; the same in each run."""
    dice = random.Random(20260101)  # noqa: S311 - nothing here is secret
    for _ in range(count):
        body = bytearray(dice.choice((BODY, b"[" + BODY + b"," + BODY + b"]")))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(body))
            match dice.randrange(4):
                case 0:
                    del body[at : at + dice.randint(1, 8)]
                case 1:
                    body[at:at] = dice.choice(VALUES)[:50]
                case 2:
                    body[at] = dice.randrange(256)
                case _:
                    body[at:at] = body[at : at + 20]
            body = body or bytearray(b"[")
        yield bytes(body)


def is_refused(client: TestClient, body: bytes, path: str = "/predict") -> bool:
    """Send a body; tell whether it was refused, as it should be, with a problem."""
    response = client.post(path, content=body)
    if response.status_code == 200:
        return False
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert document["detail"]
    assert ("errors" in document) == (response.status_code == 422)
    assert len(response.content) < 50_000
    return True


@pytest.mark.parametrize("body", WHOLE, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize("path", ["/predict", "/models/penguins/predict"])
def test_what_is_no_list_of_records_is_refused(client: TestClient, body: bytes, path: str) -> None:
    """By both models, with strings and without."""
    assert is_refused(client, body, path)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value[:24]))
@pytest.mark.parametrize("many", [False, True])
def test_a_value_that_is_no_number_is_refused(client: TestClient, value: bytes, many: bool) -> None:
    """In one record, and in the last of several."""
    body = BODY.replace(b"5.1", value)
    assert is_refused(client, b"[" + BODY + b"," + body + b"]" if many else body)


@pytest.mark.parametrize("value", [b"5.1", *VALUES], ids=lambda value: repr(value[:24]))
def test_a_value_that_is_no_string_is_refused(client: TestClient, value: bytes) -> None:
    """But for those that are strings."""
    body = b'{"year": 2007, "island": ' + value + b"}"
    fine = value in (b'"5.1"', b'""', b'"\\u0000"') or len(value) > 99_999
    assert is_refused(client, body, "/models/penguins/predict") == (not fine)


def test_mutated_bodies_are_answered_or_refused(client: TestClient) -> None:
    """Never with an error of the service; most of them are broken."""
    refused = sum(is_refused(client, body) for body in mutations(300))
    assert refused > 270


def test_random_bytes_are_refused(client: TestClient) -> None:
    """None of them is a record."""
    dice = random.Random(20260102)  # noqa: S311 - nothing here is secret
    for _ in range(100):
        assert is_refused(client, dice.randbytes(dice.randint(0, 200)))


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "\xff"},
        {"Content-Type": "application/json; charset"},
        {"Content-Type": ";;;"},
        {"Content-Encoding": "br, gzip"},
        {"X-Request-ID": "\x7f"},
        {"Accept": "\xff"},
    ],
)
def test_odd_headers_do_no_harm(client: TestClient, headers: dict[str, str]) -> None:
    """Whatever they say."""
    sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    assert client.post("/predict", json=None, content=BODY, headers=sent).status_code in (200, 415)
    assert client.get("/", headers=sent).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/models/%00/predict",
        "/models/%ff/predict",
        "/models/..%2f..%2fetc/predict",
        f"/models/iris/versions/{'9' * 5000}/predict",
        "/models/iris/versions/-1/predict",
        "/models/iris/versions/%D9%A1/predict",
        "/models/%F0%9F%98%80/predict",
    ],
)
def test_odd_paths_lead_nowhere(client: TestClient, path: str) -> None:
    """They are not found, and nothing is looked up on disk."""
    assert client.post(path, content=BODY).status_code == 404
    assert client.get(path.removesuffix("/predict")).status_code == 404
