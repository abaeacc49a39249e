"""Bagging adds what its estimators answer, in their order, each from its own columns."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from export.convert import RELATIVE
from tests.export.conftest import Prove


@pytest.mark.parametrize(
    ("inner", "settings"),
    [
        (DecisionTreeClassifier(min_samples_leaf=3), {}),
        (DecisionTreeClassifier(), {"max_features": 0.4, "bootstrap_features": True}),
        (DecisionTreeClassifier(), {"max_samples": 4}),
        (make_pipeline(StandardScaler(), DecisionTreeClassifier()), {"max_samples": 8}),
        (RandomForestClassifier(3), {"max_features": 0.5}),
    ],
    ids=["leaves", "columns", "few rows", "pipelines", "forests"],
)
def test_a_classifier_is_exact(inner: Any, settings: dict[str, Any], prove: Prove) -> None:
    """Also where an estimator was given few columns, or never saw a class."""
    X, y = load_wine(return_X_y=True)
    names = np.array(["red", "rosé", "white"])[y]
    model = BaggingClassifier(inner, n_estimators=6, random_state=0, **settings)
    assert prove(model, X, names).manifest.parity.tolerance == 0


def test_classifiers_without_probabilities_vote(prove: Prove) -> None:
    """The probability of a class is its share of the votes."""
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    prove(BaggingClassifier(LinearSVC(), n_estimators=5, random_state=0), X, y)


def test_probabilities_through_exponentials_agree_to_rounding(prove: Prove) -> None:
    """Means of probabilities that differ by 4 ulp differ by more."""
    X, y = load_wine(return_X_y=True)
    model = BaggingClassifier(GradientBoostingClassifier(n_estimators=3), 3, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == RELATIVE


@pytest.mark.parametrize("inner", [None, ExtraTreesRegressor(3)], ids=["trees", "forests"])
@pytest.mark.parametrize("targets", [1, 2])
def test_a_regressor_is_exact(targets: int, inner: Any, prove: Prove) -> None:
    """The mean of the estimators' values, of one target or several."""
    X, y = load_diabetes(return_X_y=True)
    y = y if targets == 1 else np.column_stack([y, -np.sqrt(y)])
    model = BaggingRegressor(inner, n_estimators=6, max_features=0.7, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == 0
