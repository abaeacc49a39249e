"""The orders in which KNNImputer may add what its donors have.

Which of them come first is what numpy's partial sort leaves: the nearest ones on processors with
AVX-512 or AVX2, any order on others, and wherever one of the distances is not defined. Among
donors that are equally far rounding decides. The last bit of a mean hangs on it, and so does the
side of a threshold that such a mean was in training.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import KNNImputer

from export.ties import parts_of

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


def orders_in(estimator: Any) -> tuple[Order, ...]:
    """Return the orders to try: none for an estimator in which no imputer adds up donors."""
    return ORDERS if next(_imputers(estimator), None) is not None else ()


@contextmanager
def adding_in(order: Order, estimator: Any) -> Iterator[None]:
    """Have every imputer inside an estimator add up its donors in this order."""

    def mean(
        distances: NDArray[np.float64], count: int, column: NDArray[np.float64], _: Any
    ) -> NDArray[np.float64]:
        near = _nearest(distances, distances)[:, :count]
        distances, values = np.take_along_axis(distances, near, axis=1), column[near]
        places = order(distances, values)
        known = ~np.isnan(np.take_along_axis(distances, places, axis=1))
        added = np.where(known, np.take_along_axis(values, places, axis=1), 0.0)
        total: NDArray[np.float64] = added.sum(axis=1) / known.sum(axis=1)
        return total

    imputers = list(_imputers(estimator))
    with ExitStack() as stack:
        for imputer in imputers:
            vars(imputer)["_calc_impute"] = mean
            stack.callback(vars(imputer).pop, "_calc_impute")
        yield


def _imputers(estimator: Any) -> Iterator[KNNImputer]:
    """Yield the imputers whose means are sums of donors alone, divided by how many these are."""
    for part in parts_of(estimator, set()):
        if isinstance(part, KNNImputer) and part.weights == "uniform":
            yield part
