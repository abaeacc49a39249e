"""Kernels: how alike each row is to each of some given rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.arithmetic import in_order
from export.converters.distances import cosines, squared_distances, summed_distances
from export.converters.graph import Graph
from export.converters.sparsity import dense
from export.converters.values import TensorName

Rows = NDArray[np.float64]
NAMES = (
    "additive_chi2",
    "chi2",
    "cosine",
    "laplacian",
    "linear",
    "poly",
    "polynomial",
    "rbf",
    "sigmoid",
)


def kernel(
    graph: Graph,
    estimator: object,
    x: TensorName,
    rows: Any,
    *,
    name: Any,
    parameters: Mapping[str, Any],
) -> TensorName:
    """Return the kernel of x [N, columns] with `rows` [rows, columns], as [N, rows].

    `name` and `parameters` are those of `sklearn.metrics.pairwise.pairwise_kernels`; a gamma
    that is not given is 1 / columns, but for chi2: 1. Raises ConversionError for others.
    """
    if name not in NAMES:
        called = f"its kernel is {name!r}" if isinstance(name, str) else "its kernel is a function"
        known = ", ".join(NAMES)
        raise graph.refuse(estimator, f"{called}; the kernels that convert: {known}.")
    rows = dense(rows)
    given = {key: value for key, value in parameters.items() if value is not None}
    gamma = float(given.get("gamma", 1.0 if name == "chi2" else 1.0 / rows.shape[1]))
    if name in ("rbf", "laplacian", "chi2", "additive_chi2"):
        return _of_distances(graph, estimator, x, rows, name=name, gamma=gamma)
    if name == "cosine":
        return cosines(graph, x, rows)
    products = graph.op("MatMul", x, rows.T)
    if name == "linear":
        return products
    shifted = graph.op("Add", graph.op("Mul", products, gamma), float(given.get("coef0", 1.0)))
    if name == "sigmoid":
        return graph.op("Tanh", shifted)
    return graph.op("Pow", shifted, float(given.get("degree", 3)))


def gaussian(graph: Graph, distances: TensorName, gamma: float) -> TensorName:
    """Return `exp(-gamma * distances)`."""
    return graph.op("Exp", graph.op("Mul", distances, -float(gamma)))


def _of_distances(
    graph: Graph, estimator: object, x: TensorName, rows: Rows, *, name: str, gamma: float
) -> TensorName:
    """Return a kernel that falls as the distance grows."""
    if name == "rbf":
        return gaussian(graph, squared_distances(graph, x, rows), gamma)
    if name == "laplacian":
        measured = summed_distances(graph, estimator, x, rows, "manhattan")
        return gaussian(graph, measured, gamma)
    measured = _chi_squared(graph, x, rows)
    return gaussian(graph, measured, gamma) if name == "chi2" else graph.op("Neg", measured)


def _chi_squared(graph: Graph, x: TensorName, rows: Rows) -> TensorName:
    """Add up, over the columns, the squared differences relative to the sums; 0 for 0 and 0."""
    terms = []
    for column, known in enumerate(rows.T):
        number = graph.column(x, column)
        difference = graph.op("Sub", number, known.reshape(1, -1))
        total = graph.op("Add", number, known.reshape(1, -1))
        safe = graph.op("Where", graph.op("Equal", total, 0.0), 1.0, total)
        square = graph.op("Mul", difference, difference)
        terms.append(graph.op("Div", square, safe))
    return in_order(graph, terms)
