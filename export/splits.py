"""The trees inside an estimator: what they see of a table, and where they split it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from export.converters import catb_model, lgbm_model, xgb_model
from export.converters.nodes import Nodes
from export.converters.registry import name_of
from export.steps import applied, before_last

Sight = Callable[[Any], Any]
"""From a table of rows to the array, sparse matrix or table that a step is given."""
Number = type[np.float32] | type[np.float64]

_BOOSTERS: dict[str, tuple[Number, Callable[[Any], list[Nodes]]]] = {
    **dict.fromkeys(catb_model.ESTIMATORS, (np.float32, catb_model.trees_of)),
    **dict.fromkeys(lgbm_model.ESTIMATORS, (np.float64, lgbm_model.trees_of)),
    **dict.fromkeys(xgb_model.ESTIMATORS, (np.float32, xgb_model.trees_of)),
}
"""For boosters, by the name of the class: the precision of their trees, and how to read these."""
NOBODY = -1
"""In place of a row: no row reaches this node."""


@dataclass(frozen=True)
class Tree:
    """One tree, as arrays over all its nodes, the root first and leaves among them."""

    source: Any
    """The library's own tree."""
    feature: NDArray[np.int64]
    """Columns of what is seen."""
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    leaf: NDArray[np.bool_]
    sets: dict[int, NDArray[np.uint32]] = field(default_factory=dict)
    """For nodes that send a set of categories left, that set: 256 bits."""
    picks: NDArray[np.int64] | None = None
    """The columns that the tree was given, where these are not all."""

    @property
    def compares(self) -> NDArray[np.bool_]:
        """Which nodes compare a number with a threshold."""
        compares = ~self.leaf & np.isfinite(self.threshold)
        compares[list(self.sets)] = False
        return compares

    def reached_leaf(self, seen: NDArray[Any]) -> NDArray[np.int64]:
        """Return the node that each row ends in, from rows in the precision of the tree."""
        if hasattr(self.source, "apply"):
            given = seen if self.picks is None else seen[:, self.picks]
            leaves: NDArray[np.int64] = self.source.apply(np.ascontiguousarray(given))
            return leaves
        node = np.zeros(len(seen), np.int64)
        while (moving := np.flatnonzero(~self.leaf[node])).size:
            at = node[moving]
            value = seen[moving, self.feature[at]]
            goes_left = np.where(
                np.isnan(value), self.missing_left[at], value <= self.threshold[at]
            )
            for number, members in self.sets.items():
                here = at == number
                goes_left[here] = _among(value[here], members, self.missing_left[number])
            node[moving] = np.where(goes_left, self.left[at], self.right[at])
        return node

    def reaching_row(self, seen: NDArray[Any]) -> NDArray[np.int64]:
        """Return for each node a row that comes through it, or NOBODY."""
        reached = self.reached_leaf(seen)
        row = np.full(len(self.feature), NOBODY)
        row[reached] = np.arange(len(seen))
        inner = np.flatnonzero(~self.leaf)
        while True:
            above = np.maximum(row[self.left[inner]], row[self.right[inner]])
            if np.array_equal(above, row[inner]):
                return row
            row[inner] = above


def _among(
    codes: NDArray[Any], members: NDArray[np.uint32], missing_left: np.bool_
) -> NDArray[np.bool_]:
    """Tell which categories are among those that go left."""
    bits = np.unpackbits(members.view(np.uint8), bitorder="little").astype(bool)
    known = (codes >= 0) & (codes < len(bits))
    return np.where(known, bits[np.where(known, codes, 0).astype(np.int64)], missing_left)


@dataclass
class Splits:
    """Trees that see the same columns of a table."""

    sight: Sight
    number: Number
    """The precision in which the trees compare."""
    trees: list[Tree] = field(default_factory=list)

    def seen(self, table: Any) -> NDArray[np.float64]:
        """Return what the trees see of a table, [N, columns], before they round it."""
        seen = self.sight(table)
        if hasattr(seen, "toarray"):
            seen = seen.toarray()
        if isinstance(seen, pd.DataFrame):
            return seen.to_numpy(np.float64, na_value=np.nan)
        return np.asarray(seen, dtype=np.float64)


def splits_of(estimator: Any) -> list[Splits]:
    """Return the splits of all trees inside an estimator, one `Splits` for each thing they see."""
    found: dict[int, Splits] = {}
    for sight, number, tree in _trees(estimator, _whole):
        found.setdefault(id(sight), Splits(sight, number)).trees.append(tree)
    return list(found.values())


