"""Gaussian mixtures: each component's log-density and weight, and their shares."""

from typing import Any

import numpy as np
from scipy.special import digamma
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from export.converters.arithmetic import first_greatest, from_logarithms, row_sum
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Clustered, Frame, TensorName


@converts(GaussianMixture, exact=False)
def gaussian_mixture(graph: Graph, model: GaussianMixture, frame: Frame) -> Clustered:
    """Answer the component of the greatest weighted density, and each one's share."""
    density = _log_densities(graph, model, frame)
    return _clustered(graph, graph.op("Add", density, np.log(model.weights_)))


@converts(BayesianGaussianMixture, exact=False)
def bayesian_mixture(graph: Graph, model: BayesianGaussianMixture, frame: Frame) -> Clustered:
    """Answer as a mixture does, with the expected logarithms of densities and weights."""
    features = model.means_.shape[1]
    freedom = model.degrees_of_freedom_
    degrees = freedom - np.arange(features)[:, np.newaxis]
    expected = features * np.log(2.0) + np.sum(digamma(0.5 * degrees), axis=0)
    density = _log_densities(graph, model, frame)
    density = graph.op("Sub", density, 0.5 * features * np.log(freedom))
    density = graph.op("Add", density, 0.5 * (expected - features / model.mean_precision_))
    return _clustered(graph, graph.op("Add", density, model._estimate_log_weights()))


def _clustered(graph: Graph, values: TensorName) -> Clustered:
    label = first_greatest(graph, values)
    return Clustered(label, probabilities=from_logarithms(graph, values))


def _log_densities(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return the logarithm of each component's density, float64 [N, components]."""
    x = graph.numeric(frame, model)
    features = model.means_.shape[1]
    precisions = model.precisions_cholesky_
    quadratic = {
        "full": _full,
        "tied": _full,
        "diag": _diagonal,
        "spherical": _spherical,
    }[model.covariance_type](graph, x, model.means_, precisions)
    halves = graph.op("Mul", graph.op("Add", quadratic, features * np.log(2 * np.pi)), -0.5)
    return graph.op("Add", halves, _log_determinants(precisions, model.covariance_type, features))


def _full(graph: Graph, x: TensorName, means: Any, precisions: Any) -> TensorName:
    columns = []
    for component, mean in enumerate(means):
        factor = precisions if precisions.ndim == 2 else precisions[component]
        centred = graph.op("Sub", graph.op("MatMul", x, factor), mean @ factor)
        columns.append(row_sum(graph, graph.op("Mul", centred, centred)))
    return graph.concat(columns)


def _diagonal(graph: Graph, x: TensorName, means: Any, factors: Any) -> TensorName:
    precisions = factors**2
    products = graph.op("MatMul", x, (means * precisions).T)
    total = graph.op("Sub", np.sum(means**2 * precisions, axis=1), graph.op("Mul", products, 2.0))
    return graph.op("Add", total, graph.op("MatMul", graph.op("Mul", x, x), precisions.T))


def _spherical(graph: Graph, x: TensorName, means: Any, factors: Any) -> TensorName:
    precisions = factors**2
    products = graph.op("Mul", graph.op("MatMul", x, means.T), precisions)
    total = graph.op("Sub", np.sum(means**2, axis=1) * precisions, graph.op("Mul", products, 2.0))
    own = graph.op("ReduceSumSquare", x, np.array([1]), keepdims=1)
    return graph.op("Add", total, graph.op("Mul", own, precisions.reshape(1, -1)))


def _log_determinants(factors: Any, kind: str, features: int) -> Any:
    """Return the logarithm of each component's Cholesky determinant, one or one for each."""
    if kind == "full":
        return np.sum(np.log(np.diagonal(factors, axis1=1, axis2=2)), axis=1)
    if kind == "tied":
        return float(np.sum(np.log(np.diag(factors))))
    if kind == "diag":
        return np.sum(np.log(factors), axis=1)
    return features * np.log(factors)
