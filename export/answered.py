"""Whether scikit-learn answers a row, asked of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.reference import REFUSALS, quietly
from export.steps import asked
from export.table import Columns, Layout


def changed(row: Columns, index: int, value: NDArray[Any]) -> Columns:
    """Return a row with one of its features changed."""
    return [*row[:index], value, *row[index + 1 :]]


def refused(
    estimator: Any, layout: Layout, row: Columns, values: Mapping[int, NDArray[Any]]
) -> set[int]:
    """Find the features of which scikit-learn refuses these values, in a row that it answers.

    First with all of them at once, which most estimators answer; then by halves. Each beside the
    row as it is: pandas refuses a column of nothing, which a function may make of a row alone.
    """
    found = set()
    todo = [list(values)] if values else []
    while todo:
        some = todo.pop()
        beside = [
            np.concatenate([column, values[i] if i in some else column])
            for i, column in enumerate(row)
        ]
        if not refuses(estimator, layout, beside):
            continue
        if len(some) == 1:
            found.add(some[0])
        else:
            half = len(some) // 2
            todo += [some[:half], some[half:]]
    return found


def refuses(estimator: Any, layout: Layout, columns: Columns) -> bool:
    """Tell whether scikit-learn refuses these rows."""
    try:
        with quietly():
            asked(estimator, layout.build(columns))
    except REFUSALS:
        return True
    return False
