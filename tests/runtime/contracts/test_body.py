"""Tests of runtime.contracts.body: what is refused before, or while, it is read."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from runtime.contracts import body
from runtime.contracts.body import JSON, media_type, read_body
from runtime.contracts.room import Room

LIMIT = 10


class Sender:
    """A client that sends parts of a body, and counts how many were taken."""

    def __init__(self, *parts: bytes, hangs_up: bool = False) -> None:
        self.taken = 0
        self._parts = parts
        self._hangs_up = hangs_up

    async def __call__(self) -> dict[str, Any]:
        """Return the next part."""
        if self.taken == len(self._parts):
            return {"type": "http.disconnect"}
        part = self._parts[self.taken]
        self.taken += 1
        more = self._hangs_up or self.taken < len(self._parts)
        return {"type": "http.request", "body": part, "more_body": more}


def read(sender: Sender, **headers: str) -> bytes:
    """Read what a client sends."""
    scope = {
        "type": "http",
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }
    assert media_type(scope, (JSON,)) == JSON
    with Room(None, 1, LIMIT).share() as share:
        return bytes(asyncio.run(read_body(scope, sender, LIMIT, share)))


def refusal(sender: Sender, **headers: str) -> HTTPException:
    """Return why a body is refused."""
    with pytest.raises(HTTPException) as caught:
        read(sender, **headers)
    return caught.value


class Silent(Sender):
    """A client that sends these parts, and nothing else."""

    async def __call__(self) -> dict[str, Any]:
        """Return the next part."""
        if self.taken == len(self._parts):
            await asyncio.Event().wait()
        return {**await super().__call__(), "more_body": True}


@pytest.mark.parametrize("parts", [(b"",), (b"12345",), (b"12", b"", b"345"), (b"", b"1234567890")])
def test_a_body_is_read_to_its_end(parts: tuple[bytes, ...]) -> None:
    """In however many parts it comes."""
    assert read(Sender(*parts)) == b"".join(parts)


def test_a_body_that_is_declared_too_large_is_not_read() -> None:
    """Nor is one whose length no integer should hold."""
    for length in (str(LIMIT + 1), "9" * 5000):
        sender = Sender(b"x" * 11)
        error = refusal(sender, content_length=length)
        assert (error.status_code, sender.taken) == (413, 0)
        assert error.detail == "The body is larger than 10 bytes (MAX_BODY_BYTES)."


def test_a_body_that_turns_out_too_large_is_read_no_further() -> None:
    """Where its length is not declared, the bytes are counted."""
    sender = Sender(*[b"xxxx"] * 100)
    assert refusal(sender).status_code == 413
    assert sender.taken == 3


def test_a_body_of_just_the_limit_is_read() -> None:
    """The limit is the greatest size that is allowed."""
    assert read(Sender(b"x" * LIMIT), content_length=str(LIMIT)) == b"x" * LIMIT


@pytest.mark.parametrize("parts", [(), (b"12", b"345")])
def test_a_body_that_does_not_come_is_not_awaited_for_ever(
    parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is closed: nobody knows what would come on it."""
    monkeypatch.setattr(body, "LATEST", 0.01)
    caught = refusal(Silent(*parts))
    assert caught.status_code == 408
    assert caught.detail == "Nothing of the body has come for 0 seconds."
    assert caught.headers == {"Connection": "close"}


def test_a_client_that_hangs_up_is_noticed() -> None:
    """Half a body is no body."""
    with pytest.raises(ClientDisconnect):
        read(Sender(b"12", hangs_up=True))


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; profile=x",
        "",
    ],
)
def test_json_in_utf8_is_taken(value: str) -> None:
    """However it is written."""
    assert read(Sender(b"1"), content_type=value, content_encoding="identity") == b"1"


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("text/csv", "Expected the content type application/json, got text/csv."),
        ("application/jsonx", "Expected the content type application/json, got application/jsonx."),
        (
            "application/x-www-form-urlencoded",
            (
                "Expected the content type application/json, "
                "got application/x-www-form-urlencoded. "
                "It is what `curl -d` sends unless told otherwise: "
                "add -H 'Content-Type: application/json'."
            ),
        ),
        ("application/json; charset=utf-16", "Expected JSON in UTF-8, got the charset utf-16."),
    ],
)
def test_another_type_is_refused_with_what_to_send(value: str, detail: str) -> None:
    """Nothing of the body is read."""
    sender = Sender(b"1")
    error = refusal(sender, content_type=value)
    assert (error.status_code, error.detail, sender.taken) == (415, detail, 0)
    assert error.headers == {"Accept": "application/json"}


def test_a_compressed_body_is_refused() -> None:
    """It is not unpacked to see how large it is."""
    error = refusal(Sender(b"1"), content_encoding="gzip")
    detail = "The body is compressed with gzip. Send it as it is."
    assert (error.status_code, error.detail) == (415, detail)
    assert error.headers == {"Accept-Encoding": "identity"}


def test_the_limit_is_a_setting(
    serve: Callable[..., TestClient], iris_record: dict[str, float]
) -> None:
    """It holds for a body of unknown length as well."""
    client = serve(MAX_BODY_BYTES="100", DEFAULT_MODEL="iris")
    assert client.post("/predict", json=iris_record).status_code == 200

    def parts() -> Iterator[bytes]:
        yield from [b"[", *[b" " * 50] * 4, b"]"]

    for response in (
        client.post("/predict", json=[iris_record] * 2),
        client.post("/predict", content=parts()),
    ):
        assert response.status_code == 413
        assert response.json() == {
            "type": "about:blank",
            "title": "Content Too Large",
            "status": 413,
            "detail": "The body is larger than 100 bytes (MAX_BODY_BYTES).",
        }
