"""Artifacts of models that nobody has, of every task, with awkward names, types and labels.

What every language answers for them, it answers for yours.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

from export import export

ROWS = 90
COLUMNS = 300

NUMBERS = ["a \"quoted\" 'name'", "with space", "dot.ted", "__proto__", "back\\slash", "größe (m²)"]
BOOLEANS = ["class", "emoji 😀", "%s {0} ${x}", "hasOwnProperty"]
STRINGS = ["A b", "a-b", "new\nline", "日本語", "</script><b>", "*/ {@code", "1", "tab\there", '"']
CATEGORIES = ["x", "y y", '"q"', "", "ü", "😀", "😁", "it's", "\\", "line\nbreak", "NaN", "null"]
LABELS = ["10", "2", 'a "b"', "ß", "", "😀", "null", "__proto__", "a, b", "-"]
WORDS = ["cat", "Dog", "Ünïcode", "café", "fish", "😀", "x1", "don't", "日本"]


def write(out: Path) -> list[Path]:
    """Fit and export them all, and return their folders."""
    return [
        export(estimator, X, y, name=name, out=out).path
        for name, estimator, X, y in _fitted(np.random.default_rng(0))
    ]


def _fitted(random: np.random.Generator) -> Iterator[tuple[str, BaseEstimator, object, object]]:
    table = _table(random)
    measured = random.normal(size=(ROWS, 6))
    holes = np.where(random.random(measured.shape) < 0.1, np.nan, measured)
    wide = random.normal(size=(ROWS, COLUMNS))
    sign, third = measured[:, 0] > 0, np.digitize(measured[:, 1], [-0.5, 0.5])
    for name, estimator, X, y in (
        ("odd.names", make_pipeline(_encoded(), _forest()), table, table[BOOLEANS[0]]),
        ("odd-strings", _boosting(), holes, np.array(LABELS)[np.arange(ROWS) % len(LABELS)]),
        ("odd_integers", LogisticRegression(), measured, 10**15 * third - 7),
        ("odd_floats", _forest(), measured, np.array([-1.0, 0.0, 3e10])[third]),
        ("odd_scores", LinearSVC(), measured, sign),
        ("odd_many_labels", MultiOutputClassifier(LogisticRegression()), measured, measured > 0),
        ("odd_many_targets", _forest(), measured, np.column_stack([sign, third])),
        ("odd_many_numbers", RandomForestRegressor(5, random_state=0), measured, measured[:, :3]),
        ("odd_outliers", IsolationForest(n_estimators=10, random_state=0), measured, None),
        ("odd_clusters", KMeans(5, n_init=1, random_state=0), measured, None),
        ("odd_filled", SimpleImputer(strategy="most_frequent"), _missing(table), None),
        ("odd_closed", make_pipeline(OrdinalEncoder(), _forest()), table[STRINGS[:2]], third),
        ("odd_wide", make_pipeline(StandardScaler(), Ridge()), wide, wide[:, 0] + wide[:, 1]),
        ("odd_scaled", StandardScaler(), wide, None),
        ("odd_texts", make_pipeline(TfidfVectorizer(), LinearSVC()), _texts(random), third),
    ):
        estimator.fit(X, y)
        yield name, estimator, X, y


def _table(random: np.random.Generator) -> pd.DataFrame:
    columns: dict[str, object] = {}
    columns |= {name: random.normal(size=ROWS) for name in NUMBERS[::2]}
    columns |= {name: random.integers(-5, 5, size=ROWS) for name in NUMBERS[1::2]}
    columns |= {name: random.random(ROWS) < 0.5 for name in BOOLEANS}
    columns |= {name: random.choice(np.array(CATEGORIES, object), ROWS) for name in STRINGS}
    return pd.DataFrame(columns)


def _missing(table: pd.DataFrame) -> pd.DataFrame:
    strings = table[STRINGS].astype(object)
    return strings.mask(strings == "x", np.nan)


def _texts(random: np.random.Generator) -> list[str]:
    return [" ".join(random.choice(WORDS, size=8)) for _ in range(ROWS)]


def _encoded() -> BaseEstimator:
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), STRINGS), remainder="passthrough"
    )


def _forest() -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=10, random_state=0)


def _boosting() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5, random_state=0)
