"""Votes: the majority's class, or the mean of probabilities or values."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from export.convert import RELATIVE
from export.errors import ConversionError
from tests.export.conftest import Prove

CLASSIFIERS = [
    ("forest", RandomForestClassifier(5, random_state=0)),
    ("scaled", make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3))),
    ("leaves", RandomForestClassifier(4, min_samples_leaf=3, random_state=1)),
]
REGRESSORS = [
    ("tree", DecisionTreeRegressor(max_depth=4)),
    ("trees", ExtraTreesRegressor(4, random_state=0)),
    ("boosting", GradientBoostingRegressor(n_estimators=4)),
]


@pytest.mark.parametrize("weights", [None, [1, 2, 0.7]])
@pytest.mark.parametrize("voting", ["hard", "soft"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_vote_of_trees_is_exact(
    classes: int, voting: str, weights: list[float] | None, prove: Prove
) -> None:
    """Ties included: the first of equal classes wins."""
    X, y = load_wine(return_X_y=True)
    names = np.array(["a", "b", "c"])[np.minimum(y, classes - 1)]
    model = VotingClassifier(CLASSIFIERS, voting=voting, weights=weights)
    assert prove(model, X, names).manifest.parity.tolerance == 0


def test_an_estimator_that_was_dropped_has_no_weight(prove: Prove) -> None:
    """Weights belong to the estimators that are left."""
    X, y = load_wine(return_X_y=True)
    model = VotingClassifier(CLASSIFIERS, voting="soft", weights=[1, 2, 3])
    prove(model.set_params(scaled="drop"), X, y)


def test_a_vote_with_a_linear_model_agrees_to_rounding(prove: Prove) -> None:
    """A vote is as exact as the least exact of its estimators."""
    X, y = load_wine(return_X_y=True)
    line = make_pipeline(StandardScaler(), LogisticRegression())
    model = VotingClassifier([*CLASSIFIERS, ("line", line)], voting="soft")
    assert prove(model, X, y).manifest.parity.tolerance == RELATIVE


@pytest.mark.parametrize("weights", [None, [1, 2, 0.7]])
def test_a_mean_of_regressors_is_exact(weights: list[float] | None, prove: Prove) -> None:
    """Values are weighted, added and divided in numpy's order."""
    X, y = load_diabetes(return_X_y=True)
    model = VotingRegressor(REGRESSORS, weights=weights)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_an_estimator_of_other_classes_is_refused(prove: Prove) -> None:
    """A vote counts classes numbered from 0; an estimator changed since counts others."""

    class Changed(VotingClassifier):  # type: ignore[misc]
        """Fits, then claims other classes for its first estimator."""

        def fit(self, X: Any, y: Any) -> "Changed":
            """Fit as a vote does."""
            super().fit(X, y)
            self.estimators_[0].classes_ = np.array([1, 2, 7])
            self.__class__ = VotingClassifier
            return self

    X, y = load_wine(return_X_y=True)
    with pytest.raises(ConversionError) as error:
        prove(Changed(CLASSIFIERS), X, y)
    assert str(error.value).endswith("it was not trained on the votes' classes, numbered from 0.")
