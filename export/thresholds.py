"""Rows at the thresholds of trees: the two neighbouring numbers between which a node decides.

The thresholds are those of the last step; the numbers are the user's, before the scalers and
encoders of the steps before it. So each is found by bisection through those steps, in double,
and the rows are the last number on the left, the first on the right, and the neighbours of
these two in double and in single precision.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from export.reference import Reference
from export.signature import Signature
from export.table import Columns

MOST_PER_COLUMN = 1_000
MOST_STEPS = 80


def threshold_rows(
    reference: Reference, signature: Signature, columns: Columns, rng: np.random.Generator
) -> Columns:
    """Return rows on both sides of the trees' thresholds, one feature at a time.

    Each row is a held-out one in which one float feature was put beside a threshold. No rows
    for estimators that do not end in trees.
    """
    before, last = _split(reference.estimator)
    thresholds = _thresholds(last)
    parts: list[Columns] = []
    for index, feature in enumerate(signature.features):
        if feature.dtype == "float64" and feature.minimum is not None and thresholds:
            search = _Search(before, signature, columns, index, rng)
            parts.extend(search.rows(thresholds))
    if not parts:
        return [column[:0] for column in columns]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


class _Search:
    """The search for the values of one feature at which the trees decide."""

    def __init__(
        self,
        before: Any,
        signature: Signature,
        columns: Columns,
        index: int,
        rng: np.random.Generator,
    ) -> None:
        feature = signature.features[index]
        low, high = feature.minimum or 0.0, feature.maximum or 0.0
        reach = max(high - low, 1e-3)
        self._before = before
        self._layout = signature.layout
        self._columns = columns
        self._index = index
        self._bounds = low - reach, high + reach
        self._rng = rng

    def rows(self, thresholds: dict[int, NDArray[np.float64]]) -> Iterator[Columns]:
        """Yield the rows for every threshold that this feature can reach."""
        low, high = self._bounds
        ends = self._seen_by_trees(self._with(np.zeros(2, int), np.array([low, high])))
        for column, values in thresholds.items():
            if column < ends.shape[1] and ends[0, column] != ends[1, column]:
                yield self._beside(column, self._some(values))

    def _beside(self, column: int, thresholds: NDArray[np.float64]) -> Columns:
        """Bisect for all thresholds of one column at once."""
        base = self._rng.integers(0, len(self._columns[0]), len(thresholds))
        low = np.full(len(thresholds), self._bounds[0])
        high = np.full(len(thresholds), self._bounds[1])
        side = self._goes_left(base, low, column, thresholds)
        crossing = side != self._goes_left(base, high, column, thresholds)
        base, low, high = base[crossing], low[crossing], high[crossing]
        thresholds, side = thresholds[crossing], side[crossing]
        for _ in range(MOST_STEPS):
            middle = low + (high - low) / 2
            if ((middle == low) | (middle == high)).all():
                break
            same = self._goes_left(base, middle, column, thresholds) == side
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        values = [*_neighbours(low, -np.inf), low, high, *_neighbours(high, np.inf)]
        return self._with(np.tile(base, len(values)), np.concatenate(values))

    def _goes_left(
        self,
        base: NDArray[np.int64],
        values: NDArray[np.float64],
        column: int,
        thresholds: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        if not len(base):
            return np.zeros(0, dtype=bool)
        seen = self._seen_by_trees(self._with(base, values))[:, column]
        return seen.astype(np.float32) <= thresholds

    def _with(self, base: NDArray[np.int64], values: NDArray[np.float64]) -> Columns:
        rows = [column[base] for column in self._columns]
        rows[self._index] = values
        return rows

    def _seen_by_trees(self, columns: Columns) -> NDArray[Any]:
        table = self._layout.build(columns)
        seen = table if self._before is None else self._before.transform(table)
        if hasattr(seen, "toarray"):
            seen = seen.toarray()
        return np.asarray(seen, dtype=np.float64)

    def _some(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        if len(thresholds) <= MOST_PER_COLUMN:
            return thresholds
        return self._rng.choice(thresholds, MOST_PER_COLUMN, replace=False)


def _neighbours(values: NDArray[np.float64], toward: float) -> list[NDArray[np.float64]]:
    """Return the next numbers in one direction, in double and in single precision."""
    single = np.nextafter(values.astype(np.float32), np.float32(toward))
    return [np.nextafter(values, toward), single.astype(np.float64)]


def _split(estimator: Any) -> tuple[Any, Any]:
    """Return the steps before the last, None where there are none, and the last step."""
    if not isinstance(estimator, Pipeline):
        return None, estimator
    before = estimator[:-1]
    return (before if len(before) else None), estimator[-1]


def _thresholds(estimator: Any) -> dict[int, NDArray[np.float64]]:
    """Return the distinct thresholds of all trees inside, by the column that they look at."""
    found: dict[int, list[NDArray[np.float64]]] = {}
    for features, thresholds in _nodes(estimator):
        for column in np.unique(features):
            found.setdefault(int(column), []).append(thresholds[features == column])
    return {column: np.unique(np.concatenate(each)) for column, each in sorted(found.items())}


def _nodes(estimator: Any) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Yield the columns and thresholds of each tree's inner nodes."""
    if hasattr(estimator, "tree_"):
        inner = estimator.tree_.children_left != -1
        yield estimator.tree_.feature[inner], estimator.tree_.threshold[inner]
    elif hasattr(estimator, "_predictors"):
        for predictor in np.ravel(estimator._predictors):
            nodes = predictor.nodes
            inner = (nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0)
            yield nodes["feature_idx"][inner].astype(np.int64), nodes["num_threshold"][inner]
    else:
        for each in np.ravel(getattr(estimator, "estimators_", [])):
            yield from _nodes(each)
