"""Support vector machines of libsvm: a weighted sum of kernels with the support vectors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from export.converters.arithmetic import first_greatest, flag
from export.converters.coupling import coupled
from export.converters.ensembles import sum_in_order
from export.converters.graph import Graph
from export.converters.kernels import svm_kernel
from export.converters.multiclass import vote_scores
from export.converters.registry import converts
from export.converters.sparsity import dense
from export.converters.values import Classified, Flagged, Frame, Regressed, TensorName

MOST_PAIRS_IN_ORDER = 3
"""Of more pairs of classes, adding in order would take longer than scikit-learn does."""


@converts(SVR, NuSVR, exact=False)
def support_vector_regressor(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the weighted sum."""
    return Regressed(graph.reshape(_sums(graph, model, frame), -1))


@converts(OneClassSVM, exact=False)
def one_class_svm(graph: Graph, model: OneClassSVM, frame: Frame) -> Flagged:
    """Answer the signed distance to the boundary; an outlier's is 0 or less."""
    scores = graph.reshape(_sums(graph, model, frame), -1)
    inside = graph.op("Greater", scores, 0.0)
    return Flagged(graph.op("Where", inside, np.array(1), np.array(-1)), scores)


@converts(SVC, NuSVC, exact=False)
def support_vector_classifier(graph: Graph, model: Any, frame: Frame) -> Classified:
    """Answer the class that wins most pairs, or by `break_ties` the one of the best score."""
    sums = _sums(graph, model, frame)
    classes = len(model.classes_)
    probabilities = None
    if model._probA.size:
        probabilities = coupled(graph, sums, model._probA, model._probB, classes)
    if classes == 2:
        # The sum speaks for the first class, the score for the second.
        index = flag(graph, graph.op("LessOrEqual", sums, 0.0))
        return Classified(index, probabilities, graph.reshape(graph.op("Neg", sums), -1))
    second_wins = graph.cast(graph.op("LessOrEqual", sums, 0.0), np.float64)
    index = first_greatest(graph, _votes(graph, second_wins, classes))
    if model.decision_function_shape == "ovo":
        return Classified(index, probabilities, sums)
    against = graph.cast(graph.op("Less", sums, 0.0), np.float64)
    scores = vote_scores(graph, against, graph.op("Neg", sums), classes)
    if model.break_ties:
        index = first_greatest(graph, scores)
    return Classified(index, probabilities, scores)


def _sums(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return libsvm's decision values, float64 [N, pairs of classes] or [N, 1].

    libsvm adds the weighted kernels one after another, and where weights are large another
    order shows. Of few pairs they are added so; what a vector adds to a pair that it is not
    of is 0.
    """
    kernel = svm_kernel(graph, model, graph.numeric(frame, model), dense(model.support_vectors_))
    weights = _weights(model)
    if weights.shape[1] > MOST_PAIRS_IN_ORDER:
        sums = graph.op("MatMul", kernel, weights)
    else:
        terms = graph.op("Mul", graph.op("Unsqueeze", kernel, np.array([2])), weights)
        sums = sum_in_order(graph, terms)
    return graph.op("Add", sums, model._intercept_)


def _weights(model: Any) -> NDArray[np.float64]:
    """Return each support vector's weight in each pair's sum, [vectors, pairs].

    `_dual_coef_` has a row for each other class (libsvm's FAQ): of the pair (i, j), vectors of
    class i have theirs in row j - 1, those of class j in row i.
    """
    dual = dense(model._dual_coef_)
    if len(dual) == 1:
        return dual.T
    counts = model._n_support
    starts = np.concatenate([[0], np.cumsum(counts)])
    spans = [slice(starts[i], starts[i + 1]) for i in range(len(counts))]
    firsts, seconds = np.triu_indices(len(counts), 1)
    weights = np.zeros((dual.shape[1], len(firsts)))
    for pair, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
        weights[spans[first], pair] = dual[second - 1, spans[first]]
        weights[spans[second], pair] = dual[first, spans[second]]
    return weights


def _votes(graph: Graph, second_wins: TensorName, classes: int) -> TensorName:
    """Count the pairs that each class wins, float64 [N, classes]."""
    first, second = np.triu_indices(classes, 1)
    for_first, for_second = np.eye(classes)[first], np.eye(classes)[second]
    won = graph.op("MatMul", second_wins, for_second - for_first)
    return graph.op("Add", won, for_first.sum(axis=0))
