"""Gaussian processes: the posterior mean, and the probability of one of two classes."""

import math

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process._gpc import COEFS, LAMBDAS, _BinaryGaussianProcessClassifierLaplace

from export.converters.arithmetic import flag, row_sum, with_complement
from export.converters.covariances import covariance, variance
from export.converters.graph import Graph
from export.converters.mathematics import erf
from export.converters.registry import convert, converts
from export.converters.values import Answer, Classified, Frame, Regressed, TensorName

MOST_LOST = 1e-10
"""Above that, no two programs agree to 1e-12, nor scikit-learn on two machines."""
SOME = 100
"""It is asked of so many training rows."""
EPSILON = 2.0**-53
_NODES = 10
"""Of Gauss and Legendre's rule, which is then exact to the last bit."""


@converts(GaussianProcessRegressor, exact=False)
def regressor(graph: Graph, model: GaussianProcessRegressor, frame: Frame) -> Regressed:
    """Answer the mean of the posterior."""
    lost = _lost(model)
    if lost > MOST_LOST:
        raise graph.refuse(
            model,
            f"rounding alone changes its answers by {lost:.0e} of themselves, because far greater "
            "numbers cancel in them; fit it with normalize_y=True, or with narrower bounds of its "
            "kernel, such as DotProduct's sigma_0_bounds.",
        )
    kernel = covariance(graph, model, model.kernel_, frame, model.X_train_)
    weights = np.asarray(model.alpha_, dtype=np.float64)
    mean = graph.op("MatMul", kernel, weights.reshape(len(weights), -1))
    mean = graph.op("Add", graph.op("Mul", mean, model._y_train_std), model._y_train_mean)
    several = weights.ndim == 2 and weights.shape[1] > 1
    return Regressed(mean if several else graph.reshape(mean, -1))


def _lost(model: GaussianProcessRegressor) -> float:
    """Return what rounding of its sum changes of an answer, relatively, in the median."""
    weights = np.asarray(model.alpha_, dtype=np.float64).reshape(len(model.alpha_), -1)
    kernel = model.kernel_(model.X_train_[:SOME], model.X_train_)
    answer = np.abs(kernel @ weights + model._y_train_mean / model._y_train_std)
    greatest = np.abs(kernel) @ np.abs(weights)
    smallest = np.finfo(np.float64).tiny
    return float(np.median(EPSILON * greatest / np.maximum(answer, smallest)))


@converts(GaussianProcessClassifier, exact=False)
def classifier(graph: Graph, model: GaussianProcessClassifier, frame: Frame) -> Answer:
    """Answer what the process of two classes answers, or those of one class against the rest."""
    with graph.step("base_estimator_"):
        return convert(graph, model.base_estimator_, frame)


@converts(_BinaryGaussianProcessClassifierLaplace, exact=False)
def binary_classifier(
    graph: Graph, model: _BinaryGaussianProcessClassifierLaplace, frame: Frame
) -> Classified:
    """Answer by the sign of the latent mean; average the logistic function over the latent."""
    kernel = covariance(graph, model, model.kernel_, frame, model.X_train_)
    weights = (model.y_train_ - model.pi_).reshape(-1, 1)
    mean = graph.op("MatMul", kernel, weights)
    whitening = solve_triangular(model.L_, np.diag(model.W_sr_), lower=True)
    explained = graph.op("MatMul", kernel, whitening.T)
    explained = row_sum(graph, graph.op("Mul", explained, explained))
    spread = graph.op("Sub", variance(graph, model, model.kernel_, frame), explained)
    positive = _averaged(graph, mean, spread)
    index = flag(graph, graph.op("Greater", mean, 0.0))
    return Classified(index, with_complement(graph, positive))


def _averaged(graph: Graph, mean: TensorName, spread: TensorName) -> TensorName:
    """Return the mean of the logistic function of a normal variable, [N, 1].

    scikit-learn adds five error functions of arguments that hardly differ (C. K. I. Williams,
    D. Barber: Bayesian classification with Gaussian processes, 1998, appendix A). Their
    weights are up to 3,500 and add up to 1, so its sum carries rounding up to 1e-12. Here all
    but the middle one are that one and an integral from its argument to theirs, by Gauss and
    Legendre's rule, so that little rounding is added to scikit-learn's own.
    """
    scales, weights = LAMBDAS.ravel(), COEFS.ravel()
    middle = int(np.argsort(scales)[len(scales) // 2])
    others = np.delete(np.arange(len(scales)), middle)
    widening = graph.op("Add", graph.op("Mul", spread, 2.0 * scales**2), 1.0)
    slopes = graph.op("Div", scales, graph.op("Sqrt", widening))
    wide, slope = graph.column(widening, middle), graph.column(slopes, middle)
    wides, steep = (graph.op("Gather", each, others, axis=1) for each in (widening, slopes))
    below = graph.op("Mul", graph.op("Mul", wides, wide), graph.op("Add", steep, slope))
    apart = graph.op("Div", scales[others] ** 2 - scales[middle] ** 2, below)
    start, way = graph.op("Mul", mean, slope), graph.op("Mul", mean, apart)
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    steps = graph.op("Mul", graph.reshape(way, -1, len(others), 1), (nodes + 1) / 2)
    places = graph.op("Add", graph.reshape(start, -1, 1, 1), steps)
    bells = graph.op("Exp", graph.op("Neg", graph.op("Mul", places, places)))
    rises = graph.op("Mul", graph.op("MatMul", bells, shares / np.sqrt(np.pi)), way)
    total = graph.op("MatMul", rises, weights[others].reshape(-1, 1) / 2)
    whole = graph.op("Mul", erf(graph, start), math.fsum(weights) / 2)
    return graph.op("Add", graph.op("Add", total, whole), 0.5 * float(weights.sum()))
