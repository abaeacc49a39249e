"""Which converter an estimator has: that of its class, or of one whose answers it inherits."""

from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame
from export.errors import ConversionError
from tests.export.conftest import Prove

X, Y = load_iris(return_X_y=True)


class Stump(DecisionTreeClassifier):  # type: ignore[misc]
    """A tree with defaults of its own, which tells how it was fitted."""

    def __init__(self, max_depth: int = 1) -> None:
        super().__init__(max_depth=max_depth, random_state=0)

    def fit(self, X: Any, y: Any) -> "Stump":
        """Fit the tree, and count its rows."""
        self.rows_ = len(X)
        return super().fit(X, y)  # type: ignore[no-any-return]

    def told(self) -> str:
        """Return what a tree has no method for."""
        return f"{self.rows_} rows"


class Chain(Pipeline):  # type: ignore[misc]
    """A pipeline by another name."""


class Doubled(StandardScaler):  # type: ignore[misc]
    """A scaler whose answers are others."""

    def transform(self, X: Any) -> Any:
        """Return twice what a scaler answers."""
        return 2 * super().transform(X)


class DoubledAgain(Doubled):
    """A scaler that inherits such answers."""


class Halved:
    """A step that learns nothing, and is not of BaseEstimator."""

    def fit(self, X: Any, y: Any = None) -> "Halved":  # noqa: ARG002 - scikit-learn's signature
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> Any:
        """Return the halves."""
        return X / 2


@converts(Halved, exact=True)
def halved(graph: Graph, step: Halved, frame: Frame) -> Frame:
    """Halve what it is given."""
    return Frame.of(graph.op("Div", graph.numeric(frame, step), 2.0), frame.width)


def test_a_step_that_never_says_it_is_fitted_is_converted(prove: Prove) -> None:
    """Its converter is all that it takes; rows for the trees behind it are made with it."""
    exported = prove(make_pipeline(Halved(), DecisionTreeClassifier(random_state=0)), X, Y)
    assert exported.manifest.parity.tolerance == 0
    assert exported.manifest.parity.thresholds is not None


class Narrowed(Halved):
    """A step whose converter forgets a column."""


@converts(Narrowed, exact=True)
def narrowed(graph: Graph, step: Halved, frame: Frame) -> Frame:
    """Say of four columns that they are three."""
    return Frame.of(graph.numeric(frame, step), 3)


class Unknown(Halved):
    """A step whose converter mistakes the name of an operator."""


@converts(Unknown, exact=True)
def unknown(graph: Graph, step: Halved, frame: Frame) -> Frame:
    """Halve by an operator that there is not."""
    return Frame.of(graph.op("Halve", graph.numeric(frame, step)), frame.width)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (Narrowed(), "it was fitted on 4 columns, and is given 3 by the converter of the step"),
        (Unknown(), "a converter made what is no ONNX: No Op registered for Halve"),
    ],
    ids=["width", "operator"],
)
def test_mistakes_of_a_converter_are_told(prove: Prove, step: Any, problem: str) -> None:
    """They would be errors from deep inside."""
    with pytest.raises(ConversionError) as refused:
        prove(make_pipeline(step, LogisticRegression()), X, Y)
    assert problem in str(refused.value)


def test_a_class_that_changes_no_answer_is_converted_as_the_one_it_inherits_from(
    prove: Prove,
) -> None:
    """Its fit may be another: what it learned is read from its attributes."""
    model = Chain([("scaler", StandardScaler()), ("stump", Stump())])
    assert prove(model, X, Y).manifest.parity.tolerance == 0


@pytest.mark.parametrize("scaler", [Doubled(), DoubledAgain()])
def test_a_class_that_answers_otherwise_is_refused(prove: Prove, scaler: Any) -> None:
    """Its own converter, if there is one, knows how."""
    with pytest.raises(ConversionError, match="there is no converter for it"):
        prove(make_pipeline(scaler, LogisticRegression()), X, Y)
