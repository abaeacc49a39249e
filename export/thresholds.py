"""Rows at the thresholds of trees: the two neighbouring numbers between which a node decides.

The thresholds are those of the trees inside the estimator; the numbers are the user's, before
the scalers and encoders of the steps before them. So each is found by bisection through those
steps, in double, and the rows are the last number on the left, the first on the right, and the
neighbours of these two in double and in single precision.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.boundaries import STEPS_TO_ROUNDING
from export.reference import Reference
from export.signature import Signature
from export.splits import Splits, splits_of
from export.table import Columns

MOST_PER_COLUMN = 1_000
MOST_STEPS = 80
MOST_SIGHTS = 4
MOST_FEATURES = 10
"""Of more features than this, so many are searched, spread evenly over the table."""


def threshold_rows(
    reference: Reference,
    signature: Signature,
    columns: Columns,
    exact: bool,
    rng: np.random.Generator,
) -> Columns:
    """Return rows on both sides of the trees' thresholds, one feature at a time.

    Each row is a held-out one in which one float feature was put beside a threshold: at the
    very numbers between which a node decides if every step is `exact`, otherwise so far from
    them that rounding in the steps before the trees cannot change sides. No rows for estimators
    without trees.
    """
    parts: list[Columns] = []
    for splits in splits_of(reference.estimator)[:MOST_SIGHTS]:
        for index in _searched(signature):
            search = _Search(splits, signature, columns, index, exact=exact, rng=rng)
            with suppress(ValueError):  # a step before the trees refuses such numbers
                parts.extend(search.rows())
    if not parts:
        return [column[:0] for column in columns]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _searched(signature: Signature) -> list[int]:
    """Return the features to search: floats that may have any value, not too many."""
    every = [
        index
        for index, feature in enumerate(signature.features)
        if feature.dtype == "float64" and feature.values is None and feature.minimum is not None
    ]
    step = -(-len(every) // MOST_FEATURES) or 1
    return every[::step]


class _Search:
    """The search for the values of one feature at which the trees decide."""

    def __init__(
        self,
        splits: Splits,
        signature: Signature,
        columns: Columns,
        index: int,
        *,
        exact: bool,
        rng: np.random.Generator,
    ) -> None:
        feature = signature.features[index]
        low, high = feature.minimum or 0.0, feature.maximum or 0.0
        reach = max(high - low, 1e-3)
        self._splits = splits
        self._layout = signature.layout
        self._columns = columns
        self._index = index
        self._exact = exact
        self._bounds = low - reach, high + reach
        self._rng = rng

    def rows(self) -> Iterator[Columns]:
        """Yield the rows for every threshold that this feature can reach."""
        low, high = self._bounds
        ends = self._seen_by_trees(self._with(np.zeros(2, int), np.array([low, high])))
        for column, values in sorted(self._splits.thresholds.items()):
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
        for _ in range(MOST_STEPS if self._exact else STEPS_TO_ROUNDING):
            middle = low + (high - low) / 2
            if ((middle == low) | (middle == high)).all():
                break
            same = self._goes_left(base, middle, column, thresholds) == side
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        values = [low, high]
        if self._exact:
            values += [*_neighbours(low, -np.inf), *_neighbours(high, np.inf)]
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
        rounded: NDArray[Any] = seen.astype(self._splits.number)
        left: NDArray[np.bool_] = rounded <= thresholds
        return left

    def _with(self, base: NDArray[np.int64], values: NDArray[np.float64]) -> Columns:
        rows = [column[base] for column in self._columns]
        rows[self._index] = values
        return rows

    def _seen_by_trees(self, columns: Columns) -> NDArray[np.float64]:
        return self._splits.seen(self._layout.build(columns))

    def _some(self, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        if len(thresholds) <= MOST_PER_COLUMN:
            return thresholds
        return self._rng.choice(thresholds, MOST_PER_COLUMN, replace=False)


def _neighbours(values: NDArray[np.float64], toward: float) -> list[NDArray[np.float64]]:
    """Return the next numbers in one direction, in double and in single precision."""
    single = np.nextafter(values.astype(np.float32), np.float32(toward))
    return [np.nextafter(values, toward), single.astype(np.float64)]
