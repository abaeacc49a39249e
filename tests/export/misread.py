"""Estimators, what they learn from, and rows on which skl2onnx alone goes wrong."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_iris, load_wine, make_classification
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    StandardScaler,
)

IGNORE = OneHotEncoder(handle_unknown="ignore")
LOGISTIC = LogisticRegression(max_iter=5000)
WORDS = ["red", "blue", "Köln", "Straße", "café", "naïve", "Москва", "dog", "fox", "quick"]


@dataclass(frozen=True)
class Case:
    """An estimator, what it learns from, and rows that show what skl2onnx alone does."""

    estimator: Any
    X: Any
    y: Any
    rows: Any = None
    """The rows to compare; those to learn from where there are none."""


def _far(X: Any, count: int = 2000) -> Any:
    """Return the rows, and random ones over three times their range."""
    low, high = X.min(axis=0), X.max(axis=0)
    around = np.random.default_rng(1).uniform(2 * low - high, 2 * high - low, (count, X.shape[1]))
    return np.vstack([X, around])


def _holes(X: Any, share: float) -> Any:
    return np.where(np.random.default_rng(0).random(X.shape) < share, np.nan, X)


def missing(model: Any) -> Case:
    """Wine with missing values."""
    X, y = load_wine(return_X_y=True)
    return Case(model, _holes(X, 0.3), y)


def categories() -> Case:
    """A category that matters as a set, no matter how it is numbered."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 20, 600), rng.normal(size=600)]).astype(float)
    y = np.isin(X[:, 0], [1, 4, 5, 9, 12, 17]) ^ (X[:, 1] > 1)
    return Case(HistGradientBoostingClassifier(categorical_features=[0], max_iter=10), X, y)


def commonest() -> Case:
    """Numbers imputed and scaled, a town one-hot encoded, a forest."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({f"n{i}": rng.integers(0, 12, 2000).astype(float) for i in range(4)})
    y = (X.sum(axis=1) + rng.normal(0, 4, len(X)) > 22).astype(int)
    X = X.mask(rng.random(X.shape) < 0.05)
    X["town"] = rng.choice(["Bonn", "Köln", "Ulm"], len(X))
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer((numbers, list(X.columns[:4])), (IGNORE, ["town"]))
    return Case(make_pipeline(columns, RandomForestClassifier(50, random_state=0)), X, y)


def small_integers() -> Case:
    """Whole numbers lie on the thresholds between them, as soon as a scaler has rounded them."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 8, (4000, 6)).astype(float)
    y = (X.sum(axis=1) + rng.normal(0, 3, len(X)) > 21).astype(int)
    return Case(make_pipeline(StandardScaler(), RandomForestClassifier(50, random_state=0)), X, y)


def ties() -> Case:
    """Ten trees of twenty vote for each class, and all features are single precision."""
    X, y = make_classification(1000, 6, n_informative=4, flip_y=0.3, random_state=0)
    X = X.astype(np.float32).astype(float)
    rng = np.random.default_rng(0)
    rows = rng.uniform(X.min(axis=0), X.max(axis=0), (4000, 6)).astype(np.float32).astype(float)
    return Case(RandomForestClassifier(20, random_state=0), X, y, rows)


def far(model: Any) -> Case:
    """Iris, and rows far from it."""
    X, y = load_iris(return_X_y=True)
    return Case(model, X, y, _far(X))


def unknown_float() -> Case:
    """2.5 is none of the categories 0 to 4; cast to a whole number, it would be."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 5, 300), rng.normal(size=300)]).astype(float)
    rows = X.copy()
    rows[:, 0] = rng.choice([0, 1, 2, 2.5, 3, 4], len(rows))
    columns = make_column_transformer((IGNORE, [0]), remainder="passthrough")
    return Case(make_pipeline(columns, LOGISTIC), X, (X[:, 0] > 2) ^ (X[:, 1] > 0), rows)


def cancer(model: Any) -> Case:
    """Four scaled features of two classes."""
    X, y = load_breast_cancer(return_X_y=True)
    return Case(model, StandardScaler().fit_transform(X)[:, :4], y)


def wine(*steps: Any) -> Case:
    """Wine as it comes."""
    return Case(steps[0] if len(steps) == 1 else make_pipeline(*steps), *load_wine(return_X_y=True))


def booleans() -> Case:
    """Two columns of booleans."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"member": rng.random(300) < 0.5, "paid": rng.random(300) < 0.2})
    return Case(make_pipeline(IGNORE, LOGISTIC), X, X["member"] ^ (rng.random(300) < 0.1))


def letters(encoder: Any, classes: int) -> Case:
    """One column of six letters, some of them seldom."""
    rng = np.random.default_rng(0)
    X = rng.choice(list("abcdef"), (300, 1), p=[0.5, 0.3, 0.1, 0.05, 0.03, 0.02]).astype(object)
    return Case(make_pipeline(encoder, LOGISTIC), X, rng.integers(0, classes, 300))


def indicated() -> Case:
    """Whether a value was missing is a feature, too."""
    X, y = load_wine(return_X_y=True)
    return Case(make_pipeline(SimpleImputer(add_indicator=True), LOGISTIC), _holes(X, 0.1), y)


def texts(vectorizer: Any, words: Any = WORDS) -> Case:
    """Texts of a few words."""
    rng = np.random.default_rng(0)
    X = np.array([" ".join(rng.choice(words, rng.integers(1, 9))) for _ in range(150)], object)
    y = [("dog" in each) ^ ("quick red" in each) for each in X]
    return Case(make_pipeline(vectorizer, LOGISTIC), X, y)


def towns(marker: Any, *steps: Any) -> Case:
    """Towns, of which one is really called "nan" and one "None", and some are missing."""
    rng = np.random.default_rng(0)
    known = np.array(["Bonn", "Ulm", "nan", "None", marker], dtype=object)
    X = pd.DataFrame({"town": pd.Series(rng.choice(known, 300), dtype=object)})
    y = X["town"].isna() ^ (rng.random(300) < 0.1)
    return Case(make_pipeline(*steps, IGNORE, LOGISTIC), X, y)
