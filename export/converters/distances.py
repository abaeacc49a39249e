"""Distances from the rows to points that training found, in the order of scikit-learn's sums."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.graph import Graph
from export.converters.values import TensorName


def squared_distances(graph: Graph, x: TensorName, points: NDArray[Any]) -> TensorName:
    """Return the squared Euclidean distances from `[N, k]` to `points`, `[N, points]`.

    As `(|x|² - 2 x·p) + |p|²`, which scikit-learn computes in this order and for which equal
    distances come out equal: a tie is broken as it breaks it.
    """
    points = np.asarray(points, dtype=np.float64)
    own = graph.op("ReduceSumSquare", x, np.array([1]), keepdims=1)
    middle = graph.op("MatMul", x, -2.0 * points.T)
    norms = np.einsum("ij,ij->i", points, points).reshape(1, -1)
    distances = graph.op("Add", graph.op("Add", own, middle), norms)
    return graph.op("Max", distances, np.array(0.0))
