"""Tests of runtime.contracts.health."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

TRUNCATED = "no seal at its end: it is truncated, or was not written by Skiff's export."


def test_a_process_that_answers_is_live(client: TestClient) -> None:
    """Whatever it can do besides."""
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "live"})


@pytest.mark.parametrize("path", ["/readyz", "/health"])
def test_a_service_with_a_sound_model_is_ready(client: TestClient, path: str) -> None:
    """It says which versions it serves."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "models": [
            {"name": "iris", "version": 1, "failed": []},
            {"name": "penguins", "version": 1, "failed": []},
        ],
    }


def test_a_newer_version_that_fails_is_reported(
    serve: Callable[..., TestClient],
    artifacts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The newest that passes is served; the log has the reason, too."""
    for version in (1, 2):
        shutil.copytree(artifacts / "iris/1", tmp_path / f"iris/{version}")
    (tmp_path / "iris/2/model.onnx").write_bytes(b"broken")
    response = serve(ARTIFACTS=str(tmp_path)).get("/readyz")
    assert response.status_code == 200
    failed = [{"version": 2, "reason": TRUNCATED}]
    assert response.json() == {
        "status": "ready",
        "models": [{"name": "iris", "version": 1, "failed": failed}],
    }
    log = capsys.readouterr().out
    assert f"Model iris, version 2, is not served. {tmp_path}/iris/2/model.onnx: {TRUNCATED}" in log
    assert "Model iris, version 1, has passed its self-check." in log


def test_a_service_without_a_sound_model_is_not_ready(
    serve: Callable[..., TestClient], tmp_path: Path
) -> None:
    """It says why."""
    path = tmp_path / "iris/1/model.onnx"
    path.parent.mkdir(parents=True)
    path.touch()
    response = serve(ARTIFACTS=str(tmp_path)).get("/readyz")
    assert response.headers["content-type"] == "application/problem+json"
    failed = [{"version": 1, "reason": TRUNCATED}]
    assert response.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": f"Not ready. {path}: {TRUNCATED}",
        "models": [{"name": "iris", "version": None, "failed": failed}],
    }


def test_a_fallback_is_reported(
    serve: Callable[..., TestClient], artifacts: Path, tmp_path: Path
) -> None:
    """The service is ready, and says what it stands in for."""
    client = serve(ARTIFACTS=str(tmp_path), FALLBACK_ARTIFACTS=str(artifacts), DEFAULT_MODEL="iris")
    report = client.get("/readyz").json()
    assert report["status"] == "ready"
    assert [each["name"] for each in report["models"]] == ["iris", "penguins"]
    assert report["instead_of"]["models"] == []
    assert report["instead_of"]["reason"].startswith(f"There is no model in {tmp_path}. ")


def test_metrics_are_counted(client: TestClient, iris_record: dict[str, float]) -> None:
    """Requests by route and status, time, rows, and rows by class."""
    client.post("/predict", json=[iris_record] * 3)
    client.post("/predict", json={})
    client.post("/models/penguins/predict", json={"island": "Biscoe", "year": 2007})
    client.get("/models/iris")
    client.get("/nowhere")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = response.text.splitlines()
    for line in (
        'skiff_http_requests_total{route="/predict",status="200"} 1.0',
        'skiff_http_requests_total{route="/predict",status="422"} 1.0',
        'skiff_http_requests_total{route="/models/{name}/predict",status="200"} 1.0',
        'skiff_http_requests_total{route="/models/{name}",status="200"} 1.0',
        'skiff_http_requests_total{route="none",status="404"} 1.0',
        'skiff_http_request_duration_seconds_count{route="/predict"} 2.0',
        "skiff_http_requests_in_flight 1.0",
        'skiff_rows_total{model="iris",version="1"} 3.0',
        'skiff_rows_total{model="penguins",version="1"} 1.0',
        'skiff_predictions_total{model="iris",prediction="setosa",version="1"} 3.0',
        'skiff_model_info{model="iris",task="classification",version="1"} 1.0',
        'skiff_model_info{model="penguins",task="classification",version="1"} 1.0',
    ):
        assert line in lines
    assert not [line for line in lines if "_created" in line]
