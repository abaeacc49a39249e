"""Tests of runtime.answers: the shape of an answer for each task."""

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from runtime.answers import Encoder, answer_schema
from runtime.manifest import Class, Manifest, Target, Tensor
from runtime.predictor import Predictor

NAN = float("nan")


def classes(*labels: Any) -> tuple[Class, ...]:
    """Return classes that are named as their labels."""
    return tuple(Class(label=label, name=str(label)) for label in labels)


def numbers(*targets: str) -> tuple[Target, ...]:
    """Return targets that are numbers."""
    return tuple(Target(name=name) for name in targets)


CASES: dict[str, tuple[str, tuple[Target, ...], dict[str, np.ndarray[Any, Any]], list[Any]]] = {
    "classes that are strings": (
        "classification",
        (Target(name="t", classes=classes("no", "yes")),),
        {
            "label": np.array(["yes", "no"], dtype=object),
            "probabilities": np.array([[0.25, 0.75], [1.0, 0.0]]),
        },
        [
            {"prediction": "yes", "probability": 0.75, "probabilities": {"no": 0.25, "yes": 0.75}},
            {"prediction": "no", "probability": 1.0, "probabilities": {"no": 1.0, "yes": 0.0}},
        ],
    ),
    "classes that are booleans, in a graph whose labels are integers": (
        "classification",
        (Target(name="t", classes=classes(False, True)),),
        {"label": np.array([1]), "probabilities": np.array([[0.25, 0.75]])},
        [
            {
                "prediction": True,
                "probability": 0.75,
                "probabilities": {"False": 0.25, "True": 0.75},
            }
        ],
    ),
    "classes that are floats": (
        "classification",
        (Target(name="t", classes=classes(0.5, 2.0)),),
        {"label": np.array([2.0]), "probabilities": np.array([[NAN, NAN]])},
        [{"prediction": 2.0, "probability": None, "probabilities": {"0.5": None, "2.0": None}}],
    ),
    "classes whose names msgspec cannot give to fields": (
        "classification",
        (Target(name="t", classes=classes('"a"', "b\\c")),),
        {"label": np.array(['"a"'], dtype=object), "probabilities": np.array([[1.0, 0.0]])},
        [
            {
                "prediction": '"a"',
                "probability": 1.0,
                "probabilities": {'"a"': 1.0, "b\\c": 0.0},
            }
        ],
    ),
    "scores of several classes": (
        "classification",
        (Target(name="t", classes=classes(3, 5, 7)),),
        {"label": np.array([7]), "scores": np.array([[-1.0, 0.0, 2.5]])},
        [{"prediction": 7, "scores": {"3": -1.0, "5": 0.0, "7": 2.5}}],
    ),
    "the score of two classes": (
        "classification",
        (Target(name="t", classes=classes("a", "b")),),
        {"label": np.array(["a"], dtype=object), "scores": np.array([-0.5])},
        [{"prediction": "a", "scores": {"b": -0.5}}],
    ),
    "several targets of classes": (
        "multioutput_classification",
        (Target(name="x", classes=classes(0, 1)), Target(name="y", classes=classes(1, 2, 3))),
        {
            "label": np.array([[0, 3]]),
            "probabilities": np.array([[0.75, 0.25, 0.125, 0.25, 0.625]]),
        },
        [
            {
                "prediction": {"x": 0, "y": 3},
                "probability": {"x": 0.75, "y": 0.625},
                "probabilities": {
                    "x": {"0": 0.75, "1": 0.25},
                    "y": {"1": 0.125, "2": 0.25, "3": 0.625},
                },
            }
        ],
    ),
    "labels that may apply together": (
        "multilabel_classification",
        (Target(name="sad", classes=classes(0, 1)), Target(name="loud", classes=classes(0, 1))),
        {
            "label": np.array([[0, 1]]),
            "probabilities": np.array([[0.25, 0.75]]),
            "scores": np.array([[-1.0, 1.0]]),
        },
        [
            {
                "prediction": {"sad": 0, "loud": 1},
                "probabilities": {"sad": 0.25, "loud": 0.75},
                "scores": {"sad": -1.0, "loud": 1.0},
            }
        ],
    ),
    "labels that may apply together, without probabilities": (
        "multilabel_classification",
        numbers("sad"),
        {"label": np.array([[1]])},
        [{"prediction": {"sad": 1}}],
    ),
    "a number": (
        "regression",
        numbers("price"),
        {"prediction": np.array([1.5, NAN, np.inf])},
        [{"prediction": 1.5}, {"prediction": None}, {"prediction": None}],
    ),
    "several numbers": (
        "regression",
        numbers("low", "high"),
        {"prediction": np.array([[1.5, 2.5]])},
        [{"prediction": {"low": 1.5, "high": 2.5}}],
    ),
    "a cluster": (
        "clustering",
        (),
        {"label": np.array([3, -1])},
        [{"prediction": 3}, {"prediction": -1}],
    ),
    "a cluster with distances": (
        "clustering",
        (),
        {"label": np.array([1]), "distances": np.array([[2.0, 0.5]])},
        [{"prediction": 1, "distances": {"0": 2.0, "1": 0.5}}],
    ),
    "a cluster with probabilities": (
        "clustering",
        (),
        {"label": np.array([1]), "probabilities": np.array([[0.25, 0.75]])},
        [{"prediction": 1, "probabilities": {"0": 0.25, "1": 0.75}}],
    ),
    "an outlier": (
        "outlier_detection",
        (),
        {"label": np.array([-1]), "scores": np.array([-0.25])},
        [{"prediction": -1, "score": -0.25}],
    ),
    "an outlier without a score": (
        "outlier_detection",
        (),
        {"label": np.array([1])},
        [{"prediction": 1}],
    ),
    "transformed numbers": (
        "transformation",
        numbers("pca0", "pca1"),
        {"transformed": np.array([[1.0, 2.0], [3.0, NAN]])},
        [{"transformed": {"pca0": 1.0, "pca1": 2.0}}, {"transformed": {"pca0": 3.0, "pca1": None}}],
    ),
    "transformed strings": (
        "transformation",
        numbers("bin"),
        {"transformed": np.array([["low"]], dtype=object)},
        [{"transformed": {"bin": "low"}}],
    ),
}


