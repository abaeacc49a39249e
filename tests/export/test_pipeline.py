"""Exporting from Python, as a notebook does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.datasets import load_wine
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export import ExportError, ParityError, RecipeError, export
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame


def test_a_fitted_estimator_is_exported_in_one_call(tmp_path: Path) -> None:
    """Without held-out rows the training rows are compared, and no metrics are claimed."""
    X, y = load_wine(return_X_y=True)
    exported = export(
        DecisionTreeClassifier(random_state=0).fit(X, y), X, y, name="w", out=tmp_path
    )
    assert exported.path == tmp_path / "w" / "1"
    assert exported.manifest.metrics == {}
    assert exported.manifest.parity.groups[0].rows == len(X)


def test_held_out_rows_are_measured_and_a_notebook_shows_the_report(tmp_path: Path) -> None:
    """The report is shown in a frame, escaped as a whole."""
    X, y = load_wine(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0).fit(X[::2], y[::2])
    exported = export(
        tree, X[::2], y[::2], name="w", X_test=X[1::2], y_test=y[1::2], out=tmp_path, version=4
    )
    assert exported.path == tmp_path / "w" / "4"
    assert 0.8 < exported.manifest.metrics["accuracy"] <= 1
    shown = exported._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert shown.count("<") == 2


@pytest.mark.parametrize(
    ("model", "width"),
    [
        (KNeighborsClassifier(), 178),
        (make_pipeline(StandardScaler(), PolynomialFeatures(2), RidgeClassifier()), 91),
        (DecisionTreeClassifier(), 3),
    ],
    ids=["as rows of training", "as products", "as classes"],
)
def test_the_manifest_says_how_wide_the_graph_is(tmp_path: Path, model: Any, width: int) -> None:
    """As its widest table; by that the runtime knows how many rows to compute at once."""
    X, y = load_wine(return_X_y=True)
    exported = export(model.fit(X, y), X, y, name="w", out=tmp_path)
    assert exported.manifest.width == width


@pytest.mark.parametrize("name", ["../up", "", None])
def test_a_name_that_cannot_be_used_is_refused_before_any_work(tmp_path: Path, name: Any) -> None:
    """A name with a slash could leave its folder."""
    with pytest.raises(ExportError, match=f"The name {name!r} cannot be used"):
        export(None, [[1.0]], name=name, out=tmp_path)


def test_a_truth_without_its_rows_is_refused(tmp_path: Path) -> None:
    """It would be left out of account, unnoticed."""
    with pytest.raises(RecipeError) as refused:
        export(None, [[1.0]], name="m", y_test=[1], out=tmp_path)
    assert str(refused.value) == "export: y_test came without X_test, the rows that it is of."


def test_errors_of_a_call_do_not_name_a_recipe(tmp_path: Path) -> None:
    """Nor does one about what it was called with."""
    with pytest.raises(RecipeError) as refused:
        export(RidgeClassifier(), [[1.0], [2.0]], [0, 1], name="m", out=tmp_path)
    problem = "the RidgeClassifier is not fitted; call its fit first."
    assert str(refused.value) == f"export: {problem}"


class Raised(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Adds one; its converter does so in single precision."""

    def fit(self, X: Any, y: Any = None) -> "Raised":  # noqa: ARG002 - scikit-learn's signature
        """Count the features."""
        self.n_features_in_ = len(X[0])
        return self

    def transform(self, X: Any) -> Any:
        """Return the sums."""
        return np.asarray(X) + 1


@converts(Raised, exact=True)
def raised(graph: Graph, step: Raised, frame: Frame) -> Frame:
    """Add a number that ONNX takes no double with."""
    return Frame.of(graph.op("Add", graph.numeric(frame, step), np.float32(1)), frame.width)


def test_a_graph_that_does_not_load_is_refused_as_one_that_disagrees(tmp_path: Path) -> None:
    """What ONNX Runtime says of a converter's mistake is the message."""
    X, _ = load_wine(return_X_y=True)
    with pytest.raises(ParityError) as refused:
        export(Raised().fit(X), X, name="w", out=tmp_path)
    said = "The graph does not answer as scikit-learn does: ONNX Runtime cannot load it: "
    assert str(refused.value).startswith(said)
    assert str(refused.value).endswith(". No artifact was written.")
    assert not list(tmp_path.iterdir())
