"""How finite a row's numbers still are behind the steps before an estimator.

There most rows are refused that are refused at all: a logarithm or a quotient leaves no number.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.reference import REFUSALS, quietly
from export.steps import applied, last_of

MISSING, BEYOND_SINGLE, INFINITE, REFUSED = 1, 2, 3, 4
"""What keeps a row from being finite; of several, the last."""


def finiteness(estimator: Any, table: Any, *, within: bool = False) -> NDArray[np.int64]:
    """Tell of each row how finite its numbers are to the step that refuses a table of them.

    0 where all are; MISSING, BEYOND_SINGLE or INFINITE where some are not. Zeros where no step
    refuses the table, or one does for another reason; with `within`, a row that a step refuses by
    itself is REFUSED, as one that it made infinite and saw. This takes longer.
    """
    before, _ = last_of(estimator)
    answered = table
    with quietly():
        for step in before:
            try:
                answered = applied([step], answered)
            except REFUSALS:
                if not within:
                    break
                half = len(table) // 2
                if not half:
                    return np.array([REFUSED])
                parts = table[:half], table[half:]
                return np.concatenate([finiteness(estimator, p, within=True) for p in parts])
    numbers = _numbers(answered)
    kinds = np.zeros(len(numbers), dtype=np.int64)
    kinds[np.isnan(numbers).any(axis=1)] = MISSING
    with np.errstate(over="ignore"):
        kinds[np.isinf(numbers.astype(np.float32)).any(axis=1)] = BEYOND_SINGLE
    kinds[np.isinf(numbers).any(axis=1)] = INFINITE
    return kinds


def _numbers(table: Any) -> NDArray[np.float64]:
    """Return the columns of a table that are numbers, as an array."""
    if isinstance(table, pd.DataFrame):
        table = table.select_dtypes("number").to_numpy(dtype=np.float64, na_value=np.nan)
    if hasattr(table, "toarray") or table.dtype.kind not in "biuf" or table.ndim != 2:
        return np.zeros((table.shape[0], 1))
    return np.asarray(table, dtype=np.float64)
