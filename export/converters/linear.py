"""Linear models: one product of matrices, in double.

BLAS and ONNX Runtime may add the products of a row in another order, so these agree to
rounding, not to the bit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    LarsCV,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    MultiTaskElasticNet,
    MultiTaskElasticNetCV,
    MultiTaskLasso,
    MultiTaskLassoCV,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    PassiveAggressiveClassifier,
    PassiveAggressiveRegressor,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    RANSACRegressor,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDOneClassSVM,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)
from sklearn.svm import LinearSVC, LinearSVR

from export.converters.arithmetic import (
    by_sign,
    first_greatest,
    flag,
    shares,
    sigmoid,
    softmax,
    with_complement,
)
from export.converters.graph import Graph
from export.converters.registry import convert, converts
from export.converters.scattered import product
from export.converters.sparsity import dense
from export.converters.values import (
    Answer,
    Classified,
    Flagged,
    Frame,
    MultiLabelled,
    Regressed,
    TensorName,
)

LOG_LINKS = {"LogLink": True, "IdentityLink": False}


@converts(
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    HuberRegressor,
    Lars,
    LarsCV,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    LinearSVR,
    MultiTaskElasticNet,
    MultiTaskElasticNetCV,
    MultiTaskLasso,
    MultiTaskLassoCV,
    OrthogonalMatchingPursuit,
    OrthogonalMatchingPursuitCV,
    PassiveAggressiveRegressor,
    QuantileRegressor,
    Ridge,
    RidgeCV,
    SGDRegressor,
    TheilSenRegressor,
    exact=False,
)
def linear_regressor(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the linear predictor itself."""
    values = linear_scores(graph, model, frame)
    return Regressed(values if np.ndim(model.coef_) == 2 else graph.reshape(values, -1))


@converts(GammaRegressor, PoissonRegressor, TweedieRegressor, exact=False)
def generalized_linear_regressor(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the inverse of the link function of the linear predictor."""
    link = type(model._base_loss.link).__name__
    values = graph.reshape(linear_scores(graph, model, frame), -1)
    return Regressed(graph.op("Exp", values) if LOG_LINKS[link] else values)


@converts(RANSACRegressor, exact=True)
def ransac_regressor(graph: Graph, model: RANSACRegressor, frame: Frame) -> Answer:
    """Answer what the estimator that was fitted on the inliers answers."""
    with graph.step("estimator"):
        return convert(graph, model.estimator_, frame)


@converts(LogisticRegression, LogisticRegressionCV, exact=False)
def logistic_regression(graph: Graph, model: Any, frame: Frame) -> Classified:
    """Answer the logistic function of the scores, or their softmax over three or more classes."""
    scores = linear_scores(graph, model, frame)
    if len(model.classes_) > 2:
        return Classified(first_greatest(graph, scores), softmax(graph, scores), scores)
    return _classified(graph, model, scores, with_complement(graph, sigmoid(graph, scores)))


@converts(SGDClassifier, exact=False)
def sgd_classifier(graph: Graph, model: SGDClassifier, frame: Frame) -> Classified:
    """Answer by the scores; the probabilities never choose the label, whatever the loss.

    With several classes, each has its own probability against the rest, normalized.
    """
    scores = linear_scores(graph, model, frame)
    if model.loss == "log_loss":
        each = sigmoid(graph, scores)
    elif model.loss == "modified_huber":
        clipped = graph.op("Clip", scores, -1.0, 1.0)
        each = graph.op("Div", graph.op("Add", clipped, 1.0), 2.0)
    else:
        return _classified(graph, model, scores)
    if len(model.classes_) == 2:
        return _classified(graph, model, scores, with_complement(graph, each))
    return _classified(graph, model, scores, shares(graph, each, len(model.classes_)))


@converts(LinearSVC, PassiveAggressiveClassifier, Perceptron, exact=False)
def linear_classifier(graph: Graph, model: Any, frame: Frame) -> Classified:
    """Answer the scores; the greatest wins, or the sign of the one score of two classes."""
    return _classified(graph, model, linear_scores(graph, model, frame))


@converts(RidgeClassifier, RidgeClassifierCV, exact=False)
def ridge_classifier(graph: Graph, model: Any, frame: Frame) -> Classified | MultiLabelled:
    """Answer the scores, of classes or, for several labels, of each label by itself."""
    scores = linear_scores(graph, model, frame)
    if model._label_binarizer.y_type_.startswith("multilabel"):
        label = graph.cast(graph.op("Greater", scores, 0.0), np.int64)
        return MultiLabelled(label, scores=scores)
    return _classified(graph, model, scores)


@converts(SGDOneClassSVM, exact=False)
def sgd_one_class_svm(graph: Graph, model: SGDOneClassSVM, frame: Frame) -> Flagged:
    """Answer the distance to the hyperplane less the offset; inliers have 0 or more."""
    distances = product(graph, model, frame, _transposed(model.coef_))
    scores = graph.reshape(graph.op("Sub", distances, np.float64(model.offset_[0])), -1)
    return Flagged(by_sign(graph, scores), scores)


def linear_scores(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return `x @ coef_.T + intercept_`, float64 [N, outputs]."""
    column = np.result_type(*frame.as_array().dtypes or (None,))
    if column.kind != "f" and np.result_type(column, model.coef_.dtype) != np.float64:
        reason = f"its coefficients are of single precision, and so are products with {column}, "
        reason += "which its columns are; make float64 of these, with astype(float), before the fit"
        raise graph.refuse(model, f"{reason}.")
    sums = product(graph, model, frame, _transposed(model.coef_))
    return graph.op("Add", sums, np.asarray(model.intercept_, dtype=np.float64))


def _transposed(coefficients: Any) -> NDArray[np.float64]:
    return np.atleast_2d(dense(coefficients)).T


def _classified(
    graph: Graph, model: Any, scores: TensorName, probabilities: TensorName | None = None
) -> Classified:
    """Choose the class by the scores: one column for two classes, or one for each class."""
    if len(model.classes_) > 2:
        return Classified(first_greatest(graph, scores), probabilities, scores)
    index = flag(graph, graph.op("Greater", scores, 0.0))
    return Classified(index, probabilities, graph.reshape(scores, -1))
