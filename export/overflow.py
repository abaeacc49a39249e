"""The last numbers that no step makes infinite, in double or in single precision.

scikit-learn refuses what is beyond. Found for all features at once, by what the steps before make
of them: to ask the estimator itself a hundred times for each would take minutes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.answered import changed, refused, refuses
from export.doubles import last_answered
from export.finiteness import BEYOND_SINGLE, INFINITE, MISSING, REFUSED, finiteness
from export.table import Columns, Layout

Numbers = NDArray[np.float64]
FARTHEST = 1e300
"""No end is looked for beyond: behind any scaler there is one, and no one means such numbers."""
_KINDS = ((BEYOND_SINGLE, INFINITE, MISSING, REFUSED), (INFINITE, MISSING, REFUSED), (REFUSED,))
"""What an estimator may refuse: infinity less infinity is missing."""
_ASKED = 32
"""Of so many features the estimator is asked whether it refuses what is beyond, and of the others
if it does not of these."""


def finite_ends(
    estimator: Any, layout: Layout, rows: Columns, starts: Mapping[int, float], way: float
) -> dict[int, float]:
    """Return the last numbers of some features, on the way from where they start to +-infinity.

    Only those that are the last in each of the rows, to the bit, and that the estimator itself
    answers in each, where it refuses the next. It is asked that of some features, if of many.
    """
    tried = [[column[[row]] for column in rows] for row in range(len(rows[0]))]
    found: dict[int, float] = {}
    for kinds in _KINDS:
        left = [index for index in starts if index not in found]
        far = np.full(len(left), way * FARTHEST)
        if not left or not refuses(estimator, layout, _each(tried[0], left, far)):
            break

        def finite(
            numbers: Numbers,
            rows: Sequence[Columns] = tried[:1],
            left: Sequence[int] = left,
            kinds: Sequence[int] = kinds,
        ) -> NDArray[np.bool_]:
            """Tell of each row, and each of its features with another number, [rows, features]."""
            tables = [*rows, *(_each(row, left, numbers) for row in rows)]
            table = [np.concatenate(parts) for parts in zip(*tables, strict=True)]
            kind = finiteness(estimator, layout.build(table), within=True)
            own, changed_ = kind[: len(rows), np.newaxis], kind[len(rows) :].reshape(len(rows), -1)
            return np.asarray((changed_ == own) | ~np.isin(changed_, kinds))

        start = np.array([starts[index] for index in left])
        last = last_answered(lambda numbers: finite(numbers)[0], start, far, whole=False)
        after = np.nextafter(last, way * np.inf)
        alike = np.all(finite(last, tried) & ~finite(after, tried), axis=0)
        ends = {index: last[[i]] for i, index in enumerate(left) if alike[i]}
        for row in tried:
            for index in refused(estimator, layout, row, ends):
                del ends[index]

        def is_last(index: int, ends: Mapping[int, Numbers] = ends) -> bool:
            beyond = np.nextafter(ends[index], way * np.inf)
            return refuses(estimator, layout, changed(tried[0], index, beyond))

        some = list(ends)[:: max(len(ends) // _ASKED, 1)]
        every = all(map(is_last, some))  # of a table, what is not finite is refused in any column
        found |= {index: float(end[0]) for index, end in ends.items() if every or is_last(index)}
    return found


def _each(row: Columns, features: Sequence[int], numbers: Numbers) -> Columns:
    """Return the row once for each feature, with that one's number."""
    columns = [np.repeat(column, len(features)) for column in row]
    for place, index in enumerate(features):
        columns[index][place] = numbers[place]
    return columns