def model(
    base: Manifest, task: str, targets: tuple[Target, ...], outputs: dict[str, np.ndarray[Any, Any]]
) -> Manifest:
    """Return a manifest of a model with these targets and outputs."""
    dtypes = {"f": "float64", "i": "int64", "O": "string"}
    tensors = tuple(
        Tensor(
            name=name,
            dtype=dtypes[array.dtype.kind],  # type: ignore[arg-type]
            columns=array.shape[1] if array.ndim > 1 else None,
        )
        for name, array in outputs.items()
    )
    return msgspec.structs.replace(base, task=task, targets=targets, outputs=tensors)


@pytest.mark.parametrize(("task", "targets", "outputs", "expected"), CASES.values(), ids=CASES)
def test_each_task_has_its_own_shape(
    iris: Predictor,
    task: str,
    targets: tuple[Target, ...],
    outputs: dict[str, np.ndarray[Any, Any]],
    expected: list[Any],
) -> None:
    """A list has an answer per row, and each row's by itself is the same; the schema fits both."""
    manifest = model(iris.manifest, task, targets, outputs)
    encoder = Encoder(manifest)
    assert json.loads(encoder.encode(outputs, single=False)) == expected
    each = encoder.encode_each(outputs)
    assert list(map(json.loads, each)) == expected
    for row, content in enumerate(each):
        alone = {name: array[row : row + 1] for name, array in outputs.items()}
        assert encoder.encode(alone, single=True) == content
    schema = answer_schema(manifest)
    for answer in expected:
        assert fits(answer, schema)


def test_the_label_keeps_its_type(iris: Predictor) -> None:
    """In JSON, true is not 1 and 2.0 is not 2: the class's own label is sent."""
    for labels, text in (((False, True), b"true"), ((0, 1), b"1"), ((0.0, 1.0), b"1.0")):
        outputs = {"label": np.array([1])}
        targets = (Target(name="t", classes=classes(*labels)),)
        manifest = model(iris.manifest, "classification", targets, outputs)
        assert Encoder(manifest).encode(outputs, single=True) == b'{"prediction":%b}' % text


def test_the_schema_does_not_fit_another_answer(iris: Predictor) -> None:
    """What checks answers against the schema finds a wrong one."""
    schema = answer_schema(iris.manifest)
    answer = {"prediction": 0, "probability": 1.0, "probabilities": {"setosa": 1.0}}
    assert not fits(answer, schema)
    answer["probabilities"] = {"setosa": 1.0, "versicolor": 0.0, "virginica": None}
    assert fits(answer, schema)
    assert not fits({**answer, "prediction": "setosa"}, schema)
    assert not fits({**answer, "probability": "1"}, schema)
    assert not fits({**answer, "more": 1}, schema)


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Tell whether `value` fits `schema`, as far as answers' schemas go."""
    if "enum" in schema and not any(value == each for each in schema["enum"]):
        return False
    if schema.get("type") == "object":
        properties = schema["properties"]
        return (
            schema["additionalProperties"] is False
            and list(value) == list(properties) == schema["required"]
            and all(fits(value[name], each) for name, each in properties.items())
        )
    kinds: dict[str, Any] = {
        "number": (int, float),
        "integer": int,
        "null": type(None),
        "string": str,
    }
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    return not allowed or any(isinstance(value, kinds[kind]) for kind in allowed)
