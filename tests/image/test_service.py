"""The running container, under every restriction at once, keeps the HTTP contract."""

import json

import pytest

from tests.image.containers import Service


def test_a_record_gets_an_answer(service: Service, flower: dict[str, float]) -> None:
    """The tutorial's request is answered."""
    status, answer = service.json("POST", "/predict", flower)
    assert status == 200
    assert answer["prediction"] == 0
    assert answer["probability"] == pytest.approx(0.98081, abs=1e-4)
    assert list(answer["probabilities"]) == ["setosa", "versicolor", "virginica"]


def test_a_list_gets_a_list(service: Service, flower: dict[str, float]) -> None:
    """Ten thousand records are answered in order."""
    status, answers = service.json("POST", "/predict", [flower] * 10_000)
    assert status == 200
    assert len(answers) == 10_000
    assert {answer["prediction"] for answer in answers} == {0}


@pytest.mark.parametrize("path", ["/models/iris/predict", "/models/iris/versions/1/predict"])
def test_the_model_has_a_name_and_a_version(
    service: Service, flower: dict[str, float], path: str
) -> None:
    """The model that is baked in is reached by its name, too."""
    assert service.json("POST", path, flower)[0] == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health", "/model", "/openapi.json", "/"])
def test_what_programs_read_is_json(service: Service, path: str) -> None:
    """Health, manifest, OpenAPI and the list of links are there."""
    status, headers, answer = service.request("GET", path)
    assert status == 200
    assert headers["content-type"].startswith("application/json")
    assert json.loads(answer)


def test_metrics_count_the_requests(service: Service, flower: dict[str, float]) -> None:
    """Prometheus finds the requests by route and status."""
    service.json("POST", "/predict", flower)
    status, headers, answer = service.request("GET", "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert b'"/predict"' in answer


def test_docs_bring_their_own_scripts(service: Service) -> None:
    """Swagger UI comes from the image, not from the internet."""
    status, _, page = service.request("GET", "/docs")
    assert status == 200
    sources = [part.split(b'"')[0].decode() for part in page.split(b'src="')[1:]]
    assert sources
    for source in sources:
        assert "://" not in source
        assert service.request("GET", f"/{source}")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/predict", b'{"feature1":', 400),
        ("GET", "/nowhere", None, 404),
        ("GET", "/predict", None, 405),
        ("POST", "/predict", {"feature1": "long"}, 422),
        ("POST", "/predict", [], 422),
    ],
)
def test_mistakes_are_described(
    service: Service, method: str, path: str, body: object, expected: int
) -> None:
    """What cannot be answered gets a problem document."""
    given = {"content-type": "application/json"}
    status, headers, answer = service.request(method, path, body, given)
    assert status == expected
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(answer)["status"] == expected


def test_a_wrong_content_type_is_refused(service: Service) -> None:
    """A form is no JSON."""
    status, _, _ = service.request("POST", "/predict", b"a=1", {"content-type": "text/plain"})
    assert status == 415


def test_nothing_is_written(service: Service) -> None:
    """After all of that no file in the container has changed."""
    changed = service.engine.ask("diff", service.container)
    mounts = {"/dev", "/etc", "/proc", "/sys", "/run", "/var"}
    touched = [line.split()[1] for line in changed.splitlines()]
    assert [path for path in touched if f"/{path.split('/')[1]}" not in mounts] == []
