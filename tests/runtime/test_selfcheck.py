"""Tests of runtime.selfcheck: each kind of disagreement is found."""

import re

import msgspec
import numpy as np
import pytest

from runtime.comparison import Array
from runtime.errors import SelfCheckError
from runtime.manifest import Vectors
from runtime.model import Model
from runtime.predictor import Predictor
from runtime.selfcheck import self_check


class Altered:
    """A model with other golden rows, or other outputs."""

    def __init__(self, model: Model, vectors: Vectors | None = None, **outputs: Array) -> None:
        self.path, self.manifest = model.path, model.manifest
        self.vectors = vectors or model.vectors
        self._model, self._outputs = model, outputs

    def run(self, tensors: dict[str, Array]) -> dict[str, Array]:
        """Answer as the model does, but for the outputs that are altered."""
        return self._model.run(tensors) | self._outputs


def check(predictor: Predictor, altered: Altered) -> str:
    """Return what the self-check of an altered model says."""
    with pytest.raises(SelfCheckError) as caught:
        self_check(altered, predictor.codec)  # type: ignore[arg-type]
    return str(caught.value).removeprefix(f"{predictor.model.path}: ")


def test_a_sound_model_answers_all_its_golden_rows(iris: Predictor, penguins: Predictor) -> None:
    """The number of rows is returned."""
    for predictor in (iris, penguins):
        rows = len(predictor.model.vectors.rows)
        assert rows >= 10
        assert self_check(predictor.model, predictor.codec) == rows


def test_one_number_beyond_the_tolerance_is_found(iris: Predictor) -> None:
    """The message names the output, the row, what is expected and what came."""
    vectors = iris.model.vectors
    outputs = iris.model.run(iris.codec.tensors(vectors.rows))
    answers = outputs["probabilities"].copy()
    answers[7, 1] += 1e-9
    message = check(iris, Altered(iris.model, probabilities=answers))
    assert message.startswith(
        "it does not answer as scikit-learn did. probabilities of golden row 7: expected ["
    )
    assert message.endswith(f"], got {answers[7].tolist()} (tolerance 1e-12).")


def test_one_label_that_differs_is_found(penguins: Predictor) -> None:
    """Also where the labels are strings."""
    labels = penguins.model.run(penguins.codec.tensors(penguins.model.vectors.rows))["label"]
    labels[3] = "Emperor"
    message = check(penguins, Altered(penguins.model, label=labels))
    assert re.search(r"label of golden row 3: expected \w+, got Emperor \(tolerance 0\)", message)


def test_one_golden_answer_that_differs_is_found(iris: Predictor) -> None:
    """It does not matter which side was changed."""
    vectors = iris.model.vectors
    labels = [*vectors.outputs["label"][:-1], 9]
    changed = msgspec.structs.replace(vectors, outputs={**vectors.outputs, "label": labels})
    message = check(iris, Altered(iris.model, changed))
    assert f"label of golden row {len(labels) - 1}: expected 9" in message


def test_answers_of_another_shape_are_found(iris: Predictor) -> None:
    """Golden answers that are too few, or absent, are no agreement."""
    vectors = iris.model.vectors
    rows = len(vectors.rows)
    for kept in (3, 0):
        outputs = {**vectors.outputs, "label": vectors.outputs["label"][:kept]}
        message = check(
            iris, Altered(iris.model, msgspec.structs.replace(vectors, outputs=outputs))
        )
        assert message == (
            f"label: the golden answers have the shape ({kept},), the model's ({rows},)."
        )


def test_golden_rows_are_required(iris: Predictor) -> None:
    """A model without any has not been checked."""
    empty = msgspec.structs.replace(iris.model.vectors, rows=())
    assert check(iris, Altered(iris.model, empty)) == "it has no golden rows to replay."


def test_golden_rows_must_fit_the_signature(iris: Predictor) -> None:
    """They go the way of a request."""
    rows = ({"feature1": "5.1"}, *iris.model.vectors.rows[1:])
    message = check(
        iris, Altered(iris.model, msgspec.structs.replace(iris.model.vectors, rows=rows))
    )
    assert message.startswith(
        "its golden rows do not fit its signature: Expected a number, "
        'got the string "5.1" - at `$[0].feature1`.'
    )


def test_missing_numbers_in_answers_are_nan(iris: Predictor) -> None:
    """A null among golden answers agrees with NaN alone."""
    vectors = iris.model.vectors
    answers = [[None] * 3, *vectors.outputs["probabilities"][1:]]
    changed = msgspec.structs.replace(
        vectors, outputs={**vectors.outputs, "probabilities": answers}
    )
    outputs = iris.model.run(iris.codec.tensors(vectors.rows))["probabilities"].copy()
    outputs[0] = np.nan
    assert self_check(Altered(iris.model, changed, probabilities=outputs), iris.codec)  # type: ignore[arg-type]
    assert "golden row 0: expected [nan, nan, nan]" in check(iris, Altered(iris.model, changed))


def test_golden_answers_that_are_none_are_found(iris: Predictor) -> None:
    """A label cannot be a word where the graph answers integers."""
    vectors = iris.model.vectors
    outputs = {**vectors.outputs, "label": ["setosa"] * len(vectors.rows)}
    message = check(iris, Altered(iris.model, msgspec.structs.replace(vectors, outputs=outputs)))
    assert message == (
        "label: its golden answers cannot be read: invalid literal for int() with base 10: 'setosa'"
    )


def test_a_graph_that_cannot_run_is_found(iris: Predictor, penguins: Predictor) -> None:
    """As is one whose inputs are not those of its signature."""
    altered = Altered(penguins.model, iris.model.vectors)
    assert check(iris, altered).startswith(
        f"{penguins.model.path}: it cannot answer its golden rows: "
    )
