"""Embeddings that place a row by its nearest training rows."""

import numpy as np
from sklearn.manifold import Isomap, LocallyLinearEmbedding

from export.converters.arithmetic import row_sum
from export.converters.decomposition import kernel_projected
from export.converters.graph import Graph
from export.converters.neighbors import k_nearest
from export.converters.registry import converts
from export.converters.values import Frame, TensorName


@converts(Isomap, exact=False)
def isomap(graph: Graph, step: Isomap, frame: Frame) -> Frame:
    """Go by way of the nearest training rows: the shortest way to each, squared, is projected."""
    if step.n_neighbors is None:
        raise graph.refuse(step, "it goes by a radius (n_neighbors=None); set n_neighbors.")
    found = k_nearest(graph, step.nbrs_, frame, step.n_neighbors)
    ways = found.values(graph, np.asarray(step.dist_matrix_, dtype=np.float64))
    ways = graph.op("Add", ways, graph.op("Unsqueeze", found.distances, np.array([2])))
    shortest = graph.op("ReduceMin", ways, np.array([1]), keepdims=0)
    squared = graph.op("Mul", graph.op("Mul", shortest, shortest), -0.5)
    return kernel_projected(graph, step.kernel_pca_, squared)


@converts(LocallyLinearEmbedding, exact=False)
def locally_linear(graph: Graph, step: LocallyLinearEmbedding, frame: Frame) -> Frame:
    """Answer the mean of the neighbours' places, by the weights that make the row of its own."""
    count = step.n_neighbors
    found = k_nearest(graph, step.nbrs_, frame, count)
    known = found.values(graph, np.asarray(step.nbrs_._fit_X, dtype=np.float64))
    here = graph.op("Unsqueeze", graph.numeric(frame, step), np.array([1]))
    away = graph.op("Sub", known, here)
    products = graph.op("MatMul", away, graph.op("Transpose", away, perm=[0, 2, 1]))
    trace = graph.op("Mul", products, np.eye(count))
    trace = graph.op("ReduceSum", trace, np.array([1, 2]), keepdims=1)
    share = graph.op("Mul", trace, float(step.reg))
    share = graph.op("Where", graph.op("Greater", trace, 0.0), share, float(step.reg))
    system = graph.op("Add", products, graph.op("Mul", share, np.eye(count)))
    weights = graph.reshape(_solved_for_ones(graph, system, count), -1, count)
    weights = graph.op("Div", weights, row_sum(graph, weights))
    places = found.values(graph, np.asarray(step.embedding_, dtype=np.float64))
    weights = graph.op("Unsqueeze", weights, np.array([1]))
    mean = graph.op("Squeeze", graph.op("MatMul", weights, places), np.array([1]))
    return Frame.of(mean, step.embedding_.shape[1])


def _solved_for_ones(graph: Graph, system: TensorName, count: int) -> TensorName:
    """Solve each of the positive definite systems [N, count, count] for ones, [N, count, 1].

    By elimination: a column after another becomes that of the unit matrix.
    """
    ones = graph.op("ReduceSum", system, np.array([2]), keepdims=1)
    ones = graph.op("Add", graph.op("Mul", ones, 0.0), 1.0)
    rows = graph.op("Concat", system, ones, axis=2)
    for pivot in range(count):
        place = np.array([pivot])
        row = graph.op("Gather", rows, place, axis=1)
        unit = graph.op("Div", row, graph.op("Gather", row, place, axis=2))
        others = (np.arange(count) != pivot).astype(np.float64).reshape(1, -1, 1)
        factor = graph.op("Mul", graph.op("Gather", rows, place, axis=2), others)
        kept = graph.op("Sub", rows, graph.op("Mul", factor, unit))
        rows = graph.op("Where", others == 0, unit, kept)
    return graph.op("Gather", rows, np.array([count]), axis=2)
