"""Gaussian processes: the posterior mean, and the probability of one of two classes."""

import numpy as np
from scipy.linalg import solve_triangular
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process._gpc import COEFS, LAMBDAS, _BinaryGaussianProcessClassifierLaplace

from export.converters.arithmetic import flag, row_sum, row_sum_in_order, with_complement
from export.converters.covariances import covariance, variance
from export.converters.graph import Graph
from export.converters.mathematics import erf
from export.converters.registry import convert, converts
from export.converters.values import Answer, Classified, Frame, Regressed


@converts(GaussianProcessRegressor, exact=False)
def regressor(graph: Graph, model: GaussianProcessRegressor, frame: Frame) -> Regressed:
    """Answer the mean of the posterior."""
    kernel = covariance(graph, model, model.kernel_, frame, model.X_train_)
    weights = np.asarray(model.alpha_, dtype=np.float64)
    mean = graph.op("MatMul", kernel, weights.reshape(len(weights), -1))
    mean = graph.op("Add", graph.op("Mul", mean, model._y_train_std), model._y_train_mean)
    several = weights.ndim == 2 and weights.shape[1] > 1
    return Regressed(mean if several else graph.reshape(mean, -1))


@converts(GaussianProcessClassifier, exact=False)
def classifier(graph: Graph, model: GaussianProcessClassifier, frame: Frame) -> Answer:
    """Answer what the process of two classes answers, or those of one class against the rest."""
    with graph.step("base_estimator_"):
        return convert(graph, model.base_estimator_, frame)


@converts(_BinaryGaussianProcessClassifierLaplace, exact=False)
def binary_classifier(
    graph: Graph, model: _BinaryGaussianProcessClassifierLaplace, frame: Frame
) -> Classified:
    """Answer by the sign of the latent mean; average the logistic function over the latent.

    That integral is a sum of five error functions (C. K. I. Williams, D. Barber: Bayesian
    classification with Gaussian processes, 1998, appendix A), in scikit-learn's order.
    """
    kernel = covariance(graph, model, model.kernel_, frame, model.X_train_)
    weights = (model.y_train_ - model.pi_).reshape(-1, 1)
    mean = graph.op("MatMul", kernel, weights)
    whitening = solve_triangular(model.L_, np.diag(model.W_sr_), lower=True)
    explained = graph.op("MatMul", kernel, whitening.T)
    explained = row_sum(graph, graph.op("Mul", explained, explained))
    spread = graph.op("Sub", variance(graph, model, model.kernel_, frame), explained)
    precision = graph.op("Div", 1.0, graph.op("Mul", spread, 2.0))
    scales, coefficients = LAMBDAS.reshape(1, -1), COEFS.reshape(1, -1)
    narrowing = graph.op("Sqrt", graph.op("Div", precision, graph.op("Add", precision, scales**2)))
    values = erf(graph, graph.op("Mul", graph.op("Mul", mean, scales), narrowing))
    # The roots around the error function are worth a half; their rounding is scikit-learn's.
    above = graph.op("Mul", graph.op("Sqrt", graph.op("Div", np.pi, precision)), values)
    doubled = graph.op("Mul", graph.op("Mul", spread, 2.0), np.pi)
    integrals = graph.op("Div", above, graph.op("Mul", graph.op("Sqrt", doubled), 2.0))
    total = row_sum_in_order(graph, graph.op("Mul", integrals, coefficients))
    positive = graph.op("Add", total, 0.5 * float(COEFS.sum()))
    index = flag(graph, graph.op("Greater", mean, 0.0))
    return Classified(index, with_complement(graph, positive))
