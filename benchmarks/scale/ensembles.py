"""Models of many trees, each exported once and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.datasets import load_breast_cancer, make_classification, make_regression
from sklearn.ensemble import (
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from benchmarks.serving.cases import Record, records
from benchmarks.serving.services import CACHE
from export.pipeline import export_trained
from export.recipe import BUILT_IN, Trained, load

MODELS = CACHE / "models"


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A model, and what makes its rows."""

    title: str
    train: Callable[[], Trained]

    def export(self, name: str) -> tuple[Path, list[Record]]:
        """Return the folder of its artifact, and the held-out rows as a client sends them."""
        trained = self.train()
        folder = MODELS / name / "artifacts"
        if not (folder / name).exists():
            export_trained(trained, folder, name, version=1)
        return folder, records(trained.X_test)


def _fitted(estimator: Any, X: Any, y: Any) -> Trained:
    """Fit on half of the rows."""
    rows = len(X) // 2
    return Trained(
        estimator=estimator.fit(X[:-rows], y[:-rows]),
        X_train=X[:-rows],
        X_test=X[-rows:],
        y_train=y[:-rows],
        y_test=y[-rows:],
    )


def _regression(estimator: Any) -> Trained:
    X, y = make_regression(2000, 20, noise=1.0, random_state=0)
    return _fitted(estimator, X.round(4), y)


def _classification(estimator: Any) -> Trained:
    X, y = make_classification(2000, 20, n_informative=10, random_state=0)
    return _fitted(estimator, X.round(4), y)


ENSEMBLES = {
    "forest-regression": Ensemble(
        "random forest of depth 10, regression",
        lambda: _regression(RandomForestRegressor(1000, max_depth=10, random_state=0)),
    ),
    "forest-classification": Ensemble(
        "random forest of depth 10, classification",
        lambda: _classification(RandomForestClassifier(1000, max_depth=10, random_state=0)),
    ),
    "boosting": Ensemble(
        "gradient boosting of depth 3, regression",
        lambda: _regression(GradientBoostingRegressor(n_estimators=1000, random_state=0)),
    ),
    "cancer": Ensemble(
        "random forest on the breast cancer data",
        lambda: _fitted(
            RandomForestClassifier(1000, random_state=0), *load_breast_cancer(return_X_y=True)
        ),
    ),
    "penguins": Ensemble(
        "penguins: strings, missing values, a forest of 100 trees",
        lambda: load(BUILT_IN / "penguins.py"),
    ),
}
"""By name; of 1,000 trees each, but for the last."""
