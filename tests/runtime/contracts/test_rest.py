"""Tests of runtime.contracts.rest: predictions over HTTP, and which model answers."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from runtime.manifest import encode
from runtime.predictor import Predictor

PENGUIN = {
    "island": "Biscoe",
    "sex": None,
    "bill_length_mm": 46.1,
    "bill_depth_mm": 13.2,
    "flipper_length_mm": 211,
    "body_mass_g": 4500,
    "year": 2007,
}


def test_one_record_gets_one_answer(client: TestClient, iris_record: dict[str, float]) -> None:
    """The first two fields are a contract."""
    response = client.post("/predict", json=iris_record)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == ["prediction", "probability", "probabilities"]
    assert answer["prediction"] == 0
    assert type(answer["prediction"]) is int
    assert answer["probability"] == answer["probabilities"]["setosa"] > 0.9
    assert list(answer["probabilities"]) == ["setosa", "versicolor", "virginica"]


def test_a_list_of_records_gets_a_list_of_answers(
    client: TestClient, iris_record: dict[str, float]
) -> None:
    """In order, and also a list of one."""
    virginica = {"feature1": 7.7, "feature2": 3.0, "feature3": 6.1, "feature4": 2.3}
    one = client.post("/predict", json=[iris_record]).json()
    two = client.post("/predict", json=[virginica, iris_record]).json()
    assert [each["prediction"] for each in two] == [2, 0]
    assert two[1:] == one


def test_missing_values_and_unseen_categories_are_answered(client: TestClient) -> None:
    """As scikit-learn answers them."""
    nowhere = {**PENGUIN, "island": "Nowhere"}
    few = {"island": "Torgersen", "year": 2007}
    response = client.post("/models/penguins/predict", json=[PENGUIN, nowhere, few])
    assert response.status_code == 200
    assert [each["prediction"] for each in response.json()][:2] == ["Gentoo", "Gentoo"]


def test_values_outside_the_range_of_training_are_answered(
    client: TestClient, iris_record: dict[str, float]
) -> None:
    """Up to the largest double."""
    for value in (-1e9, 1e308, 1.7976931348623157e308):
        response = client.post("/predict", json={**iris_record, "feature1": value})
        assert response.status_code == 200


@pytest.mark.parametrize(
    "path", ["/models/penguins/predict", "/models/penguins/versions/1/predict"]
)
def test_a_model_can_be_named(client: TestClient, path: str) -> None:
    """With or without its version."""
    assert client.post(path, json=PENGUIN).json()["prediction"] == "Gentoo"


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/models/lily", "There is no model 'lily'. Available: iris, penguins."),
        ("/models/iris/versions/2", "There is no version '2' of the model 'iris'. Available: 1."),
        ("/models/iris/versions/x", "There is no version 'x' of the model 'iris'. Available: 1."),
    ],
)
def test_a_model_that_is_not_there_is_not_found(client: TestClient, path: str, detail: str) -> None:
    """Whether it is to answer or to be described; the body is not read."""
    for response in (client.get(path), client.post(f"{path}/predict", content=b"{")):
        assert response.status_code == 404
        assert response.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": detail,
        }


def test_the_manifest_is_shown(client: TestClient, iris: Predictor, penguins: Predictor) -> None:
    """Of the default model, of the one that is named, and of a version of it."""
    for path, predictor in (
        ("/model", iris),
        ("/models/iris", iris),
        ("/models/penguins/versions/1", penguins),
    ):
        assert client.get(path).json() == json.loads(encode(predictor.manifest))


def test_the_models_are_listed(client: TestClient) -> None:
    """With their versions, and which is the default one."""
    assert client.get("/models").json() == {
        "default": "iris",
        "models": [
            {
                "name": name,
                "version": 1,
                "versions": [1],
                "title": title,
                "task": "classification",
            }
            for name, title in (("iris", "Iris species"), ("penguins", "Palmer penguins"))
        ],
    }


def test_an_older_version_is_loaded_when_it_is_asked_for(
    serve: Callable[..., TestClient], artifacts: Path, tmp_path: Path, iris_record: dict[str, float]
) -> None:
    """A version that is not sound is unavailable, and says why."""
    for version in (1, 2, 3):
        shutil.copytree(artifacts / "iris/1", tmp_path / f"iris/{version}")
    (tmp_path / "iris/1/model.onnx").write_bytes(b"broken")
    client = serve(ARTIFACTS=str(tmp_path))
    assert client.get("/models").json()["models"][0]["version"] == 3
    assert client.post("/models/iris/versions/2/predict", json=iris_record).status_code == 200
    response = client.post("/models/iris/versions/1/predict", json=iris_record)
    assert response.status_code == 503
    assert response.json()["detail"] == (
        f"{tmp_path}/iris/1/model.onnx: no seal at its end: it is truncated, or was not "
        "written by Skiff's export."
    )
    assert client.get("/readyz").status_code == 200


def test_a_model_of_which_no_version_is_sound_is_listed_and_unavailable(
    serve: Callable[..., TestClient], tmp_path: Path
) -> None:
    """It does not vanish."""
    (tmp_path / "iris/1").mkdir(parents=True)
    client = serve(ARTIFACTS=str(tmp_path))
    assert client.get("/models").json()["models"] == [
        {"name": "iris", "version": None, "versions": [1], "title": None, "task": None}
    ]
    assert client.post("/predict", json={}).status_code == 503


def test_without_a_model_predictions_are_unavailable(
    serve: Callable[..., TestClient], tmp_path: Path, iris_record: dict[str, float]
) -> None:
    """The process lives, and says how to make a model."""
    client = serve(ARTIFACTS=str(tmp_path))
    response = client.post("/predict", json=iris_record)
    assert response.status_code == 503
    assert response.json()["detail"].startswith(f"There is no model in {tmp_path}. To make one")
    assert client.get("/livez").status_code == 200


def test_many_clients_at_once_get_their_own_answers(client: TestClient, iris: Predictor) -> None:
    """One session answers them all."""
    rows = iris.model.vectors.rows
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        answers[number] = client.post("/predict", json=rows[number]).json()["prediction"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(rows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[number] for number in range(len(rows))] == iris.model.vectors.outputs["label"]


def test_records_of_many_fields_that_are_left_out_are_limited(
    serve: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their tensors would not be: 20 records of 7 fields take 1120 bytes, whatever was sent."""
    monkeypatch.setattr("runtime.contracts.rest._ROOM", 1)
    monkeypatch.setattr("runtime.turns.INLINE_BYTES", 0)
    client = serve(MAX_BODY_BYTES="1120", DEFAULT_MODEL="penguins")
    record = {"year": 2008, "island": "Dream"}
    assert len(client.post("/predict", json=[record] * 20).json()) == 20
    response = client.post("/predict", json=[record] * 21)
    detail = (
        "The list has more than 20 records, which of 7 fields each, those that are left out "
        "among them, is all that MAX_BODY_BYTES allows. Send several lists, or a stream."
    )
    assert (response.status_code, response.json()["detail"]) == (413, detail)
