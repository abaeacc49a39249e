"""Estimators that weigh what they saw in training by a kernel."""

from typing import Any

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from export.converters.arithmetic import first_greatest, row_sum
from export.converters.distances import squared_distances
from export.converters.graph import Graph
from export.converters.pairwise import gaussian, kernel
from export.converters.registry import converts
from export.converters.sparsity import dense
from export.converters.values import Classified, Frame, Regressed


@converts(KernelRidge, exact=False)
def kernel_ridge(graph: Graph, model: KernelRidge, frame: Frame) -> Regressed:
    """Answer the weighted sum of kernels with the training rows."""
    given = {"gamma": model.gamma, "degree": model.degree, "coef0": model.coef0}
    x = graph.numeric(frame, model)
    alike = kernel(graph, model, x, model.X_fit_, name=model.kernel, parameters=given)
    weights = np.asarray(model.dual_coef_, dtype=np.float64)
    values = graph.op("MatMul", alike, weights.reshape(len(weights), -1))
    return Regressed(values if weights.ndim == 2 else graph.reshape(values, -1))


def kernel_propagation(graph: Graph, model: Any, frame: Frame) -> Classified:
    """Answer the mean of the training rows' labels, weighed by a Gaussian kernel."""
    if model.kernel != "rbf":
        raise graph.refuse(model, "its kernel is a function of your own; use rbf or knn.")
    squares = squared_distances(graph, graph.numeric(frame, model), dense(model.X_))
    alike = gaussian(graph, squares, model.gamma)
    weighed = graph.op("MatMul", alike, model.label_distributions_)
    probabilities = graph.op("Div", weighed, row_sum(graph, weighed))
    return Classified(first_greatest(graph, probabilities), probabilities)
