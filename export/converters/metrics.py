"""Metrics of neighbours beyond Minkowski's, as scikit-learn's `DistanceMetric` defines them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.arithmetic import in_order, row_sum
from export.converters.graph import Graph
from export.converters.trigonometry import arcsin
from export.converters.values import TensorName

Points = NDArray[np.float64]


def canberra(graph: Graph, x: TensorName, points: Points, _: Mapping[str, Any]) -> TensorName:
    """Add up the differences, each relative to the sizes of both numbers."""
    terms = []
    for column, known, size in _features(graph, x, points):
        sizes = graph.op("Add", size, np.abs(known))
        safe = graph.op("Where", graph.op("Equal", sizes, 0.0), 1.0, sizes)
        terms.append(graph.op("Div", graph.op("Abs", graph.op("Sub", column, known)), safe))
    return in_order(graph, terms)


def bray_curtis(graph: Graph, x: TensorName, points: Points, _: Mapping[str, Any]) -> TensorName:
    """Divide the sum of the differences by the sum of the sizes; 0 where all is 0."""
    apart, sizes = [], []
    for column, known, size in _features(graph, x, points):
        apart.append(graph.op("Abs", graph.op("Sub", column, known)))
        sizes.append(graph.op("Add", size, np.abs(known)))
    total = in_order(graph, sizes)
    safe = graph.op("Where", graph.op("Equal", total, 0.0), 1.0, total)
    return graph.op("Div", in_order(graph, apart), safe)


def hamming(graph: Graph, x: TensorName, points: Points, _: Mapping[str, Any]) -> TensorName:
    """Return the share of features that differ."""
    different = [
        graph.cast(graph.op("Not", graph.op("Equal", column, known)), np.float64)
        for column, known, _ in _features(graph, x, points)
    ]
    return graph.op("Div", in_order(graph, different), float(points.shape[1]))


def haversine(graph: Graph, x: TensorName, points: Points, _: Mapping[str, Any]) -> TensorName:
    """Return the angle between points of a sphere, given as latitude and longitude."""
    halves = [
        graph.op("Sin", graph.op("Mul", graph.op("Sub", column, known), 0.5))
        for column, known, _ in _features(graph, x, points)
    ]
    squares = [graph.op("Mul", half, half) for half in halves]
    cosines = graph.op("Mul", graph.op("Cos", graph.column(x, 0)), np.cos(points[:, :1]).T)
    total = graph.op("Add", squares[0], graph.op("Mul", cosines, squares[1]))
    return graph.op("Mul", arcsin(graph, graph.op("Sqrt", total)), 2.0)


def standardized(
    graph: Graph, x: TensorName, points: Points, parameters: Mapping[str, Any]
) -> TensorName:
    """Return the Euclidean distance, each squared difference divided by a variance."""
    variances = np.ravel(parameters["V"]).astype(np.float64)
    terms = []
    for feature, (column, known, _) in enumerate(_features(graph, x, points)):
        difference = graph.op("Sub", column, known)
        square = graph.op("Mul", difference, difference)
        terms.append(graph.op("Div", square, float(variances[feature])))
    return graph.op("Sqrt", in_order(graph, terms))


def mahalanobis(
    graph: Graph, x: TensorName, points: Points, parameters: Mapping[str, Any]
) -> TensorName:
    """Return the Euclidean distance in the space that the inverse covariance makes."""
    inverse = parameters["VI"] if "VI" in parameters else np.linalg.inv(parameters["V"])
    values, vectors = np.linalg.eigh(np.asarray(inverse, dtype=np.float64))
    turned = vectors * np.sqrt(np.maximum(values, 0.0))
    terms = []
    for column, known, _ in _features(graph, graph.op("MatMul", x, turned), points @ turned):
        difference = graph.op("Sub", column, known)
        terms.append(graph.op("Mul", difference, difference))
    return graph.op("Sqrt", in_order(graph, terms))


def of_sets(name: str) -> Callable[..., TensorName]:
    """Return a metric of two sets, of the features that are not 0 in each row."""

    def build(graph: Graph, x: TensorName, points: Points, _: Mapping[str, Any]) -> TensorName:
        has = graph.cast(graph.op("Not", graph.op("Equal", x, 0.0)), np.float64)
        known = (points != 0).astype(np.float64)
        both = graph.op("MatMul", has, known.T)
        own = row_sum(graph, has)
        sizes = graph.op("Add", own, known.sum(axis=1))
        unequal = graph.op("Sub", sizes, graph.op("Mul", both, 2.0))
        count = float(points.shape[1])
        if name == "russellrao":
            return graph.op("Div", graph.op("Sub", count, both), count)
        if name == "rogerstanimoto":
            doubled = graph.op("Mul", unequal, 2.0)
            return graph.op("Div", doubled, graph.op("Add", unequal, count))
        share = {"dice": 2.0, "jaccard": 1.0, "sokalsneath": 0.5}[name]
        whole = graph.op("Add", graph.op("Mul", both, share), unequal)
        if name == "jaccard":  # of two empty sets 0, where the others are undefined
            whole = graph.op("Where", graph.op("Equal", whole, 0.0), 1.0, whole)
        return graph.op("Div", unequal, whole)

    return build


METRICS: Mapping[str, Callable[..., TensorName]] = {
    "braycurtis": bray_curtis,
    "canberra": canberra,
    "hamming": hamming,
    "haversine": haversine,
    "mahalanobis": mahalanobis,
    "seuclidean": standardized,
    **{
        name: of_sets(name)
        for name in ("dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath")
    },
}
"""Functions `(graph, x, points, parameters)` that return distances, float64 [N, points]."""


def _features(
    graph: Graph, x: TensorName, points: Points
) -> list[tuple[TensorName, Points, TensorName]]:
    """Return each feature's column [N, 1], its values in the points [1, points], and its size."""
    columns = [graph.column(x, feature) for feature in range(points.shape[1])]
    return [
        (column, known.reshape(1, -1), graph.op("Abs", column))
        for column, known in zip(columns, points.T, strict=True)
    ]
