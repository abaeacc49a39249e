"""Tests of runtime.contracts.exchange: ids, log lines, and faults of the service."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from runtime.contracts.exchange import Exchanges
from runtime.metrics import Metrics
from runtime.model import Model


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return the lines of the log of requests, as objects."""
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [each for each in logged if each["logger"] == "runtime.contracts.exchange"]


def test_each_request_has_one_line(
    serve: Callable[..., TestClient],
    iris_record: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With id, method, path, status, duration, rows and model."""
    client = serve(DEFAULT_MODEL="iris")
    response = client.post("/predict", json=[iris_record] * 3, headers={"X-Request-ID": "a-1"})
    assert response.headers["x-request-id"] == "a-1"
    client.get("/no%0Ahere?x=1")
    first, second = lines(capsys)
    assert first.pop("duration_ms") > 0  # type: ignore[operator]
    assert first.pop("time")
    assert first == {
        "level": "info",
        "logger": "runtime.contracts.exchange",
        "message": "request",
        "id": "a-1",
        "method": "POST",
        "path": "/predict",
        "status": 200,
        "model": "iris/1",
        "rows": 3,
    }
    assert (second["path"], second["status"], second["rows"]) == ("/no%0Ahere", 404, None)


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "two words", "a\tb", "é"])
def test_a_request_without_a_proper_id_gets_one(client: TestClient, sent: str | None) -> None:
    """What a client sends as an id must be fit for a log."""
    headers = {} if sent is None else {b"X-Request-ID": sent.encode()}
    made = [client.get("/livez", headers=headers).headers["x-request-id"] for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(each) == 32 for each in made)


def test_an_error_has_an_id_as_well(client: TestClient) -> None:
    """Also one of HTTP itself."""
    assert client.get("/x", headers={"X-Request-ID": "b"}).headers["x-request-id"] == "b"


def test_a_fault_is_a_problem_without_details(
    serve: Callable[..., TestClient],
    iris_record: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The traceback is in the log, under the same id."""
    client = serve(DEFAULT_MODEL="iris")

    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Model, "run", fail)
    response = client.post("/predict", json=iris_record, headers={"X-Request-ID": "c"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "c"
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The service failed. Its log says why.",
        "request_id": "c",
    }
    fault, request = lines(capsys)
    assert (fault["level"], fault["id"]) == ("error", "c")
    assert "RuntimeError: a secret" in str(fault["traceback"])
    assert request["status"] == 500


def test_the_level_of_the_log_is_a_setting(
    serve: Callable[..., TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines of requests are information."""
    serve(LOG_LEVEL="warning", DEFAULT_MODEL="iris").get("/livez")
    assert capsys.readouterr().out == ""
    assert logging.getLogger("runtime").level == logging.WARNING


def test_the_log_can_be_text(
    serve: Callable[..., TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    """For people."""
    serve(LOG_FORMAT="text", DEFAULT_MODEL="iris").get("/livez", headers={"X-Request-ID": "d"})
    line = capsys.readouterr().out.splitlines()[-1]
    assert "INFO    request id=d method=GET path=/livez status=200 duration_ms=" in line


def scope(**more: Any) -> Scope:
    """Return the scope of a request."""
    made = {"type": "http", "method": "POST", "path": "/predict", "raw_path": b"/predict"}
    return {**made, "headers": [], "query_string": b"", **more}


async def hang_up() -> Message:
    """Take the part of a client that leaves."""
    return {"type": "http.disconnect"}


def test_a_client_that_leaves_has_a_line_as_well(
    serve: Callable[..., TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    """With status 499, and no traceback."""
    client = serve(DEFAULT_MODEL="iris")

    async def send(_: Message) -> None:
        """Lose what is sent."""

    asyncio.run(client.app(scope(state=dict(client.app_state)), hang_up, send))  # type: ignore[arg-type]
    (line,) = lines(capsys)
    assert (line["status"], line["rows"]) == (499, None)


def test_a_fault_after_the_answer_has_begun_breaks_it_off() -> None:
    """A second answer cannot follow: the server must close the connection."""
    sent = []

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def half(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        asyncio.run(Exchanges(half, Metrics())(scope(), hang_up, send))
    assert sent == ["http.response.start"]


def test_a_request_that_is_cancelled_has_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """As when the time to shut down has run out."""
    caplog.set_level(logging.INFO)
    logging.getLogger("runtime").propagate = True

    async def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    async def send(_: Message) -> None:
        """Lose what is sent."""

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Exchanges(cancelled, Metrics())(scope(), hang_up, send))
    assert caplog.records[-1].fields["status"] == 499  # type: ignore[attr-defined]
