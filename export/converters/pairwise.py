"""Kernels: how alike each row is to each of some given rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.distances import squared_distances
from export.converters.graph import Graph
from export.converters.values import TensorName

NAMES = ("cosine", "linear", "poly", "polynomial", "rbf", "sigmoid")


def kernel(
    graph: Graph,
    estimator: object,
    x: TensorName,
    rows: NDArray[np.float64],
    *,
    name: Any,
    parameters: Mapping[str, Any],
) -> TensorName:
    """Return the kernel of x [N, columns] with `rows` [rows, columns], as [N, rows].

    `name` and `parameters` are those of `sklearn.metrics.pairwise.pairwise_kernels`; a gamma
    that is not given is 1 / columns. Raises ConversionError for other kernels.
    """
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise graph.refuse(estimator, f"its kernel is {name!r}; the kernels that convert: {known}.")
    given = {key: value for key, value in parameters.items() if value is not None}
    gamma = float(given.get("gamma", 1.0 / rows.shape[1]))
    if name == "rbf":
        return graph.op("Exp", graph.op("Mul", squared_distances(graph, x, rows), -gamma))
    if name == "cosine":
        return graph.op("MatMul", _unit(graph, x), _unit_rows(rows).T)
    products = graph.op("MatMul", x, rows.T)
    if name == "linear":
        return products
    shifted = graph.op("Add", graph.op("Mul", products, gamma), float(given.get("coef0", 1.0)))
    if name == "sigmoid":
        return graph.op("Tanh", shifted)
    return graph.op("Pow", shifted, float(given.get("degree", 3)))


def _unit(graph: Graph, x: TensorName) -> TensorName:
    squares = graph.op("ReduceSum", graph.op("Mul", x, x), np.array([1]), keepdims=1)
    length = graph.op("Sqrt", squares)
    tiny = graph.op("Less", length, 10 * np.finfo(np.float64).eps)
    return graph.op("Div", x, graph.op("Where", tiny, 1.0, length))


def _unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return rows / np.where(lengths < 10 * np.finfo(np.float64).eps, 1.0, lengths)
