"""What columns were before steps rounded them, where each number was made of one number.

A tree asks whether a number is at or below a threshold. Where the steps before it never make a
lesser number of a greater one, the same can be asked of the number that was there before them,
which no library has rounded yet: the greatest one that scikit-learn still has at or below the
threshold is found by asking scikit-learn's own steps.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from export.converters.rising import FUNCTIONS, Rising
from export.converters.values import Block

_STEPS = (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    Rising,
    RobustScaler,
    StandardScaler,
)
_GREATEST = np.finfo(np.float64).max
_HALVINGS = 64
_FURTHER = 8
"""So many numbers above the one found are asked: within rounding, functions may also fall."""


Path = tuple[tuple[Any, int], ...]
"""The steps that a column goes through, each with the column's place among those it is given."""


@dataclass(frozen=True)
class Origin:
    """One column as no step has rounded it, and what it has gone through since."""

    block: Block
    steps: Path = ()

    def through(self, step: Any, column: int) -> "Origin | None":
        """Return the origin of what a step makes of the column; None where it might fall."""
        rises = type(step) in _STEPS
        if type(step) is FunctionTransformer and isinstance(step.func, np.ufunc):
            rises = step.func in FUNCTIONS and not step.kw_args
        if not rises or not hasattr(step, "n_features_in_"):
            return None
        return replace(self, steps=(*self.steps, (step, column)))

    @property
    def may_be_missing(self) -> bool:
        """Whether the steps make NaN of some numbers, such as the logarithm of negative ones."""
        return any(isinstance(step, FunctionTransformer | Rising) for step, _ in self.steps)


def through(step: Any, origins: Sequence[Origin | None]) -> list[Origin | None]:
    """Return the origins of all columns of what a step answers, one for each that it is given."""
    return [
        None if origin is None else origin.through(step, column)
        for column, origin in enumerate(origins)
    ]


def thresholds_before(
    origins: Sequence[Origin], after: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Return, for each origin, the greatest numbers that its steps put at or below thresholds.

    `after` are the thresholds of the columns that the steps answer; -inf where there is no such
    number. Columns that go through the same steps are searched together.
    """
    found = [np.empty(0)] * len(origins)
    groups: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for place, origin in enumerate(origins):
        steps = tuple(id(step) for step, _ in origin.steps)
        again = sum(origin.steps == other.steps for other in origins[:place])
        groups.setdefault((steps, again), []).append(place)
    for places in groups.values():
        rows = max(len(after[place]) for place in places)
        table = np.column_stack(
            [np.pad(after[place], (0, rows - len(after[place])), mode="edge") for place in places]
        )
        before = _searched([origins[place].steps for place in places], table)
        for column, place in enumerate(places):
            found[place] = before[: len(after[place]), column]
    return found


def _searched(paths: Sequence[Path], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bisect all doubles for each threshold `[rows, columns]`, whose columns have these paths."""
    lowest, highest = _ordinal(np.array([-_GREATEST, _GREATEST]))
    low, high = np.full(after.shape, lowest - 1), np.full(after.shape, highest + 1)
    for _ in range(_HALVINGS):
        middle = low // 2 + high // 2 + (low % 2 + high % 2) // 2  # their sum would overflow
        below = _at_or_below(paths, middle, after)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = low
    for further in range(1, _FURTHER + 1):
        beside = np.minimum(low + further, highest)
        found = np.where(_at_or_below(paths, beside, after), beside, found)
    return _number(found)


def _at_or_below(
    paths: Sequence[Path], ordinals: NDArray[np.int64], after: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell it of what the steps make of finite numbers; NaN is below."""
    values = np.clip(_number(ordinals), -_GREATEST, _GREATEST)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for passed in zip(*paths, strict=True):
            step, columns = passed[0][0], [column for _, column in passed]
            if getattr(step, "method", None) == "box-cox":
                values = np.where(values > 0, values, np.nan)
            table = np.ones((len(values), step.n_features_in_))
            table[:, columns] = values
            values = np.asarray(step.transform(table), dtype=np.float64)[:, columns]
            values = np.clip(values, -_GREATEST, _GREATEST)
    above: NDArray[np.bool_] = values > after
    return ~above


def _ordinal(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the doubles in their order, 0.0 with 0."""
    bits = np.asarray(numbers, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.iinfo(np.int64).min - bits, bits)


def _number(ordinals: NDArray[np.int64]) -> NDArray[np.float64]:
    bits = np.where(ordinals < 0, np.iinfo(np.int64).min - ordinals, ordinals)
    return bits.view(np.float64)
