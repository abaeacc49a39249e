"""Probabilities of many classes from those of every pair, as libsvm couples them.

T.-F. Wu, C.-J. Lin, R. C. Weng: Probability estimates for multi-class classification by
pairwise coupling, JMLR 5 (2004), algorithm 2.
"""

from typing import Any

import numpy as np

from export.converters.arithmetic import row_max, row_sum, sigmoid
from export.converters.graph import Graph
from export.converters.values import TensorName

SMALLEST = 1e-7
"""libsvm keeps a pair's probabilities away from 0 and 1 by this."""
LEAST_ITERATIONS = 100


def coupled(graph: Graph, sums: TensorName, a: Any, b: Any, classes: int) -> TensorName:
    """Return the probabilities of all classes, float64 [N, classes].

    `sums` are the decision values of the pairs, [N, pairs], `a` and `b` Platt's parameters.
    """
    line = graph.op("Add", graph.op("Mul", sums, np.asarray(a)), np.asarray(b))
    first = graph.op("Clip", sigmoid(graph, graph.op("Neg", line)), SMALLEST, 1.0 - SMALLEST)
    matrix = _matrix(graph, first, classes)
    start = graph.op("Mul", graph.op("Gather", matrix, np.array(0), axis=1), 0.0)
    start = graph.op("Add", start, 1.0 / classes)

    def body(inner: Graph, state: tuple[TensorName, ...]) -> tuple[TensorName, ...]:
        return _iterated(inner, *state, classes=classes)

    trips = max(LEAST_ITERATIONS, classes)
    return graph.loop(trips, ((start, 2), (matrix, 3)), body)[0]


def _matrix(graph: Graph, first: TensorName, classes: int) -> TensorName:
    """Return the matrix Q of each row, [N, classes, classes], whose form p minimizes.

    `first` are the probabilities of each pair's first class, [N, pairs].
    """
    both = graph.concat([first, graph.op("Sub", 1.0, first)])
    upper = np.triu_indices(classes, 1)
    pairs = len(upper[0])
    place = np.zeros((classes, classes), dtype=np.int64)
    place[upper] = np.arange(pairs)
    place.T[upper] = np.arange(pairs, 2 * pairs)
    against = graph.reshape(graph.op("Gather", both, place.ravel(), axis=1), -1, classes, classes)
    against = graph.op("Mul", against, 1.0 - np.eye(classes))
    turned = graph.op("Transpose", against, perm=[0, 2, 1])
    squares = graph.op("ReduceSum", graph.op("Mul", turned, turned), np.array([2]), keepdims=1)
    products = graph.op("Mul", against, turned)
    return graph.op("Sub", graph.op("Mul", squares, np.eye(classes)), products)


def _iterated(
    graph: Graph, p: TensorName, matrix: TensorName, *, classes: int
) -> tuple[TensorName, ...]:
    """Improve each row's probabilities once, class by class; rows that are done stay.

    Returns whether any row went on, then the state.
    """
    product = graph.op("MatMul", matrix, graph.op("Unsqueeze", p, np.array([2])))
    gradient = graph.op("Squeeze", product, np.array([2]))
    value = row_sum(graph, graph.op("Mul", p, gradient))
    error = row_max(graph, graph.op("Abs", graph.op("Sub", gradient, value)))
    active = graph.op("GreaterOrEqual", error, 0.005 / classes)
    improved = p
    for t in range(classes):
        row = graph.op("Gather", matrix, np.array(t), axis=1)
        diagonal = graph.column(row, t)
        slope = graph.column(gradient, t)
        step = graph.op("Div", graph.op("Sub", value, slope), diagonal)
        scale = graph.op("Add", step, 1.0)
        bent = graph.op("Add", graph.op("Mul", step, diagonal), graph.op("Mul", slope, 2.0))
        value = graph.op("Add", value, graph.op("Mul", step, bent))
        value = graph.op("Div", graph.op("Div", value, scale), scale)
        gradient = graph.op("Add", gradient, graph.op("Mul", step, row))
        gradient = graph.op("Div", gradient, scale)
        unit = np.eye(classes)[t : t + 1]
        improved = graph.op("Add", improved, graph.op("Mul", step, unit))
        improved = graph.op("Div", improved, scale)
    chosen = graph.op("Where", active, improved, p)
    any_active = graph.op("ReduceMax", graph.cast(active, np.int64), keepdims=0)
    return graph.cast(any_active, np.bool_), chosen, matrix
