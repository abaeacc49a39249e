"""Trees and forests answer bit for bit as scikit-learn does."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from tests.export.conftest import Prove

CLASSIFIERS = [
    DecisionTreeClassifier(random_state=0),
    ExtraTreeClassifier(random_state=0),
    RandomForestClassifier(n_estimators=20, random_state=0),
    ExtraTreesClassifier(n_estimators=20, random_state=0),
]
REGRESSORS = [
    DecisionTreeRegressor(random_state=0),
    ExtraTreeRegressor(random_state=0),
    RandomForestRegressor(n_estimators=20, random_state=0),
    ExtraTreesRegressor(n_estimators=20, random_state=0),
]


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda e: type(e).__name__)
def test_a_scaled_classifier_is_exact(classifier: Any, prove: Prove) -> None:
    """Behind a scaler, where single precision flips labels, no bit differs."""
    X, y = load_wine(return_X_y=True)
    parity = prove(make_pipeline(StandardScaler(), classifier), X, y).manifest.parity
    assert parity.tolerance == 0
    assert parity.rows > 10_000
    assert {group.group for group in parity.groups} >= {"random", "boundaries", "thresholds"}


@pytest.mark.parametrize("regressor", REGRESSORS, ids=lambda e: type(e).__name__)
def test_a_regressor_is_exact(regressor: Any, prove: Prove) -> None:
    """A regressor's predictions are the very doubles that scikit-learn answers."""
    X, y = load_diabetes(return_X_y=True)
    assert prove(regressor, X, y).manifest.parity.tolerance == 0


def test_missing_numbers_go_where_training_sent_them(prove: Prove) -> None:
    """A tree that was trained with NaN sends NaN to the side that it learned."""
    X, y = load_wine(return_X_y=True)
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    parity = prove(RandomForestClassifier(n_estimators=20, random_state=0), X, y).manifest.parity
    assert "missing" in {group.group for group in parity.groups}


def test_a_tree_of_one_leaf_answers_its_leaf(prove: Prove) -> None:
    """A tree that never split, which ONNX cannot say directly, still answers."""
    X, y = load_diabetes(return_X_y=True)
    prove(RandomForestRegressor(n_estimators=3, max_depth=1, min_samples_leaf=400), X, y)


def test_a_forest_of_several_targets_is_exact(prove: Prove) -> None:
    """Targets of different numbers of classes keep their own probabilities."""
    X, y = load_wine(return_X_y=True)
    targets = np.column_stack([y, X[:, 0] > X[:, 0].mean()])
    exported = prove(RandomForestClassifier(n_estimators=10, random_state=0), X, targets)
    assert exported.manifest.task == "multioutput_classification"
