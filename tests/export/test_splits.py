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
    HistGradientBoostingRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.splits import NOBODY, Splits, splits_of


def tree() -> DecisionTreeClassifier:
    """Return a small tree."""
    return DecisionTreeClassifier(max_depth=2, random_state=0)


def found(estimator: Any) -> list[Splits]:
    """Fit an estimator on Iris and return the splits in it."""
    return splits_of(estimator.fit(*load_iris(return_X_y=True)))


def thresholds(splits: Splits) -> dict[int, list[float]]:
    """Return the thresholds of all trees, in order, by the column that they split."""
    feature = np.concatenate([tree.feature[tree.compares] for tree in splits.trees])
    threshold = np.concatenate([tree.threshold[tree.compares] for tree in splits.trees])
    return {
        int(column): np.unique(threshold[feature == column]).tolist()
        for column in np.unique(feature)
    }


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
    assert thresholds(splits) == {
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
        assert set(thresholds(splits[0])) == columns
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
    assert len(splits.trees) == 9
    assert splits.number is number
    assert len(thresholds(splits)[2]) > 2


def test_an_estimator_without_trees_has_no_splits() -> None:
    """There is nothing to look for in a linear model."""
    assert found(LogisticRegression(max_iter=1000)) == []


def test_a_row_that_comes_through_each_node_is_found() -> None:
    """Every node of a fitted tree is reached by one of the rows that it was fitted on."""
    X, y = load_iris(return_X_y=True)
    inner = DecisionTreeClassifier(random_state=0).fit(X, y)
    (splits,) = splits_of(inner)
    rows = splits.trees[0].reaching_row(X.astype(np.float32))
    paths = inner.decision_path(X).toarray()
    assert all(paths[row, node] for node, row in enumerate(rows))


def test_a_node_that_no_row_reaches_is_told_apart() -> None:
    """Of the rows of one class, none comes through the nodes of the others."""
    X, y = load_iris(return_X_y=True)
    (splits,) = splits_of(DecisionTreeClassifier(random_state=0).fit(X, y))
    rows = splits.trees[0].reaching_row(X[:1].astype(np.float32))
    assert rows[0] == 0
    assert (rows == NOBODY).sum() == len(rows) - 2


def test_a_histogram_tree_sends_rows_where_scikit_learn_does() -> None:
    """Numbers, missing values and known, unknown and missing categories reach the right leaf."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=400), rng.integers(0, 9, 400)]).astype(float)
    y = X[:, 0] + np.isin(X[:, 1], [1, 4, 7])
    X[rng.random(X.shape) < 0.1] = np.nan
    boosting = HistGradientBoostingRegressor(max_iter=5, categorical_features=[1]).fit(X, y)
    (splits,) = splits_of(boosting)
    asked = np.vstack([X, [[0.5, 8.0], [np.nan, np.nan], [-0.5, 200.0], [0.0, -1.0]]])
    before = np.full(len(asked), y.mean())
    for tree, after in zip(splits.trees, boosting.staged_predict(asked), strict=True):
        value = tree.source.nodes["value"][tree.reached_leaf(splits.seen(asked))]
        assert np.allclose(before + value, after, rtol=0, atol=1e-12)
        before = after
