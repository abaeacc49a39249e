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


def finite_ends(
    estimator: Any, layout: Layout, rows: Columns, starts: Mapping[int, float], way: float
) -> dict[int, float]:
    """Return the last numbers of some features, on the way from where they start to +-infinity.

    Only those that are the last in each of the rows, to the bit, and that the estimator itself
    answers in each, where it refuses the next.
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
            row: Columns = tried[0],
            left: Sequence[int] = left,
            kinds: Sequence[int] = kinds,
        ) -> NDArray[np.bool_]:
            own = finiteness(estimator, layout.build(row), within=True)[0]
            kind = finiteness(estimator, layout.build(_each(row, left, numbers)), within=True)
            return np.asarray((kind == own) | ~np.isin(kind, kinds))

        start = np.array([starts[index] for index in left])
        last = last_answered(finite, start, far, whole=False)
        after = np.nextafter(last, way * np.inf)
        alike = np.all([finite(last, row) & ~finite(after, row) for row in tried], axis=0)
        ends = {index: last[[i]] for i, index in enumerate(left) if alike[i]}
        for row in tried:
            for index in refused(estimator, layout, row, ends):
                del ends[index]
        for index, end in ends.items():
            beyond = changed(tried[0], index, np.nextafter(end, way * np.inf))
            if refuses(estimator, layout, beyond):
                found[index] = float(end[0])
    return found


def _each(row: Columns, features: Sequence[int], numbers: Numbers) -> Columns:
    """Return the row once for each feature, with that one's number."""
    columns = [np.repeat(column, len(features)) for column in row]
    for place, index in enumerate(features):
        columns[index][place] = numbers[place]
    return columns
