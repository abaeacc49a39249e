"""Pipelines that skl2onnx's own converters answer wrongly, or not at all, and Skiff's exactly.

Each is proven by Skiff first: no label differs over thousands of rows. Then the same fitted
estimator goes through skl2onnx alone, whose answers must differ: should a new version get one
right, the test says so, and the page on exactness can say so too.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.convert import FOUR_ULP
from tests.export.conftest import Prove
from tests.export.skl2onnx_alone import answers


def rows_off(estimator: Any, X: Any) -> int:
    """Count the rows whose label, or a probability by more than 1e-5, skl2onnx alone gets wrong."""
    label, probabilities = answers(estimator, X)
    difference = np.abs(probabilities - estimator.predict_proba(X)).max(axis=1)
    return int(((label != estimator.predict(X)) | (difference > 1e-5)).sum())


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(max_depth=6, random_state=0),
        RandomForestClassifier(15, max_depth=6, random_state=0),
    ],
    ids=["tree", "forest"],
)
def test_trees_trained_with_missing_values(model: Any, prove: Prove) -> None:
    """skl2onnx forgets to which side training sent missing values."""
    X, y = load_wine(return_X_y=True)
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < 0.3] = np.nan
    assert prove(model, X, y).manifest.parity.tolerance == 0
    assert rows_off(model, X) > 0


def test_histogram_boosting_with_categories(prove: Prove) -> None:
    """skl2onnx reads sets of categories as thresholds; with protobuf 7 it does not convert."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 20, 600), rng.normal(size=600)]).astype(float)
    y = (np.isin(X[:, 0], [1, 4, 5, 9, 12, 17]) ^ (X[:, 1] > 1)).astype(int)
    model = HistGradientBoostingClassifier(categorical_features=[0], max_iter=10)
    assert prove(model, X, y).manifest.parity.tolerance == FOUR_ULP
    with pytest.raises(RuntimeError, match="Unable to create node 'TreeEnsembleClassifier'"):
        answers(model, X)


def test_the_commonest_pipeline(prove: Prove) -> None:
    """Imputer, scaler, one-hot encoder, forest: single precision crosses thresholds."""
    rng = np.random.default_rng(0)
    count = 2000
    X = pd.DataFrame({f"n{i}": rng.integers(0, 12, count).astype(float) for i in range(4)})
    y = (X.sum(axis=1) + rng.normal(0, 4, count) > 22).astype(int)
    X = X.mask(rng.random(X.shape) < 0.05)
    X["town"] = rng.choice(["Bonn", "Köln", "Ulm"], count)
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("n", numbers, list(X.columns[:4])), ("t", encode, ["town"])])
    forest = RandomForestClassifier(50, random_state=0)
    model = make_pipeline(columns, forest)
    assert prove(model, X, y).manifest.parity.tolerance == 0
    assert rows_off(model, X) > 0


def test_a_scaler_and_a_forest_on_small_whole_numbers(prove: Prove) -> None:
    """Whole numbers lie on the thresholds between them, as soon as a scaler has rounded them."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 8, (4000, 6)).astype(float)
    y = (X.sum(axis=1) + rng.normal(0, 3, len(X)) > 21).astype(int)
    model = make_pipeline(StandardScaler(), RandomForestClassifier(50, random_state=0))
    assert prove(model, X, y).manifest.parity.tolerance == 0
    assert rows_off(model, X) > 0
