"""Where numbers cross thresholds: found by bisection in the user's numbers.

Between the user's numbers and what trees see there may be scalers, imputers and encoders. So a
crossing is searched through those steps, many at once: a row of a search may set each of its
features to a number of its own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.boundaries import STEPS_TO_ROUNDING
from export.group import Ground, evenly, take
from export.splits import Splits
from export.table import Columns

PLACES = 9
"""In so many places of a feature's range, and beyond it, a crossing is looked for."""
MOST_STEPS = 80
ROUNDING = 2.0**-43
"""So much steps before trees may add, relative to the thresholds of a column."""
SAMPLES = 3
"""Rows on which it is tried out which features move a column."""


@dataclass(frozen=True)
class Edges:
    """Two numbers for each threshold, on whose way a column crosses it, where that was `found`.

    Where every bit is promised they are neighbours in double precision; otherwise so far apart
    that rounding in the steps before the trees cannot change sides.
    """

    below: NDArray[np.float64]
    above: NDArray[np.float64]
    found: NDArray[np.bool_]


@dataclass(frozen=True)
class Search:
    """Thresholds, each of a column that one feature of one row is to move across it."""

    ground: Ground
    splits: Splits
    base: Columns
    """The rows to start from."""
    row: NDArray[np.int64]
    feature: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: NDArray[np.float64]

    def edges(self, places: NDArray[np.float64]) -> Edges:
        """Bisect between the first two of the `places` of a feature that are on both sides.

        `places` are [features, PLACES], in order.
        """
        every = places[self.feature].T
        left = np.array([self._left(values) for values in every])
        crosses = left[1:] != left[:-1]
        found = crosses.any(axis=0)
        first, jobs = crosses.argmax(axis=0), np.arange(len(found))
        below, above, side = every[first, jobs], every[first + 1, jobs], left[first, jobs]
        for _ in range(MOST_STEPS if self.ground.exact else STEPS_TO_ROUNDING):
            middle = below + (above - below) / 2
            if ((middle == below) | (middle == above) | ~found).all():
                break
            same = self._left(middle) == side
            below, above = np.where(same, middle, below), np.where(same, above, middle)
        if not self.ground.exact:
            # The crossing is anywhere between the two, and may be within rounding of one.
            step = above - below
            below, above = below - step, above + step
            found &= self._apart(below) & self._apart(above)
        return Edges(below, above, found)

    def _apart(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which columns are farther from their threshold than rounding may be.

        Where a feature hardly moves a column, a billionth of the feature's way moves it by less.
        Trees that see single precision decide where numbers round to it, beside the threshold.
        """
        if self.splits.number != np.float64:
            return np.ones(len(values), dtype=bool)
        size = np.abs(self.threshold)
        for column in np.unique(self.column):
            here = self.column == column
            size[here] = np.maximum(size[here], np.median(size[here]))
        apart: NDArray[np.bool_] = np.abs(self._seen(values) - self.threshold) > ROUNDING * size
        return apart

    def _left(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which columns are at or below their threshold for these values of the features."""
        left: NDArray[np.bool_] = self._seen(values) <= self.threshold
        return left

    def _seen(self, values: NDArray[np.float64]) -> NDArray[Any]:
        """Return what the trees see in their columns for these values of the features."""
        rows = [column.copy() for column in self.base]
        order = np.argsort(self.feature, kind="stable")
        features, starts = np.unique(self.feature[order], return_index=True)
        for index, jobs in zip(features, np.split(order, starts[1:]), strict=True):
            rows[index][self.row[jobs]] = values[jobs]
        seen = self.splits.seen(self.ground.table(rows))[self.row, self.column]
        rounded: NDArray[Any] = seen.astype(self.splits.number)
        return rounded


def movable(ground: Ground) -> NDArray[np.int64]:
    """Return the features that may be any number, or any whole number."""
    return np.array(
        [
            index
            for index, feature in enumerate(ground.signature.features)
            if feature.dtype in ("float64", "int64") and not feature.values
        ],
        dtype=np.int64,
    )


def places_of(ground: Ground) -> NDArray[np.float64]:
    """Return numbers of each feature, in order: of training, and as far beyond as it is wide."""
    places = np.zeros((len(ground.trained), PLACES))
    for index in movable(ground):
        feature, seen = ground.signature.features[index], ground.trained[index]
        low, high = feature.minimum or 0.0, feature.maximum or 0.0
        known = seen[np.isfinite(seen)]
        known = known if len(known) else np.array([low, high])
        inside = np.quantile(known, np.linspace(0, 1, PLACES - 2))
        reach = max(high - low, 1e-3)
        places[index] = np.sort([low - reach, *inside, high + reach])
    return places


def moves(ground: Ground, splits: Splits, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Try out which features move which columns: [features, columns]."""
    features = movable(ground)
    found: list[NDArray[np.bool_]] = []
    for row in evenly(len(ground.trained[0]), SAMPLES):
        still = splits.seen(ground.table(take(ground.trained, [row])))
        for place in (0, -1):
            rows = take(ground.trained, np.full(len(features), row))
            for position, index in enumerate(features):
                rows[index][position] = places[index, place]
            seen = splits.seen(ground.table(rows))
            found.append((seen != still) & ~(np.isnan(seen) & np.isnan(still)))
    moved = np.zeros((len(ground.trained), found[0].shape[1]), bool)
    moved[features] = np.logical_or.reduce(found)
    return moved
