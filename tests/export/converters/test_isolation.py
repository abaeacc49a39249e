"""Isolation forests flag the rows that scikit-learn flags."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest

from export.convert import FOUR_ULP
from export.errors import ConversionError
from tests.export.conftest import Prove


@pytest.mark.parametrize(
    "settings",
    [{}, {"max_features": 0.5}, {"contamination": 0.1, "max_samples": 50}, {"bootstrap": True}],
    ids=str,
)
def test_labels_are_exact_and_scores_agree_to_4_ulp(settings: dict[str, Any], prove: Prove) -> None:
    """A row is flagged by its depth, which is exact; only the score is a power of 2."""
    X, _ = load_wine(return_X_y=True)
    model = IsolationForest(n_estimators=20, random_state=0, **settings)
    manifest = prove(model, X).manifest
    parity = manifest.parity
    assert parity.tolerance == FOUR_ULP
    (magnitude,) = (each.magnitude for each in manifest.outputs if each.name == "scores")
    assert -model.score_samples(X).max() < magnitude <= -model.score_samples(X).min()
    assert {group.group for group in parity.groups} >= {"boundaries", "thresholds"}


def test_missing_values_go_where_training_sent_them(prove: Prove) -> None:
    """Random trees split on missing values too."""
    X, _ = load_wine(return_X_y=True)
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    prove(IsolationForest(n_estimators=20, random_state=0), X)


def test_a_forest_that_flags_nothing_agrees(prove: Prove) -> None:
    """With an offset below every score, each row is an inlier."""
    X, _ = load_wine(return_X_y=True)
    model = IsolationForest(n_estimators=5, contamination=1e-9, random_state=0)
    prove(model, np.repeat(X[:1], 100, axis=0))


def test_a_forest_of_one_row_is_refused(prove: Prove) -> None:
    """There is no depth to compare with."""
    X, _ = load_wine(return_X_y=True)
    with pytest.raises(ConversionError) as error:
        prove(IsolationForest(n_estimators=2, max_samples=1), X)
    assert str(error.value) == (
        "IsolationForest cannot be converted: it was trained on one row, and sets nothing apart."
    )
