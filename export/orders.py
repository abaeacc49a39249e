"""The orders in which KNNImputer may add what its donors have.

Which of them come first is what numpy's partial sort leaves: the nearest ones on processors with
AVX-512 or AVX2, any order on others, and wherever one of the distances is not defined. Among
donors that are equally far rounding decides. The last bit of a mean hangs on it, and so does the
side of a threshold that such a mean was in training. Weights by distance hang on how products of
matrices are rounded, which the distances are taken from: they are tried at both ends of that.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import KNNImputer

from export.ties import PRODUCT_ROUNDING, parts_of

Order = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int64]]
"""From the distances of donors and their values, both [rows, donors], to their order."""


def _nearest(distances: NDArray[np.float64], _: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(distances, axis=1, kind="stable")


def _last_of_equals(distances: NDArray[np.float64], _: NDArray[np.float64]) -> NDArray[np.int64]:
    backwards = distances.astype(np.float32)[:, ::-1]
    places = np.argsort(backwards, axis=1, kind="stable")
    order: NDArray[np.int64] = distances.shape[1] - 1 - places
    return order


def _ascending(_: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(values, axis=1, kind="stable")


def _descending(_: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(-values, axis=1, kind="stable")


ORDERS: tuple[Order, ...] = (_nearest, _last_of_equals, _ascending, _descending)
FALLING: frozenset[Order] = frozenset((_last_of_equals, _descending))
"""With these, distances are rounded so that means by weights are less; otherwise more."""
FEW_ULP = 2.0**-50
"""What the sums of weights may add to that, relative to the mean."""


def orders_in(estimator: Any) -> tuple[Order, ...]:
    """Return the orders to try: none for an estimator in which no imputer adds up donors."""
    return ORDERS if next(_imputers(estimator), None) is not None else ()


@contextmanager
def adding_in(order: Order, estimator: Any) -> Iterator[None]:
    """Have every imputer inside an estimator add up its donors in this order."""
    with ExitStack() as stack:
        for imputer in list(_imputers(estimator)):
            mean = _weighted if imputer.weights == "distance" else _added
            vars(imputer)["_calc_impute"] = functools.partial(mean, imputer, order)
            stack.callback(vars(imputer).pop, "_calc_impute")
        yield


def _added(
    _: KNNImputer,
    order: Order,
    distances: NDArray[np.float64],
    count: int,
    column: NDArray[np.float64],
    __: Any,
) -> NDArray[np.float64]:
    """Return the mean of the nearest donors, as `KNNImputer._calc_impute` does."""
    distances, values = _donors(distances, count, column)
    places = order(distances, values)
    known = ~np.isnan(np.take_along_axis(distances, places, axis=1))
    added = np.where(known, np.take_along_axis(values, places, axis=1), 0.0)
    total: NDArray[np.float64] = added.sum(axis=1) / known.sum(axis=1)
    return total


def _weighted(
    imputer: KNNImputer,
    order: Order,
    distances: NDArray[np.float64],
    count: int,
    column: NDArray[np.float64],
    _: Any,
) -> NDArray[np.float64]:
    """Return the greatest of their means by distances that are rounded otherwise, or the least."""
    side = -1.0 if order in FALLING else 1.0
    distances, values = _donors(distances, count, column)
    fitted = np.where(imputer._mask_fit_X, 0.0, imputer._fit_X)
    noise = PRODUCT_ROUNDING * (fitted**2).sum(axis=1).max() * fitted.shape[1]
    nearer = side * np.sign(values - _by_distance(distances, values)[:, np.newaxis])
    moved = np.sqrt(np.maximum(distances**2 - nearer * noise, 0.0))
    mean = _by_distance(np.where(distances == 0, 0.0, moved), values)
    return mean + side * FEW_ULP * np.abs(mean)


def _by_distance(
    distances: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the means; those at no distance take all the weight, those at none defined none."""
    at_once = distances == 0
    with np.errstate(divide="ignore"):
        weights = np.where(np.isnan(distances), 0.0, 1 / distances)
    weights = np.where(at_once.any(axis=1, keepdims=True), at_once, weights)
    mean: NDArray[np.float64] = (weights * values).sum(axis=1) / weights.sum(axis=1)
    return mean


def _donors(
    distances: NDArray[np.float64], count: int, column: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distances of the nearest donors and their values, [rows, count]."""
    near = _nearest(distances, distances)[:, :count]
    return np.take_along_axis(distances, near, axis=1), column[near]


def _imputers(estimator: Any) -> Iterator[KNNImputer]:
    """Yield the imputers whose means are sums of donors, divided by how many these are or weigh."""
    for part in parts_of(estimator, set()):
        if isinstance(part, KNNImputer) and part.weights in ("uniform", "distance"):
            yield part
