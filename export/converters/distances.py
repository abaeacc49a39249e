"""Distances from the rows to points that training found, in the order of scikit-learn's sums."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.graph import Graph
from export.converters.metrics import METRICS
from export.converters.sums import squared_norms
from export.converters.values import TensorName

Points = NDArray[np.float64]
EUCLIDEAN = ("euclidean", "l2")
MANHATTAN = ("manhattan", "cityblock", "l1")
CHEBYSHEV = ("chebyshev", "infinity")
TINY = 10 * np.finfo(np.float64).eps
"""A row that is not as long as this is not divided by its length in scikit-learn."""


def squared_distances(graph: Graph, x: TensorName, points: Points) -> TensorName:
    """Return the squared Euclidean distances from `[N, k]` to `points`, `[N, points]`.

    As `(|x|² - 2 x·p) + |p|²`, which scikit-learn computes in this order and for which equal
    distances come out equal: a tie is broken as it breaks it.
    """
    points = np.asarray(points, dtype=np.float64)
    own = squared_norms(graph, x, points.shape[1])
    middle = graph.op("MatMul", x, -2.0 * points.T)
    norms = np.einsum("ij,ij->i", points, points).reshape(1, -1)
    distances = graph.op("Add", graph.op("Add", own, middle), norms)
    return graph.op("Max", distances, np.array(0.0))


def distances(
    graph: Graph, model: object, x: TensorName, points: Points, metric: str
) -> TensorName:
    """Return the distances by the name of a metric, float64 [N, points].

    Raises ConversionError, naming `model`, for a metric that has no exact form here.
    """
    if metric in EUCLIDEAN:
        return graph.op("Sqrt", squared_distances(graph, x, points))
    if metric == "sqeuclidean":
        return squared_distances(graph, x, points)
    if metric == "cosine":
        return cosine_distances(graph, x, points)
    return summed_distances(graph, model, x, points, metric)


def summed_distances(
    graph: Graph,
    model: object,
    x: TensorName,
    points: Points,
    metric: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    rooted: bool = True,
) -> TensorName:
    """Return the distances that are a sum over the features, one after another, [N, points].

    This is how scikit-learn's trees of neighbours compute every metric. Without `rooted`, the
    root of Minkowski's sum is not taken: the trees compare the sums.
    """
    parameters = parameters or {}
    if metric in METRICS:
        return METRICS[metric](graph, x, points, parameters)
    power = minkowski_power(metric, parameters)
    weights = parameters.get("w")
    if power is None:
        known = ", ".join(sorted({*EUCLIDEAN, *MANHATTAN, *CHEBYSHEV, *METRICS, "cosine"}))
        reason = f"metric={metric!r} has no exact form; those that have one: {known}, minkowski."
        raise graph.refuse(model, reason)
    if np.isinf(power):
        return _over_features(graph, x, points, lambda d, _: graph.op("Abs", d), "Max")

    def term(difference: TensorName, feature: int) -> TensorName:
        if power == 2:
            value = graph.op("Mul", difference, difference)
        else:
            value = graph.op("Abs", difference)
            value = value if power == 1 else graph.op("Pow", value, float(power))
        return value if weights is None else graph.op("Mul", value, float(weights[feature]))

    total = _over_features(graph, x, points, term, "Add")
    if power == 1 or not rooted:
        return total
    return graph.op("Sqrt", total) if power == 2 else graph.op("Pow", total, 1.0 / power)


def minkowski_power(metric: str, parameters: Mapping[str, Any]) -> float | None:
    """Return the power of a metric of Minkowski's family; None for other metrics."""
    powers = {
        **dict.fromkeys(EUCLIDEAN, 2.0),
        **dict.fromkeys(MANHATTAN, 1.0),
        **dict.fromkeys(CHEBYSHEV, np.inf),
        **dict.fromkeys(("minkowski", "p"), parameters.get("p", 2.0)),
    }
    return powers.get(metric)


def summed_squares(graph: Graph, x: TensorName, points: Points) -> TensorName:
    """Return the squared Euclidean distances as a sum over the features, [N, points].

    Slower than a product of matrices, and exact where points are near to each other.
    """
    return _over_features(graph, x, points, lambda d, _: graph.op("Mul", d, d), "Add")


def cosine_distances(graph: Graph, x: TensorName, points: Points) -> TensorName:
    """Return 1 minus the cosine, between 0 and 2; a row of zeros is at a distance of 1."""
    return graph.op("Clip", graph.op("Sub", 1.0, cosines(graph, x, points)), 0.0, 2.0)


def cosines(graph: Graph, x: TensorName, points: Points) -> TensorName:
    """Return the cosines between `[N, k]` and `points`, `[N, points]`; of zeros, 0."""
    lengths = np.sqrt(np.einsum("ij,ij->i", points, points))
    units = points / np.where(lengths < TINY, 1.0, lengths)[:, np.newaxis]
    length = graph.op("Sqrt", squared_norms(graph, x, points.shape[1]))
    length = graph.op("Where", graph.op("Less", length, TINY), 1.0, length)
    return graph.op("MatMul", graph.op("Div", x, length), units.T)


def nearest(
    graph: Graph, model: object, x: TensorName, points: Points, metric: str = "euclidean"
) -> TensorName:
    """Return the index of the nearest point, the first of equals, int64 [N]."""
    metric = "sqeuclidean" if metric in EUCLIDEAN else metric
    measured = distances(graph, model, x, points, metric)
    return graph.op("ArgMin", measured, axis=1, keepdims=0)


def _over_features(
    graph: Graph,
    x: TensorName,
    points: Points,
    term: Callable[[TensorName, int], TensorName],
    join: str,
) -> TensorName:
    """Join one term for each feature, in their order."""
    values = []
    for feature, coordinates in enumerate(np.asarray(points, dtype=np.float64).T):
        difference = graph.op("Sub", graph.column(x, feature), coordinates.reshape(1, -1))
        values.append(term(difference, feature))
    total = values[0]
    for value in values[1:]:
        total = graph.op(join, total, value)
    return total
