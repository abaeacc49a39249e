"""A model that magnifies rounding is told from a graph that is wrong."""

import pytest
from sklearn.datasets import load_wine
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export import ParityError
from export.group import Group
from export.parity import Comparer
from export.reference import Answers, Reference
from export.signature import infer
from export.table import as_table
from runtime.model import Array, Model
from tests.export.conftest import Built, Prove


def test_the_advice_names_what_rounding_does_to_the_answer(prove: Prove) -> None:
    """Far from the origin, distances keep few digits: that is said, with what to do."""
    X, y = load_wine(return_X_y=True)
    far = X + 1000 * X.mean(axis=0)
    with pytest.raises(ParityError) as caught:
        prove(NearestCentroid(), far, y)
    advice = caught.value.advice
    assert advice.startswith("scikit-learn's own answer to the first of these rows changes by ")
    assert "Scale the features before it, as with StandardScaler" in advice
    assert str(caught.value).endswith(advice)


def test_the_advice_helps(prove: Prove) -> None:
    """Behind a scaler, the same data is answered within the tolerance."""
    X, y = load_wine(return_X_y=True)
    far = X + 1000 * X.mean(axis=0)
    assert prove(make_pipeline(StandardScaler(), NearestCentroid()), far, y).manifest.parity.rows


def test_a_graph_that_is_wrong_gets_no_advice(iris: Built) -> None:
    """Where scikit-learn keeps its digits, the fault is not laid at its door."""
    model = Model.load(iris.exported.path / "model.onnx")
    signature = infer(iris.trained)
    held_out = as_table(iris.trained.X_test, "X_test")
    reference = Reference.of(iris.trained.estimator, held_out)

    def wrong(tensors: dict[str, Array]) -> Answers:
        answers = model.run(tensors)
        return answers | {"probabilities": answers["probabilities"] * (1 + 1e-9)}

    group = Group.of("held-out", signature.layout.split(held_out))
    comparer = Comparer(reference, signature, wrong, model.manifest)
    with pytest.raises(ParityError, match="0 have another label") as caught:
        comparer.measure([group])
    assert caught.value.advice == ""
