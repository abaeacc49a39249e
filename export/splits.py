"""The trees inside an estimator: what they see of a table, and where they split it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from export.converters import catb_model, lgbm_model, xgb_model
from export.converters.nodes import Nodes
from export.converters.registry import name_of

Sight = Callable[[Any], Any]
"""From a table of rows to the array, sparse matrix or table that a step is given."""
Number = type[np.float32] | type[np.float64]

_BOOSTERS: dict[str, tuple[Number, Callable[[Any], list[Nodes]]]] = {
    **dict.fromkeys(catb_model.ESTIMATORS, (np.float32, catb_model.trees_of)),
    **dict.fromkeys(lgbm_model.ESTIMATORS, (np.float64, lgbm_model.trees_of)),
    **dict.fromkeys(xgb_model.ESTIMATORS, (np.float32, xgb_model.trees_of)),
}
"""For boosters, by the name of the class: the precision of their trees, and how to read these."""


@dataclass
class Splits:
    """Trees that see the same columns, and all their thresholds by column."""

    sight: Sight
    number: Number
    """The precision in which the trees compare."""
    thresholds: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def seen(self, table: Any) -> NDArray[np.float64]:
        """Return what the trees see of a table, [N, columns], before they round it."""
        seen = self.sight(table)
        if hasattr(seen, "toarray"):
            seen = seen.toarray()
        return np.asarray(seen, dtype=np.float64)

    def add(self, features: NDArray[Any], thresholds: NDArray[np.float64]) -> None:
        """Add the inner nodes of one more tree."""
        for column in np.unique(features):
            known = self.thresholds.get(int(column), np.empty(0))
            new = np.concatenate([known, thresholds[features == column]])
            self.thresholds[int(column)] = np.unique(new)


def splits_of(estimator: Any) -> list[Splits]:
    """Return the splits of all trees inside an estimator, one `Splits` for each thing they see."""
    found: dict[int, Splits] = {}
    for sight, number, features, thresholds in _trees(estimator, _whole):
        splits = found.setdefault(id(sight), Splits(sight, number))
        splits.add(np.asarray(features, dtype=np.int64), thresholds)
    return list(found.values())


def _trees(estimator: Any, sight: Sight) -> Iterator[tuple[Sight, Any, Any, Any]]:
    """Yield, for each tree, what it sees, its precision, and its nodes' columns and thresholds."""
    if isinstance(estimator, Pipeline):
        before = estimator[:-1]
        yield from _trees(estimator[-1], _after(before.transform, sight) if len(before) else sight)
    elif hasattr(estimator, "tree_"):
        inner = estimator.tree_.children_left != -1
        yield sight, np.float32, estimator.tree_.feature[inner], estimator.tree_.threshold[inner]
    elif hasattr(estimator, "_predictors"):
        if estimator._preprocessor is not None:
            sight = _after(estimator._preprocessor.transform, sight)
        for nodes in (tree.nodes for tree in np.ravel(estimator._predictors)):
            inner = (nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0)
            yield sight, np.float64, nodes["feature_idx"][inner], nodes["num_threshold"][inner]
    elif name_of(type(estimator)) in _BOOSTERS:
        number, trees_of = _BOOSTERS[name_of(type(estimator))]
        sight = _after(_numbers, sight)
        for nodes in trees_of(estimator):
            inner = np.array([chosen is None for chosen in nodes.members], bool)
            yield sight, number, nodes.feature[inner], nodes.threshold[inner]
    else:
        yield from _trees_inside(estimator, sight)


def _trees_inside(estimator: Any, sight: Sight) -> Iterator[tuple[Sight, Any, Any, Any]]:
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
) -> Iterator[tuple[Sight, Any, Any, Any]]:
    """Yield the trees of an estimator that is given some of the columns."""
    if not hasattr(part, "tree_"):
        yield from _trees(part, _after(lambda seen: np.asarray(seen)[:, picks], sight))
        return
    for seen, number, features, thresholds in _trees(part, sight):
        yield seen, number, np.asarray(picks)[features], thresholds


def _after(step: Sight, sight: Sight) -> Sight:
    return lambda table: step(sight(table))


def _numbers(table: Any) -> Any:
    """Return a table with NaN in the place of every string."""
    if not isinstance(table, pd.DataFrame):
        return table
    return table.apply(lambda column: pd.to_numeric(column.astype(object), errors="coerce"))


def _whole(table: Any) -> Any:
    return table
