"""The rows at the thresholds of trees: on both sides of every node, and through it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from export.crossings import Crossings, crossings_of
from export.group import Ground
from export.recipe import Trained
from export.reference import Reference
from export.signature import infer
from export.table import Columns, as_table
from export.thresholds import threshold_group
from tests.export.ensembles import ENSEMBLES, rows_and_classes


def ground_of(estimator: Any, X: Any, y: Any, *, exact: bool = True) -> Ground:
    """Return the ground of a fitted estimator."""
    trained = Trained(estimator=estimator, X_train=X, X_test=X, y_train=y, y_test=y)
    reference = Reference.of(estimator, X)
    table = as_table(X, "X")
    return Ground.of(reference, infer(trained), table, table, exact=exact)


def at_thresholds(ground: Ground) -> tuple[Crossings, Columns]:
    """Return the nodes of an estimator whose trees see one thing, and all rows beside them."""
    (crossings,) = crossings_of(ground)
    group, tried = threshold_group(ground, [crossings])
    assert tried == len(crossings.nodes)
    assert group.rows == tried * crossings.rows_each
    return crossings, group.part(slice(None))


def sides(ground: Ground, crossings: Crossings, columns: Columns) -> NDArray[np.bool_]:
    """Return whether the rows beside each node go left there: [nodes, rows of each]."""
    seen: NDArray[Any] = crossings.splits.seen(ground.table(columns))
    seen = seen.astype(crossings.splits.number)
    number = np.repeat(np.arange(len(crossings.nodes)), crossings.rows_each)
    value = seen[np.arange(len(seen)), crossings.nodes.column[number]]
    left: NDArray[np.bool_] = value <= crossings.nodes.threshold[number]
    return left.reshape(-1, crossings.rows_each)


def come_through(ground: Ground, crossings: Crossings, columns: Columns) -> NDArray[np.bool_]:
    """Return whether the rows beside each node come through it, where no node is left out."""
    seen = crossings.splits.seen(ground.table(columns)).astype(np.float32)
    through = []
    for number, tree in enumerate(crossings.splits.trees):
        mine = np.repeat(crossings.nodes.tree == number, crossings.rows_each)
        paths = tree.source.decision_path(np.ascontiguousarray(seen[mine])).toarray()
        node = np.repeat(np.flatnonzero(tree.compares), crossings.rows_each)
        through.append(paths[np.arange(len(node)), node].astype(bool))
    return np.concatenate(through).reshape(-1, crossings.rows_each)


@pytest.mark.parametrize("name", ["tree", "forest", "scaled", "gradient"])
def test_rows_stand_on_both_sides_of_every_node(name: str) -> None:
    """The first two of each six come through the node, to its left and to its right."""
    X, y = rows_and_classes()
    ground = ground_of(ENSEMBLES[name].fit(X, y), X, y)
    crossings, columns = at_thresholds(ground)
    trees = crossings.splits.trees
    assert len(crossings.nodes) == crossings.of == sum(int(t.compares.sum()) for t in trees)
    left = sides(ground, crossings, columns)
    assert come_through(ground, crossings, columns)[:, :2].all()
    assert (left[:, 0] != left[:, 1]).all()
    assert (left == left[:, [0, 1, 0, 1, 0, 1]]).all()


def test_the_two_rows_are_neighbours_in_double_precision_and_the_others_next_to_them() -> None:
    """Below and above, the next in double beyond each, the next in single beyond each."""
    X, y = rows_and_classes()
    crossings, columns = at_thresholds(ground_of(ENSEMBLES["scaled"].fit(X, y), X, y))
    number = np.repeat(crossings.feature, 6)
    values = np.column_stack(columns)[np.arange(len(number)), number].reshape(-1, 6).T
    below, above, under, over, lower, higher = values
    assert np.array_equal(np.nextafter(below, np.inf), above)
    assert np.array_equal(np.nextafter(below, -np.inf), under)
    assert np.array_equal(np.nextafter(above, np.inf), over)
    single = np.nextafter(below.astype(np.float32), np.float32(-np.inf))
    assert np.array_equal(single.astype(np.float64), lower)
    single = np.nextafter(above.astype(np.float32), np.float32(np.inf))
    assert np.array_equal(single.astype(np.float64), higher)


def test_whole_numbers_stay_whole() -> None:
    """Of a column of int64 the numbers around a threshold are asked, and the next ones."""
    X, y = rows_and_classes()
    frame = pd.DataFrame({"size": (X[:, 0] * 10).astype(np.int64)})
    ground = ground_of(DecisionTreeClassifier(random_state=0).fit(frame, y), frame, y)
    crossings, (values,) = at_thresholds(ground)
    thresholds = np.repeat(crossings.nodes.threshold, 6)
    assert (values == np.rint(values)).all()
    assert set((values - np.floor(thresholds)).tolist()) == {-1.0, 0.0, 1.0, 2.0}


def test_without_exactness_rows_keep_away_from_decisions() -> None:
    """Rounding in a step before the trees must not change sides."""
    X, y = rows_and_classes()
    model = make_pipeline(PCA(4), DecisionTreeClassifier(max_depth=3, random_state=0)).fit(X, y)
    ground = ground_of(model, X, y, exact=False)
    crossings, columns = at_thresholds(ground)
    seen = crossings.splits.seen(ground.table(columns))
    number = np.repeat(np.arange(len(crossings.nodes)), 2)
    value = seen[np.arange(len(seen)), crossings.nodes.column[number]]
    distance = np.abs(value - crossings.nodes.threshold[number])
    assert len(crossings.nodes) == crossings.of == 7
    assert distance.max() < 1e-6
    pairs = [values.reshape(-1, 2).T for values in columns]
    for share, kept in ((0.32, 0), (0.68, 1)):
        between = [first + share * (second - first) for first, second in pairs]
        found = crossings.splits.seen(ground.table(between))[
            np.arange(len(crossings.nodes)), crossings.nodes.column
        ]
        assert np.array_equal(
            found <= crossings.nodes.threshold,
            value.reshape(-1, 2)[:, kept] <= crossings.nodes.threshold,
        )


def test_thresholds_behind_imputers_encoders_and_products_are_found() -> None:
    """A column of several features' product is searched by one after the other."""
    X, y = rows_and_classes(missing=True)
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": np.where(X[:, 2] > 0, "up", "down")})
    numbers = make_pipeline(SimpleImputer(), StandardScaler(), PolynomialFeatures(2))
    columns = ColumnTransformer([("n", numbers, ["a", "b"]), ("c", OneHotEncoder(), ["c"])])
    forest = RandomForestClassifier(5, max_depth=6, random_state=0)
    ground = ground_of(make_pipeline(columns, forest).fit(frame, y), frame, y)
    crossings, rows = at_thresholds(ground)
    categories = sum(
        int(np.isin(tree.feature[tree.compares], [6, 7]).sum()) for tree in crossings.splits.trees
    )
    total = sum(int(tree.compares.sum()) for tree in crossings.splits.trees)
    assert crossings.of == total - categories
    assert len(crossings.nodes) > 0.95 * crossings.of
    left = sides(ground, crossings, rows)
    assert (left[:, 0] != left[:, 1]).all()


def test_an_estimator_without_trees_has_no_crossings() -> None:
    """There is nothing to cross, and no rows."""
    X, y = rows_and_classes()
    ground = ground_of(LogisticRegression(max_iter=1000).fit(X, y), X, y)
    assert crossings_of(ground) == []
    group, tried = threshold_group(ground, [])
    assert (group.rows, tried) == (0, 0)


@pytest.mark.parametrize(("slope", "tried"), [(1.0, True), (1e-9, False)])
def test_a_row_that_rounding_may_put_on_the_other_side_is_left_out(
    slope: float, tried: bool
) -> None:
    """Where steps round, and a feature hardly moves what the trees see."""
    X = np.random.default_rng(0).random((300, 1))
    y = X[:, 0] > 0.5
    step = FunctionTransformer(lambda X: 1.0 + slope * X)
    model = make_pipeline(step, HistGradientBoostingClassifier(max_iter=3)).fit(X, y)
    ground = ground_of(model, X, y, exact=False)
    _, nodes = threshold_group(ground, crossings_of(ground))
    assert (nodes > 0) == tried
