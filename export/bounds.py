"""The numbers that scikit-learn answers: beyond some it refuses a row, as behind a logarithm.

Asked of the estimator, one feature at a time, so that the service refuses what it refuses.
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
Bounds = Mapping[int, dict[str, Any]]
"""By the feature: the least number that is answered as `lowest`, the greatest as `highest`."""
REACH = 10
"""So many times as far beyond the numbers that were seen as they are apart, others are tried."""
_STEPS = 64
"""After which two doubles of any size are neighbours."""


def bounds_of(estimator: Any, layout: Layout, table: Any, features: Sequence[int]) -> Bounds:
    """Find the least and the greatest number of some features that scikit-learn answers.

    `table` is that of training, whose first row is tried with other numbers. None is found where
    a number of training lies beyond: then others decide, too, whether a number is answered.
    """
    row = layout.split(layout.take(table, slice(0, 1)))
    seen: dict[int, Value] = {}
    for index in features:
        values = layout.column(table, index)
        finite = values[~pd.isna(values)].astype(np.float64)
        finite = finite[np.isfinite(finite)]
        if len(finite):
            seen[index] = finite
    found: dict[int, dict[str, Any]] = {index: {} for index in seen}
    for name, way in (("lowest", -1.0), ("highest", 1.0)):
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
    return found


def refused(estimator: Any, layout: Layout, row: Columns, values: Mapping[int, Value]) -> set[int]:
    """Find the features of which scikit-learn refuses these values, in a row that it answers.

    First with all of them at once, which most estimators answer; then by halves.
    """
    found = set()
    todo = [list(values)] if values else []
    while todo:
        some = todo.pop()
        changed = [values[i] if i in some else column for i, column in enumerate(row)]
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