def _trees(estimator: Any, sight: Sight) -> Iterator[tuple[Sight, Any, Tree]]:
    """Yield each tree, with what it sees and in which precision."""
    if isinstance(estimator, Pipeline):
        before = before_last(estimator)
        seen = _after(partial(applied, before), sight) if before else sight
        yield from _trees(estimator[-1], seen)
    elif hasattr(estimator, "tree_"):
        yield sight, np.float32, _tree(estimator.tree_)
    elif hasattr(estimator, "_predictors"):
        if estimator._preprocessor is not None:
            sight = _after(estimator._preprocessor.transform, sight)
        for predictor in np.ravel(estimator._predictors):
            yield sight, np.float64, _predictor(predictor)
    elif name_of(type(estimator)) in _BOOSTERS:
        number, trees_of = _BOOSTERS[name_of(type(estimator))]
        sight = _after(_numbers, sight)
        for nodes in trees_of(estimator):
            yield sight, number, _booster_tree(nodes)
    else:
        yield from _trees_inside(estimator, sight)


def _tree(tree: Any) -> Tree:
    """Return the nodes of a `sklearn.tree._tree.Tree`."""
    return Tree(
        source=tree,
        feature=np.maximum(tree.feature, 0).astype(np.int64),
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left.astype(bool),
        left=tree.children_left,
        right=tree.children_right,
        leaf=tree.children_left == -1,
    )


def _predictor(predictor: Any) -> Tree:
    """Return the nodes of a tree of histogram gradient boosting."""
    nodes = predictor.nodes
    inner = nodes["is_leaf"] == 0
    categories = np.flatnonzero((nodes["is_categorical"] == 1) & inner)
    bitsets = predictor.raw_left_cat_bitsets
    return Tree(
        source=predictor,
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"] == 1,
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        leaf=~inner,
        sets={int(i): bitsets[nodes["bitset_idx"][i]] for i in categories},
    )


def _booster_tree(nodes: Nodes) -> Tree:
    """Return the tree of a booster: its inner nodes, then its leaves.

    Which categories a node sends left cannot be told of what is seen: all numbers go left.
    """
    inner, leaves = len(nodes.feature), nodes.leaves
    numbers = np.array([chosen is None for chosen in nodes.members], bool)

    def every(values: NDArray[Any], of_leaves: Any) -> NDArray[Any]:
        return np.concatenate([values, np.full(leaves, of_leaves, values.dtype)])

    return Tree(
        source=nodes,
        feature=every(nodes.feature, 0),
        threshold=every(np.where(numbers, nodes.threshold, np.inf), np.inf),
        missing_left=every(nodes.missing_left, False),
        left=every(nodes.left + inner * nodes.left_is_leaf, -1),
        right=every(nodes.right + inner * nodes.right_is_leaf, -1),
        leaf=every(np.zeros(inner, bool), True),
    )


def _trees_inside(estimator: Any, sight: Sight) -> Iterator[tuple[Sight, Any, Tree]]:
    """Yield the trees of an estimator's own estimators."""
    several = hasattr(estimator, "estimators_")
    for name in ("best_estimator_", "estimator_", "regressor_"):
        if hasattr(estimator, name) and not several:
            yield from _trees(getattr(estimator, name), sight)
    if isinstance(estimator, FrozenEstimator):
        yield from _trees(estimator.estimator, sight)
    for fold in getattr(estimator, "calibrated_classifiers_", []):
        yield from _trees(fold.estimator, sight)
    parts = getattr(estimator, "estimators_", [])
    parts = parts.ravel() if isinstance(parts, np.ndarray) else parts
    columns = getattr(estimator, "estimators_features_", None) or [None] * len(parts)
    for part, picks in zip(parts, columns, strict=False):
        yield from _trees(part, sight) if picks is None else _trees_of_some(part, sight, picks)
    if hasattr(estimator, "final_estimator_"):
        yield from _trees(estimator.final_estimator_, _after(estimator.transform, sight))


def _trees_of_some(
    part: Any, sight: Sight, picks: NDArray[np.int64]
) -> Iterator[tuple[Sight, Any, Tree]]:
    """Yield the trees of an estimator that is given some of the columns."""
    if not hasattr(part, "tree_"):
        yield from _trees(part, _after(lambda seen: np.asarray(seen)[:, picks], sight))
        return
    given = np.asarray(picks, dtype=np.int64)
    for seen, number, tree in _trees(part, sight):
        yield seen, number, replace(tree, feature=given[tree.feature], picks=given)


def _after(step: Sight, sight: Sight) -> Sight:
    return lambda table: step(sight(table))


def _numbers(table: Any) -> Any:
    """Return a table with NaN in the place of every string."""
    if not isinstance(table, pd.DataFrame):
        return table
    return table.apply(lambda column: pd.to_numeric(column.astype(object), errors="coerce"))


def _whole(table: Any) -> Any:
    return table
