"""Ensembles of trees, of every kind that is asked node by node."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

ENSEMBLES = {
    "tree": DecisionTreeClassifier(random_state=0),
    "forest": RandomForestClassifier(8, max_depth=5, random_state=0),
    "votes": RandomForestClassifier(8, random_state=0),
    "scaled": make_pipeline(StandardScaler(), ExtraTreesRegressor(8, max_depth=5, random_state=0)),
    "bagging": BaggingClassifier(n_estimators=8, max_features=0.5, random_state=0),
    "isolation": IsolationForest(n_estimators=8, max_samples=64, random_state=0),
    "gradient": GradientBoostingClassifier(n_estimators=8, random_state=0),
    "histogram": HistGradientBoostingClassifier(
        max_iter=8, max_leaf_nodes=8, categorical_features=[5], random_state=0
    ),
}


def rows_and_classes(
    missing: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return 300 rows of six columns, one of whole numbers, and their three classes."""
    X, y = make_classification(300, 6, n_informative=4, n_classes=3, random_state=0)
    X[:, 5] = np.rint(X[:, 5] * 2) % 7
    if missing:
        X[::7, 0] = np.nan
    return X, y


def fitted(name: str) -> Any:
    """Return an ensemble, fitted."""
    return ENSEMBLES[name].fit(*rows_and_classes())
