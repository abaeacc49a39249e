"""How two sets of answers are compared: the one measure of parity and of the self-check.

Labels compare by equality. Numbers compare by their distance in units in the last place
(ulp) and by their relative difference: relative to the expected number or, where that is
smaller, to the magnitude that this output had in training, so that a number that is zero
but for rounding does not count as infinitely far from zero.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far `actual` is from `expected` over some rows; `worst` lists rows, worst first."""

    rows: int
    label_mismatches: int
    max_absolute: float
    max_relative: float
    max_ulp: int
    worst: tuple[int, ...]

    def within(self, tolerance: float) -> bool:
        """Tell whether no label differs and no number by more than `tolerance`, relative."""
        if tolerance == 0.0:
            return self.label_mismatches == 0 and self.max_ulp == 0
        return self.label_mismatches == 0 and self.max_relative <= tolerance


def compare(
    expected: Mapping[str, Array],
    actual: Mapping[str, Array],
    magnitudes: Mapping[str, float],
    worst: int = 5,
) -> Difference:
    """Compare answers output by output: each array `[N]` or `[N, k]`, the same names in both.

    `magnitudes` gives, per float output, its magnitude in training. Arrays of another shape,
    or names that are missing, count as a mismatch of every row: never as agreement.
    """
    mismatched, absolute, relative, ulp = _by_row(expected, actual, magnitudes)
    order = np.lexsort((ulp, relative, mismatched))[::-1]
    bad = [int(row) for row in order[:worst] if mismatched[row] or ulp[row]]
    return Difference(
        rows=len(mismatched),
        label_mismatches=int(mismatched.sum()),
        max_absolute=float(absolute.max(initial=0.0)),
        max_relative=float(relative.max(initial=0.0)),
        max_ulp=int(ulp.max(initial=0)),
        worst=tuple(bad),
    )


def disagreeing(
    expected: Mapping[str, Array],
    actual: Mapping[str, Array],
    magnitudes: Mapping[str, float],
    tolerance: float,
) -> NDArray[np.bool_]:
    """Tell of each row whether it is not within `tolerance`; arguments as for `compare`."""
    by_row = _by_row(expected, actual, magnitudes)
    beyond = by_row.ulp > 0 if tolerance == 0.0 else by_row.relative > tolerance
    return by_row.mismatched | beyond


def ulp_distance(expected: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Count the doubles from one number to the other, element by element.

    The doubles are ordered by their bits, read as sign and magnitude (IEEE 754), so +0.0 and
    -0.0 are one apart. NaN equals NaN; against a number it is the greatest distance there is.
    """
    left, right = _ordinal(expected), _ordinal(actual)
    high, low = np.maximum(left, right), np.minimum(left, right)
    distance = high.view(np.uint64) - low.view(np.uint64)
    either, both = np.isnan(expected) | np.isnan(actual), np.isnan(expected) & np.isnan(actual)
    distance[either] = np.iinfo(np.uint64).max
    distance[both] = 0
    return distance


def _ordinal(values: NDArray[np.float64]) -> NDArray[np.int64]:
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.iinfo(np.int64).min - bits - 1, bits)


class _ByRow(NamedTuple):
    """Each row's greatest differences over all outputs, [N] each."""

    mismatched: NDArray[np.bool_]
    absolute: NDArray[np.float64]
    relative: NDArray[np.float64]
    ulp: NDArray[np.uint64]


def _by_row(
    expected: Mapping[str, Array], actual: Mapping[str, Array], magnitudes: Mapping[str, float]
) -> _ByRow:
    rows = max((len(array) for array in expected.values()), default=0)
    mismatched = np.zeros(rows, dtype=bool)
    absolute, relative = np.zeros(rows), np.zeros(rows)
    ulp = np.zeros(rows, dtype=np.uint64)
    for name, wanted in expected.items():
        got = actual.get(name)
        if got is None or got.shape != wanted.shape:
            mismatched[:] = True
        elif wanted.dtype.kind == "f" and got.dtype.kind == "f":
            magnitude = magnitudes.get(name, 0.0)
            by_absolute, by_relative, by_ulp = _distances(wanted, got, magnitude)
            np.maximum(absolute, by_absolute, out=absolute)
            np.maximum(relative, by_relative, out=relative)
            np.maximum(ulp, by_ulp, out=ulp)
        else:
            mismatched |= _per_row(wanted != got).any(axis=1)
    return _ByRow(mismatched, absolute, relative, ulp)


def _distances(
    expected: NDArray[np.float64], actual: NDArray[np.float64], magnitude: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint64]]:
    """Return each row's greatest absolute, relative and ulp difference."""
    ulp = ulp_distance(expected, actual)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        absolute = np.where(ulp == 0, 0.0, np.abs(actual - expected))
        absolute = np.where(np.isnan(absolute), np.inf, absolute)
        relative = absolute / np.maximum(np.abs(expected), magnitude)
    relative = np.where(absolute == 0.0, 0.0, np.where(np.isnan(relative), np.inf, relative))
    return _row_max(absolute), _row_max(relative), _row_max(ulp)


def _row_max(array: Array) -> Array:
    greatest: Array = _per_row(array).max(axis=1, initial=0)
    return greatest


def _per_row(array: Array) -> Array:
    """View an array of N rows as a matrix, also where N is 0."""
    return array.reshape(len(array), math.prod(array.shape[1:]))
