"""Tests of runtime.app: what holds for every route."""

from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from runtime.app import create_app
from runtime.config import Settings
from tests.runtime.conftest import Serve

ROUTES = [
    (route.path.format(name="iris", version=1, asset="start.js"), route.methods or set())
    for route in create_app(Settings.read({})).routes
    if isinstance(route, Route)
]


@pytest.mark.parametrize(("path", "methods"), ROUTES)
def test_a_wrong_method_is_refused_with_those_allowed(
    client: TestClient, path: str, methods: set[str]
) -> None:
    """As RFC 9110 wants it."""
    allowed = ", ".join(sorted(methods))
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - methods:
        response = client.request(method, path)
        assert response.status_code == 405
        assert response.headers["allow"] == f"{allowed}, OPTIONS"
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json() == {
            "type": "about:blank",
            "title": "Method Not Allowed",
            "status": 405,
            "detail": f"{path} does not take {method}, but {allowed}.",
        }


@pytest.mark.parametrize(("path", "methods"), ROUTES)
def test_options_says_what_is_allowed(client: TestClient, path: str, methods: set[str]) -> None:
    """Without a body."""
    response = client.options(path)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == f"{', '.join(sorted(methods))}, OPTIONS"


@pytest.mark.parametrize("path", [path for path, methods in ROUTES if "GET" in methods])
def test_head_answers_what_get_answers_without_a_body(client: TestClient, path: str) -> None:
    """Status and headers are the same, but for what changes from request to request."""
    get, head = client.get(path), client.head(path)
    assert get.status_code == head.status_code == 200
    changing = {"x-request-id"} | ({"content-length"} if path == "/metrics" else set())
    kept = [
        {name: value for name, value in each.headers.items() if name not in changing}
        for each in (get, head)
    ]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/docs/secret.js", "/model/x", "//"])
def test_an_unknown_route_is_not_found(client: TestClient, path: str) -> None:
    """No route redirects to another."""
    response = client.get(f"http://testserver{path}", follow_redirects=False)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"There is nothing at {path}. See / for what there is.",
    }


def test_texts_are_as_long_as_the_memory_allows(
    serve: Serve, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that may be computed at once takes half of it; the documentation says the length."""
    monkeypatch.setattr("runtime.app.memory", lambda: 2**30)
    monkeypatch.setattr("runtime.app.cores", lambda: 4)
    client = serve(ARTIFACTS=str(models / "unusual"), DEFAULT_MODEL="notes", WORKERS="2")
    manifest = client.get("/model").json()
    longest = 2**30 // 2 // 4 // manifest["memory"]["character"]
    assert manifest["features"][0]["longest"] == longest
    assert f'"maxLength":{longest}' in client.get("/openapi.json").text
    assert client.post("/predict", json={"text": "x" * longest}).status_code == 200
    refused = client.post("/predict", json={"text": "x" * (longest + 1)})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["expected"] == f"a string of at most {longest} characters"
    assert error["hint"] == f"It has {longest + 1}."
