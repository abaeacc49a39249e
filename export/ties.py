"""Rows whose nearest neighbours tie, which scikit-learn's own answer leaves to chance.

Where two training rows are equally far and only one is among the k nearest, the one that
scikit-learn counts is the one that its heap happens to hold: it depends on the order of the
training rows and of the search. No other program can be asked for the same. Where both have the
same target, it does not matter.

Searches are found wherever they are in an estimator, and watched while it answers: what each is
given is known only then.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.cluster import AffinityPropagation, Birch
from sklearn.impute import KNNImputer
from sklearn.metrics.pairwise import nan_euclidean_distances

ROUNDING = 1e-12
"""Distances that are nearer to each other than this, relatively, are told apart by rounding."""
PRODUCT_ROUNDING = 1e-14
"""The same for distances from products of matrices, relative to the squared norms."""
SAME_POINT = 1e-10
"""Nearer than this, relative to the squared norms, such a distance is rounding only."""
MOST_EQUAL = 10
"""How many neighbours more than asked for are looked at, lest they be as far as the last."""
ROWS_AT_ONCE = 500


@contextmanager
def deciding(estimator: Any, rows: int) -> Iterator[NDArray[np.bool_]]:
    """Yield which of so many rows distances decide, known once `estimator` has answered them.

    All of them for an estimator without a search of nearest neighbours.
    """
    kept = np.ones(rows, dtype=bool)
    judged: set[tuple[int, int | None]] = set()

    def judge(search: Any, table: Any, count: int | None) -> None:
        if (id(search), count) in judged:  # by predict, before predict_proba
            return
        dense = _dense(table)
        if len(dense) == rows:
            kept[:] &= _judge_of(search)(search, dense, count)
            judged.add((id(search), count))

    with ExitStack() as stack:
        for search in _searches(estimator):
            stack.enter_context(_watched(search, judge))
        yield kept


def advice_on_distances(estimator: Any) -> str:
    """Say what to do where an estimator weighs by distances that may be rounding; otherwise "".

    By products of matrices a row is not at 0 from itself, but as far as these are rounded.
    """
    for part in parts_of(estimator, set()):
        if getattr(part, "_fit_method", "") == "brute" and _by_rounding(part):
            return (
                f"{type(part).__name__} takes distances from products of matrices: that of a row "
                "of training to itself is not 0 but what rounding leaves, and it counts by that. "
                "Set algorithm='kd_tree', which adds up the differences."
            )
    return ""


def advice_on_centres(estimator: Any) -> str:
    """Say what to do where a centre may be a row of training; otherwise ""."""
    for part in parts_of(estimator, set()):
        if isinstance(part, Birch):
            return (
                "Birch takes distances from products of matrices: that of a row of training which "
                "is a subcluster by itself is not 0 but what rounding leaves. Set a greater "
                "threshold, by which it is joined with others."
            )
    return ""


def _by_rounding(search: Any) -> bool:
    """Tell whether a search by products of matrices answers by distances, not by ranks."""
    euclidean = search.effective_metric_ in ("euclidean", "sqeuclidean")
    return euclidean and "distance" in (getattr(search, "weights", ""), getattr(search, "mode", ""))


def _searches(estimator: Any) -> Iterator[Any]:
    """Yield what searches for the nearest neighbours inside an estimator."""
    for part in parts_of(estimator, set()):
        if isinstance(part, (AffinityPropagation, KNNImputer)) or hasattr(part, "kneighbors"):
            yield part


def _judge_of(search: Any) -> Callable[[Any, NDArray[np.float64], int | None], NDArray[np.bool_]]:
    if isinstance(search, KNNImputer):
        return _completed
    return _nearest if isinstance(search, AffinityPropagation) else _apart


def parts_of(value: Any, seen: set[int]) -> Iterator[Any]:
    """Yield the objects of scikit-learn in an estimator, a list, an array or a dictionary."""
    if isinstance(value, (str, int, float)) or id(value) in seen:
        return
    seen.add(id(value))
    inside: Any = ()
    if isinstance(value, BaseEstimator) or type(value).__module__.startswith("sklearn."):
        yield value
        inside = getattr(value, "__dict__", {}).values()
    elif isinstance(value, dict):
        inside = value.values()
    elif isinstance(value, (list, tuple)) or (
        isinstance(value, np.ndarray) and value.dtype == object and value.ndim
    ):
        inside = value
    for each in inside:
        yield from parts_of(each, seen)


@contextmanager
def _watched(search: Any, judge: Callable[[Any, Any, int | None], None]) -> Iterator[None]:
    """Call `judge` with the rows of every search, and how many neighbours it asks for."""
    names = ("transform",) if isinstance(search, KNNImputer) else ("kneighbors", "predict")
    names = tuple(name for name in (*names, "predict_proba") if hasattr(search, name))
    inside = False

    def watch(method: Callable[..., Any]) -> Callable[..., Any]:
        def watched(X: Any = None, n_neighbors: int | None = None, **options: Any) -> Any:
            nonlocal inside
            if n_neighbors is not None:
                options["n_neighbors"] = n_neighbors
            if inside or X is None:
                return method(X, **options)
            inside = True
            try:
                judge(search, X, n_neighbors)
                return method(X, **options)
            finally:
                inside = False

        return watched

    methods = {name: getattr(search, name) for name in names}
    if "kneighbors" in methods:
        methods["kneighbors"] = _remembering(methods["kneighbors"])
    for name, method in methods.items():
        vars(search)[name] = watch(method)
    try:
        yield
    finally:
        for name in names:
            del vars(search)[name]


def _remembering(search: Callable[..., Any]) -> Callable[..., Any]:
    """Return a search that finds once what predict and predict_proba ask one after another."""
    last: tuple[Any, dict[str, Any], Any] | None = None

    def remembering(X: Any, **options: Any) -> Any:
        nonlocal last
        if last is None or last[0] is not X or last[1] != options:
            last = X, options, search(X, **options)
        return last[2]

    return remembering


def _dense(table: Any) -> NDArray[np.float64]:
    """Return what a search is given as doubles, NaN where a data frame has pandas.NA."""
    if hasattr(table, "toarray"):
        table = table.toarray()
    if isinstance(table, pd.DataFrame):
        return table.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(table, dtype=np.float64)


def _apart(search: Any, rows: NDArray[np.float64], asked: int | None) -> NDArray[np.bool_]:
    """Tell whether the last of the nearest neighbours is nearer than the next one."""
    count = int(asked or getattr(search, "n_neighbors_", search.n_neighbors))
    others = min(count + MOST_EQUAL, search.n_samples_fit_)
    distances, places = search.kneighbors(rows, n_neighbors=others)
    noise = np.zeros(len(rows))
    same = np.zeros(len(rows), dtype=bool)
    if search._fit_method == "brute" and search.effective_metric_ in ("euclidean", "sqeuclidean"):
        known = search._fit_X
        squares = known.multiply(known) if hasattr(known, "multiply") else known * known
        norms = np.maximum((rows**2).sum(axis=1), squares.sum(axis=1).max())
        distances, noise = distances**2, PRODUCT_ROUNDING * norms
        same = _by_rounding(search) & (distances[:, 0] <= SAME_POINT * norms)
    elif search.effective_metric_ == "cosine":
        noise += PRODUCT_ROUNDING
    targets = getattr(search, "_y", np.arange(search.n_samples_fit_))
    complete = others == search.n_samples_fit_
    return ~same & _settled(distances, targets[places], count, noise, complete=complete)


def _nearest(
    search: AffinityPropagation, rows: NDArray[np.float64], _: int | None
) -> NDArray[np.bool_]:
    """Tell whether one centre is nearer than all others: they are rows of training themselves."""
    centres = _dense(search.cluster_centers_)
    if len(centres) < 2:
        return np.ones(len(rows), dtype=bool)
    squares = nan_euclidean_distances(rows, centres, squared=True)
    nearest = np.sort(squares, axis=1)[:, :2]
    norms = np.maximum((rows**2).sum(axis=1), (centres**2).sum(axis=1).max())
    decided: NDArray[np.bool_] = nearest[:, 1] - nearest[:, 0] > PRODUCT_ROUNDING * norms
    return decided


def _settled(
    distances: NDArray[np.float64],
    values: NDArray[Any],
    count: int,
    noise: NDArray[np.float64],
    *,
    complete: bool,
) -> NDArray[np.bool_]:
    """Tell whether any `count` nearest neighbours have the same values.

    Of each row, `distances` [N, neighbours] are those of its nearest neighbours in their order,
    all that there are if `complete`, and `values` [N, neighbours, ...] what these would answer.
    """
    last = distances[:, count - 1 : count]
    tied = ~(np.abs(distances - last) > ROUNDING * np.abs(last) + noise[:, np.newaxis])
    tied &= ~np.isnan(distances)
    equal = values == values[:, count - 1 : count]
    alike = (equal.reshape(*distances.shape, -1).all(axis=2) | ~tied).all(axis=1)
    if not complete:
        alike &= ~tied[:, -1]
    settled: NDArray[np.bool_] = alike | ~tied[:, count:].any(axis=1)
    return settled


def _completed(imputer: KNNImputer, rows: NDArray[np.float64], _: int | None) -> NDArray[np.bool_]:
    """Tell the same of the donors of every missing value of a row."""
    parts = [
        _given(imputer, rows[start : start + ROWS_AT_ONCE])
        for start in range(0, len(rows), ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _given(imputer: KNNImputer, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    marker = imputer.missing_values
    missing = np.isnan(rows) if np.isnan(marker) else rows == marker
    known = np.where(imputer._mask_fit_X, 0.0, imputer._fit_X)
    norms = np.maximum((np.where(missing, 0.0, rows) ** 2).sum(axis=1), (known**2).sum(1).max())
    squares = nan_euclidean_distances(rows, imputer._fit_X, squared=True, missing_values=marker)
    noise = PRODUCT_ROUNDING * norms * rows.shape[1]
    kept = np.ones(len(rows), dtype=bool)
    for column in np.flatnonzero(missing.any(axis=0) & imputer._valid_mask):
        donors = np.flatnonzero(~imputer._mask_fit_X[:, column])
        order = np.argsort(squares[:, donors], axis=1)
        distances = np.take_along_axis(squares[:, donors], order, axis=1)
        values = imputer._fit_X[donors, column][order]
        count = min(imputer.n_neighbors, len(donors))
        told = _settled(distances, values, count, noise, complete=True)
        if imputer.weights == "distance":
            told &= ~(distances[:, 0] <= SAME_POINT * norms)
        kept &= told | ~missing[:, column]
    return kept
