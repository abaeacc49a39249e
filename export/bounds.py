"""The numbers that scikit-learn answers: others it refuses, as behind a logarithm.

Asked of the estimator, one feature at a time, so that the service refuses what it refuses: what
lies beyond a bound, as below 0 behind a square root; what single precision, in which trees
compare, would make infinite; and single numbers, as 0 under a fraction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.reference import REFUSALS, quietly
from export.table import Columns, Layout

Value = NDArray[Any]
"""One value of a column, [1]."""
Bounds = dict[int, dict[str, Any]]
"""By the feature: the least number that is answered as `lowest`, the greatest as `highest`,
single ones that are not as `refused`."""
REACH = 10
"""So many times as far beyond the numbers that were seen as they are apart, others are tried."""
GREATEST_SINGLE = float(np.nextafter(2.0**128 - 2.0**103, 0))
"""The greatest double that does not become infinity in single precision."""
SINGULAR = (-1.0, 0.0, 1.0)
"""Where the usual functions of all other numbers have none: logarithms, fractions, arctanh."""
_STEPS = 64
"""After which two doubles of any size are neighbours."""
_BESIDE = 2.0**-20
"""So near a single number others are answered; still nearer a fraction may be infinite, too."""
_ROWS = 16
"""In so many rows a single number must be refused."""
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
    _find_single_precision(estimator, layout, row, found)
    _find_singular(estimator, layout, layout.split(layout.take(table, slice(0, _ROWS))), found)
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

            def answers(number: float, index: int = index) -> bool:
                changed = [*row[:index], np.array([number]), *row[index + 1 :]]
                return not refuses(estimator, layout, changed)

            last = _last(answers, round(start) if whole else start, float(beyond[index][0]), whole)
            if last is not None and (way * seen[index] <= way * last).all():
                found[index][name] = last


def _find_single_precision(estimator: Any, layout: Layout, row: Columns, found: Bounds) -> None:
    """Find the features that are rounded to single precision, and infinity refused."""
    for name, way in _SIDES:
        last = np.array([way * GREATEST_SINGLE])
        free = [
            index
            for index, bounds in found.items()
            if layout.dtypes[index] == "float64" and name not in bounds
        ]
        beyond = refused(
            estimator, layout, row, dict.fromkeys(free, np.nextafter(last, way * np.inf))
        )
        for index in beyond - refused(estimator, layout, row, dict.fromkeys(sorted(beyond), last)):
            found[index][name] = float(last[0])


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
                return not refuses(estimator, layout, [*row[:index], value, *row[index + 1 :]])

            step = 1.0 if layout.dtypes[index] == "int64" else _BESIDE
            always = not any(answers(row, value) for row in (*tried, alike))
            if always and answers(first, value - step) and answers(first, value + step):
                found[index]["refused"] = (*found[index].get("refused", ()), number)


def refused(estimator: Any, layout: Layout, row: Columns, values: Mapping[int, Value]) -> set[int]:
    """Find the features of which scikit-learn refuses these values, in a row that it answers.

    First with all of them at once, which most estimators answer; then by halves. Each beside the
    row as it is: pandas refuses a column of nothing, which a function may make of a row alone.
    """
    found = set()
    todo = [list(values)] if values else []
    while todo:
        some = todo.pop()
        changed = [
            np.concatenate([column, values[i] if i in some else column])
            for i, column in enumerate(row)
        ]
        if not refuses(estimator, layout, changed):
            continue
        if len(some) == 1:
            found.add(some[0])
        else:
            half = len(some) // 2
            todo += [some[:half], some[half:]]
    return found


def refuses(estimator: Any, layout: Layout, columns: Columns) -> bool:
    """Tell whether scikit-learn refuses these rows."""
    answer = estimator.predict if hasattr(estimator, "predict") else estimator.transform
    try:
        with quietly():
            answer(layout.build(columns))
    except REFUSALS:
        return True
    return False


def _beyond(values: Value, way: float) -> float:
    """Return a number far beyond those seen, and on the other side of 0."""
    reach = REACH * max(float(values.max() - values.min()), 1.0)
    return way * max(float((way * values).max()) + reach, 1.0)


def _last(
    answers: Callable[[float], bool], inside: float, outside: float, whole: bool
) -> float | None:
    """Return the last number on the way that is answered; None if not even the first is."""
    if not answers(inside):
        return None
    near, far = _place(inside, whole), _place(outside, whole)
    for _ in range(_STEPS):
        middle = (near + far) // 2 if far > near else -((-near - far) // 2)
        if middle in (near, far):
            break
        near, far = (middle, far) if answers(_number(middle, whole)) else (near, middle)
    return _number(near, whole)


def _place(number: float, whole: bool) -> int:
    """Return where a number stands among all whole ones, or all doubles."""
    if whole:
        return int(number)
    bits = int(np.float64(number).view(np.int64))
    return bits if bits >= 0 else -(bits & (2**63 - 1))


def _number(place: int, whole: bool) -> float:
    """Return the number that stands there."""
    if whole:
        return float(place)
    size = float(np.int64(abs(place)).view(np.float64))
    return size if place >= 0 else -size
