"""The kernels of support vector machines, as libsvm computes them."""

from typing import Any

import numpy as np

from export.converters.distances import Points, squared_distances
from export.converters.graph import Graph
from export.converters.pairwise import gaussian
from export.converters.values import TensorName


def centred_squares(graph: Graph, x: TensorName, points: Points) -> TensorName:
    """Return squared Euclidean distances as differences give them, float64 [N, points].

    For kernels that add up squared differences, feature by feature: moving all to the
    points' mean first leaves nothing to cancel in `|x|² - 2 x·p + |p|²`.
    """
    points = np.asarray(points, dtype=np.float64)
    mean = points.mean(axis=0)
    return squared_distances(graph, graph.op("Sub", x, mean), points - mean)


def svm_kernel(graph: Graph, model: Any, x: TensorName, points: Points) -> TensorName:
    """Return libsvm's kernel of a support vector machine, float64 [N, points]."""
    kernel = model.kernel
    if kernel == "rbf":
        return gaussian(graph, centred_squares(graph, x, points), model._gamma)
    if kernel not in ("linear", "poly", "sigmoid"):
        name = kernel if isinstance(kernel, str) else "a function of your own"
        reason = f"its kernel is {name}; use rbf, linear, poly or sigmoid."
        raise graph.refuse(model, reason)
    product = graph.op("MatMul", x, np.asarray(points, dtype=np.float64).T)
    if kernel == "linear":
        return product
    scaled = graph.op("Add", graph.op("Mul", product, float(model._gamma)), float(model.coef0))
    if kernel == "sigmoid":
        return graph.op("Tanh", scaled)
    return _whole_power(graph, scaled, int(model.degree))


def _whole_power(graph: Graph, base: TensorName, exponent: int) -> TensorName:
    """Raise to a whole power by repeated squaring, as libsvm does; to 1 for the power 0."""
    power: TensorName | None = None
    while exponent > 0:
        if exponent % 2:
            power = base if power is None else graph.op("Mul", power, base)
        base = graph.op("Mul", base, base)
        exponent //= 2
    if power is None:
        return graph.op("Pow", base, 0.0)
    return power
