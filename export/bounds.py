"""The numbers that scikit-learn answers: others it refuses, as behind a logarithm.

Asked of the estimator, one feature at a time, so that the service refuses what it refuses: what
lies beyond a bound, as below 0 behind a square root; what some step makes infinite, in double or
in single precision, in which trees compare; and single numbers, as 0 under a fraction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.answered import changed, refused, refuses
from export.doubles import last_answered
from export.overflow import finite_ends
from export.table import Columns, Layout

Value = NDArray[Any]
"""One value of a column, [1]."""
Bounds = dict[int, dict[str, Any]]
"""By the feature: the least number that is answered as `lowest`, the greatest as `highest`,
single ones that are not as `refused`."""
REACH = 10
"""So many times as far beyond the numbers that were seen as they are apart, others are tried."""
SINGULAR = (-1.0, 0.0, 1.0)
"""Where the usual functions of all other numbers have none: logarithms, fractions, arctanh."""
_BESIDE = 2.0**-20
"""So near a single number others are answered; still nearer a fraction may be infinite, too."""
_ROWS = 16
"""In so many rows a single number, or what is beyond the finite ones, must be refused."""
_SIDES = (("lowest", -1.0), ("highest", 1.0))


def bounds_of(estimator: Any, layout: Layout, table: Any, features: Sequence[int]) -> Bounds:
    """Find which numbers of some features scikit-learn answers.

    `table` is that of training, whose first row is tried with other numbers. No bound is found
    where a number of training lies beyond, and no single number where it is answered in another
    row: then other features decide, too, whether a number is answered.
    """
    row = layout.split(layout.take(table, slice(0, 1)))
    seen: dict[int, Value] = {}
    for index in features:
        values = layout.column(table, index)
        finite = values[~pd.isna(values)].astype(np.float64)
        finite = finite[np.isfinite(finite)]
        if len(finite):
            seen[index] = finite
    found: Bounds = {index: {} for index in seen}
    _find_ends(estimator, layout, row, seen, found)
    rows = layout.split(layout.take(table, slice(0, _ROWS)))
    for name, way in _SIDES:
        free = {
            index: float(np.median(numbers))
            for index, numbers in seen.items()
            if layout.dtypes[index] == "float64" and name not in found[index]
        }
        for index, last in finite_ends(estimator, layout, rows, free, way).items():
            found[index][name] = last
    _find_singular(estimator, layout, rows, found)
    return found


def _find_ends(
    estimator: Any, layout: Layout, row: Columns, seen: Mapping[int, Value], found: Bounds
) -> None:
    """Find bounds near the numbers that were seen."""
    for name, way in _SIDES:
        beyond = {index: np.array([_beyond(values, way)]) for index, values in seen.items()}
        for index in refused(estimator, layout, row, beyond):
            start = float(np.median(seen[index]))
            whole = layout.dtypes[index] == "int64"

            def answers(number: Value, index: int = index) -> Value:
                return np.array([not refuses(estimator, layout, changed(row, index, number))])

            inside = np.array([round(start) if whole else start])
            (last,) = last_answered(answers, inside, beyond[index], whole=whole)
            if not np.isnan(last) and (way * seen[index] <= way * last).all():
                found[index][name] = float(last)


def _find_singular(estimator: Any, layout: Layout, rows: Columns, found: Bounds) -> None:
    """Find single numbers that are refused in every row, but not those beside them.

    Also in a row whose other numbers are all the same: 0 / 0 may be answered as missing.
    """
    first = [column[:1] for column in rows]
    for number in SINGULAR:
        value = np.array([number])
        within = [
            index
            for index, bounds in found.items()
            if bounds.get("lowest", -np.inf) < number < bounds.get("highest", np.inf)
        ]
        alike = [value if index in found else column for index, column in enumerate(first)]
        tried = [[column[[row]] for column in rows] for row in range(len(rows[0]))]
        for index in refused(estimator, layout, first, dict.fromkeys(within, value)):

            def answers(row: Columns, value: Value, index: int = index) -> bool:
                return not refuses(estimator, layout, changed(row, index, value))

            step = 1.0 if layout.dtypes[index] == "int64" else _BESIDE
            always = not any(answers(row, value) for row in (*tried, alike))
            if always and answers(first, value - step) and answers(first, value + step):
                found[index]["refused"] = (*found[index].get("refused", ()), number)


def _beyond(values: Value, way: float) -> float:
    """Return a number far beyond those seen, and on the other side of 0."""
    reach = REACH * max(float(values.max() - values.min()), 1.0)
    return way * max(float((way * values).max()) + reach, 1.0)
