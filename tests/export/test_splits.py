"""Every tree inside an estimator is found, with what it sees."""

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.splits import Splits, splits_of


def tree() -> DecisionTreeClassifier:
    """Return a small tree."""
    return DecisionTreeClassifier(max_depth=2, random_state=0)


def found(estimator: Any) -> list[Splits]:
    """Fit an estimator on Iris and return the splits in it."""
    return splits_of(estimator.fit(*load_iris(return_X_y=True)))


@pytest.mark.parametrize(
    "around",
    [
        FrozenEstimator,
        lambda inner: GridSearchCV(inner, {"min_samples_leaf": [1]}, cv=2),
        lambda inner: CalibratedClassifierCV(inner, cv=2, ensemble=False),
        lambda inner: VotingClassifier([("tree", inner)]),
    ],
    ids=["frozen", "search", "calibrated", "voting"],
)
def test_a_tree_is_found_within_another_estimator(around: Any) -> None:
    """What an estimator delegates to is looked into."""
    inner = tree().fit(*load_iris(return_X_y=True))
    (splits,) = found(around(inner))
    assert {column: list(each) for column, each in splits.thresholds.items()} == {
        column: sorted(set(inner.tree_.threshold[inner.tree_.feature == column]))
        for column in sorted(set(inner.tree_.feature[inner.tree_.feature >= 0]))
    }


def test_steps_before_the_trees_belong_to_what_they_see() -> None:
    """Trees behind a scaler see its numbers, those beside it the table's."""
    X, y = load_iris(return_X_y=True)
    scaled = make_pipeline(StandardScaler(), tree())
    bare, behind = splits_of(VotingClassifier([("a", tree()), ("b", scaled)]).fit(X, y))
    assert np.array_equal(bare.seen(X), X)
    assert np.array_equal(behind.seen(X), StandardScaler().fit_transform(X))


@pytest.mark.parametrize("scaler", [None, StandardScaler()])
def test_a_subset_of_the_columns_keeps_their_places(scaler: Any) -> None:
    """Bagging gives each tree some columns; the thresholds are found where they belong."""
    inner = tree() if scaler is None else make_pipeline(scaler, tree())
    bagging = BaggingClassifier(inner, n_estimators=4, max_features=1, random_state=1)
    splits = found(bagging)
    X, _ = load_iris(return_X_y=True)
    columns = {int(each[0]) for each in bagging.estimators_features_}
    if scaler is None:
        assert set(splits[0].thresholds) == columns
    else:
        assert [each.seen(X).shape[1] for each in splits] == [1, 1, 1, 1]


def test_the_final_estimator_sees_what_the_others_predict() -> None:
    """A tree on top of a stack splits probabilities."""
    stack = StackingClassifier([("line", LogisticRegression(max_iter=1000))], tree(), cv=2)
    (splits,) = found(stack)
    X, _ = load_iris(return_X_y=True)
    assert np.array_equal(splits.seen(X), stack.transform(X))


@pytest.mark.parametrize(
    ("boosting", "number"),
    [
        (GradientBoostingClassifier(n_estimators=3), np.float32),
        (HistGradientBoostingClassifier(max_iter=3), np.float64),
    ],
    ids=["gradient", "histogram"],
)
def test_boosted_trees_are_found_with_their_precision(boosting: Any, number: Any) -> None:
    """The trees of all classes and iterations are put together."""
    (splits,) = found(boosting)
    assert splits.number is number
    assert len(splits.thresholds[2]) > 2


def test_an_estimator_without_trees_has_no_splits() -> None:
    """There is nothing to look for in a linear model."""
    assert found(LogisticRegression(max_iter=1000)) == []
