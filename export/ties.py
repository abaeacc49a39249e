"""Rows whose nearest neighbours tie, which scikit-learn's own answer leaves to chance.

Where two training rows are equally far and only one is among the k nearest, the one that
scikit-learn counts is the one that its heap happens to hold: it depends on the order of the
training rows and of the search. No other program can be asked for the same.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.steps import applied, last_of

ROUNDING = 1e-12
"""Distances that are nearer to each other than this, relatively, are told apart by rounding."""
PRODUCT_ROUNDING = 1e-14
"""The same for distances from products of matrices, relative to the squared norms."""
SAME_POINT = 1e-10
"""Nearer than this, relative to the squared norms, such a distance is rounding only."""


def decided(estimator: Any, table: Any) -> NDArray[np.bool_]:
    """Tell of each row of `table` whether distances decide which neighbours are the nearest.

    True for all rows of an estimator that does not end in a search of nearest neighbours.
    """
    before, last = last_of(estimator)
    search = getattr(last, "nn_fit", None) or last
    count = _count(last)
    if count is None or not hasattr(search, "kneighbors"):
        return np.ones(len(table), dtype=bool)
    seen = applied(before, table)
    rows = np.asarray(seen.toarray() if hasattr(seen, "toarray") else seen, dtype=np.float64)
    others = min(count + 1, search.n_samples_fit_)
    distances, _ = search.kneighbors(rows, n_neighbors=others)
    noise = np.zeros(len(rows))
    same = np.zeros(len(rows), dtype=bool)
    if search._fit_method == "brute" and search.effective_metric_ in ("euclidean", "sqeuclidean"):
        known = search._fit_X
        squares = known.multiply(known) if hasattr(known, "multiply") else known * known
        norms = np.maximum((rows**2).sum(axis=1), squares.sum(axis=1).max())
        distances, noise = distances**2, PRODUCT_ROUNDING * norms
        by_distance = "distance" in (getattr(last, "weights", ""), getattr(last, "mode", ""))
        same = by_distance & (distances[:, 0] <= SAME_POINT * norms)
    elif search.effective_metric_ == "cosine":
        noise += PRODUCT_ROUNDING
    if others <= count:
        return ~same
    gap = distances[:, count] - distances[:, count - 1]
    apart: NDArray[np.bool_] = gap > ROUNDING * distances[:, count] + noise
    return apart & ~same


def _count(estimator: Any) -> int | None:
    """Return how many neighbours an estimator asks for."""
    count = getattr(estimator, "n_neighbors_", getattr(estimator, "n_neighbors", None))
    if count is None:
        return None
    return int(count) + (getattr(estimator, "mode", None) == "distance")
