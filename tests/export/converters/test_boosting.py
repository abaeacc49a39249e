"""Gradient boosting answers scikit-learn's scores and labels, and probabilities to 4 ulp."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export.convert import FOUR_ULP, RELATIVE
from export.errors import ConversionError
from runtime.model import Model
from tests.export.conftest import Prove


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"init": "zero"},
        {"learning_rate": 0.37, "subsample": 0.5, "max_depth": 5},
        {"max_leaf_nodes": 6, "max_features": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_agrees_to_the_label_and_to_4_ulp(
    classes: int, settings: dict[str, Any], prove: Prove
) -> None:
    """Scores are summed in scikit-learn's order; only the exponential rounds differently."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else y > 0
    model = GradientBoostingClassifier(n_estimators=15, random_state=0, **settings)
    parity = prove(make_pipeline(StandardScaler(), model), X, y).manifest.parity
    assert parity.tolerance == FOUR_ULP
    assert {group.group for group in parity.groups} >= {"random", "boundaries", "thresholds"}


def test_the_exponential_loss_doubles_its_scores(prove: Prove) -> None:
    """`loss="exponential"` makes probabilities of twice the score, and labels of its sign."""
    X, y = load_breast_cancer(return_X_y=True)
    prove(GradientBoostingClassifier(loss="exponential", n_estimators=10), X, y)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
@pytest.mark.parametrize("init", [None, "zero"])
def test_a_regressor_is_exact(init: str | None, loss: str, prove: Prove) -> None:
    """Whatever the loss, the prediction is the sum of the trees, in their order."""
    X, y = load_diabetes(return_X_y=True)
    model = GradientBoostingRegressor(loss=loss, init=init, n_estimators=15, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_a_constant_start_may_come_from_a_dummy(prove: Prove) -> None:
    """A dummy classifier as `init` gives the same start to every row."""
    X, y = load_wine(return_X_y=True)
    model = GradientBoostingClassifier(init=DummyClassifier(strategy="prior"), n_estimators=5)
    prove(model, X, y)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", ["log_loss", "exponential"])
def test_a_classifier_may_start_from_trees(loss: str, classes: int, prove: Prove) -> None:
    """The start is the logarithm of another forest's odds, so it agrees to rounding."""
    X, y = load_wine(return_X_y=True)
    if loss == "exponential":
        y = y > 0
    init = RandomForestClassifier(5, max_depth=classes, random_state=0)
    model = GradientBoostingClassifier(init=init, loss=loss, n_estimators=5, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == RELATIVE


def test_a_regressor_may_start_from_trees(prove: Prove) -> None:
    """Trees round features to single precision by themselves, so the sum stays exact."""
    X, y = load_diabetes(return_X_y=True)
    init = RandomForestRegressor(5, random_state=0)
    model = GradientBoostingRegressor(init=init, n_estimators=5, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_a_start_that_single_precision_rounds_is_refused(prove: Prove) -> None:
    """scikit-learn gives `init` features in single precision, and a linear model adds in it."""
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ConversionError) as error:
        prove(GradientBoostingRegressor(init=LinearRegression(), n_estimators=2), X, y)
    assert str(error.value) == (
        "GradientBoostingRegressor cannot be converted: it gives its init, LinearRegression, "
        "features in single precision, and what that computes with them is rounded; "
        'use init=None, "zero" or trees.'
    )


def test_a_start_at_random_is_refused(prove: Prove) -> None:
    """No two answers of such a model agree."""
    X, y = load_wine(return_X_y=True)
    init = DummyClassifier(strategy="stratified", random_state=np.random.RandomState(0))
    with pytest.raises(ConversionError) as error:
        prove(GradientBoostingClassifier(init=init, n_estimators=2), X, y)
    assert str(error.value) == (
        "GradientBoostingClassifier cannot be converted: its init answers at random; "
        'use init=None or "zero".'
    )


def test_probabilities_of_a_row_are_the_same_whatever_stands_beside_it(prove: Prove) -> None:
    """To the last bit, so that the service may compute rows of different requests together."""
    X, y = load_breast_cancer(return_X_y=True)
    exported = prove(GradientBoostingClassifier(n_estimators=20, random_state=0), X, y)
    model = Model.load(exported.path / "model.onnx")
    alone = [model.run({"numeric": row[None]})["probabilities"] for row in X[:100]]
    for size in range(2, 20):
        for start in range(0, 100 - size, size):
            together = model.run({"numeric": X[start : start + size]})["probabilities"]
            assert together.tolist() == np.concatenate(alone[start : start + size]).tolist()
