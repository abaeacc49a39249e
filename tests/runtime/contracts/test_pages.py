"""Tests of runtime.contracts.pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_the_index_is_json_for_a_program(client: TestClient) -> None:
    """It names the models, and where everything is."""
    response = client.get("/")
    assert response.headers["vary"] == "Accept"
    assert response.json() == {
        "models": [
            {"name": "iris", "version": 1, "title": "Iris species"},
            {"name": "penguins", "version": 1, "title": "Palmer penguins"},
        ],
        "links": {
            "documentation": "/docs",
            "openapi": "/openapi.json",
            "model": "/model",
            "models": "/models",
            "live": "/livez",
            "ready": "/readyz",
            "metrics": "/metrics",
        },
    }
    for path in response.json()["links"].values():
        assert client.get(path).status_code == 200


def test_the_index_is_a_page_for_a_browser(client: TestClient) -> None:
    """It names the models, and links to the documentation."""
    response = client.get("/", headers=HTML)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert "<h1>Iris species, Palmer penguins</h1>" in response.text
    assert '<a href="docs">documentation</a>' in response.text


def test_a_title_cannot_write_html(
    serve: Callable[..., TestClient], alter: Callable[..., Path]
) -> None:
    """What the manifest says is text."""
    path = alter((b'"title": "Iris species"', b'"title": "<b>I&ris</b>"'))
    page = serve(ARTIFACTS=str(path.parents[2])).get("/", headers=HTML).text
    assert "<h1>&lt;b&gt;I&amp;ris&lt;/b&gt;</h1>" in page
    assert "<b>" not in page


def test_a_service_without_a_model_has_an_index(
    serve: Callable[..., TestClient], tmp_path: Path
) -> None:
    """It says that there is none."""
    client = serve(ARTIFACTS=str(tmp_path))
    assert client.get("/").json()["models"] == []
    assert "<h1>No model</h1>" in client.get("/", headers=HTML).text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    """All that they refer to is served here, and their policy allows nothing else."""
    response = client.get(path, headers=HTML)
    assert response.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in response.text
    references = re.findall(r'(?:src|href)="([^"]*)"', response.text)
    assert references
    for reference in references:
        assert not reference.startswith(("http", "/"))
        assert client.get(f"/{reference}").status_code == 200


@pytest.mark.parametrize(
    ("asset", "media_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("start.js", "text/javascript; charset=utf-8"),
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ],
)
def test_the_files_of_the_documentation_are_served(
    client: TestClient, asset: str, media_type: str
) -> None:
    """With their types."""
    response = client.get(f"/docs/{asset}")
    assert response.headers["content-type"] == media_type
    assert len(response.content) > 100


@pytest.mark.parametrize("asset", ["index.html", "..%2f..%2f__init__.py", "swagger-ui.js.map", ""])
def test_no_other_file_is_served(client: TestClient, asset: str) -> None:
    """Only those that the page needs."""
    assert client.get(f"/docs/{asset}").status_code == 404
