"""Tests of runtime.openapi."""

import re
from collections.abc import Callable

import msgspec
import pytest
from starlette.testclient import TestClient

from runtime.manifest import Feature
from runtime.openapi import example, feature_schema, record_schema
from runtime.predictor import Predictor


def feature(**changes: object) -> Feature:
    """Return a feature: a number from 1 to 2, called a."""
    defaults = {
        "name": "a",
        "dtype": "float64",
        "input": "numeric",
        "column": 0,
        "title": "A",
        "nullable": False,
        "minimum": 1.0,
        "maximum": 2.0,
        "example": 1.5,
    }
    return Feature(**{**defaults, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "schema"),
    [
        (
            {},
            {
                "type": "number",
                "format": "double",
                "title": "A",
                "description": "From 1 to 2 in training.",
                "examples": [1.5],
            },
        ),
        (
            {"dtype": "int64", "nullable": True, "example": None},
            {
                "type": ["integer", "null"],
                "minimum": -(2**53),
                "maximum": 2**53,
                "title": "A",
                "description": "From 1 to 2 in training. May be null, or left out.",
                "examples": [None],
            },
        ),
        (
            {"dtype": "int64", "lowest": 1.0, "example": 2},
            {
                "type": "integer",
                "minimum": 1,
                "maximum": 2**53,
                "title": "A",
                "description": "From 1 to 2 in training.",
                "examples": [2],
            },
        ),
        (
            {"lowest": 5e-324, "highest": 2.5, "example": 2.0},
            {
                "type": "number",
                "format": "double",
                "minimum": 5e-324,
                "maximum": 2.5,
                "title": "A",
                "description": "From 1 to 2 in training.",
                "examples": [2.0],
            },
        ),
        (
            {"refused": (0.0,)},
            {
                "type": "number",
                "format": "double",
                "not": {"enum": [0.0]},
                "title": "A",
                "description": "From 1 to 2 in training.",
                "examples": [1.5],
            },
        ),
        (
            {"dtype": "int64", "values": (1.0, 2.0), "nullable": True, "example": 1},
            {
                "type": ["integer", "null"],
                "minimum": -(2**53),
                "maximum": 2**53,
                "enum": [1, 2, None],
                "title": "A",
                "description": "From 1 to 2 in training. May be null, or left out.",
                "examples": [1],
            },
        ),
        (
            {"dtype": "string", "longest": 9, "minimum": None, "maximum": None, "example": "x"},
            {"type": "string", "maxLength": 9, "title": "A", "examples": ["x"]},
        ),
        (
            {"dtype": "bool", "minimum": None, "maximum": None, "example": None},
            {"type": "boolean", "title": "A", "examples": [False]},
        ),
        (
            {
                "dtype": "string",
                "minimum": None,
                "maximum": None,
                "categories": ("x", 'y"'),
                "example": None,
            },
            {
                "type": "string",
                "title": "A",
                "description": 'In training: "x", "y\\"".',
                "examples": ["x"],
            },
        ),
        (
            {
                "dtype": "string",
                "minimum": None,
                "categories": ("x", "y"),
                "closed": True,
                "nullable": True,
                "example": "y",
            },
            {
                "type": ["string", "null"],
                "enum": ["x", "y", None],
                "title": "A",
                "description": "May be null, or left out.",
                "examples": ["y"],
            },
        ),
    ],
)
def test_a_feature_is_described(changes: dict[str, object], schema: dict[str, object]) -> None:
    """Type, title, what was seen in training, whether it may be missing, an example."""
    assert feature_schema(feature(**changes)) == schema


def test_many_categories_are_described_in_part() -> None:
    """The first of them, and how many more."""
    names = tuple(f"c{number}" for number in range(25))
    made = feature(dtype="string", minimum=None, categories=names)
    listed = ", ".join(f'"{name}"' for name in names[:20])
    assert feature_schema(made)["description"] == f"In training: {listed} and 5 more."


def test_a_record_is_described(penguins: Predictor) -> None:
    """What may be left out is not required; other fields are allowed where they are ignored."""
    schema = record_schema(penguins.manifest)
    assert schema["required"] == ["island", "year"]
    assert list(schema["properties"]) == [each.name for each in penguins.manifest.features]
    assert schema["additionalProperties"] is False
    assert record_schema(penguins.manifest, "ignore")["additionalProperties"] is True


def test_the_example_is_answered(iris: Predictor, penguins: Predictor) -> None:
    """It can be sent as it stands."""
    for predictor in (iris, penguins):
        record = example(predictor.manifest)
        assert predictor.codec.decode(msgspec.json.encode(record)).rows == 1


def test_the_default_model_comes_first(client: TestClient) -> None:
    """Each model in memory has paths of its own, and each operation an id of its own."""
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Iris species, Palmer penguins"
    assert list(document["paths"]) == [
        "/predict",
        "/model",
        "/models/iris/predict",
        "/models/iris",
        "/models/iris/versions/1/predict",
        "/models/iris/versions/1",
        "/models/penguins/predict",
        "/models/penguins",
        "/models/penguins/versions/1/predict",
        "/models/penguins/versions/1",
        "/models",
        "/livez",
        "/readyz",
        "/metrics",
    ]
    operations = [each for path in document["paths"].values() for each in path.values()]
    ids = [each["operationId"] for each in operations]
    assert len(set(ids)) == len(ids)
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["oneOf"][0] == {"$ref": "#/components/schemas/iris.1.record"}
    assert set(document["paths"]["/predict"]["post"]["responses"]) == {
        "200",
        "400",
        "408",
        "413",
        "415",
        "422",
        "500",
        "503",
    }


def test_every_reference_leads_somewhere(client: TestClient) -> None:
    """Among the components."""
    text = client.get("/openapi.json").text
    names = set(msgspec.json.decode(text)["components"]["schemas"])
    references = set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', text))
    assert len(references) > 10
    assert references <= names


def test_a_service_without_a_model_is_described_as_well(
    serve: Callable[..., TestClient], tmp_path: object
) -> None:
    """There is nothing to predict with."""
    document = serve(ARTIFACTS=str(tmp_path)).get("/openapi.json").json()
    assert document["info"]["title"] == "No model"
    assert list(document["paths"]) == ["/models", "/livez", "/readyz", "/metrics"]
