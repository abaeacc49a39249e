"""Gradient boosting: a start, and one tree after another added to it.

Scores are bit for bit: a leaf's value is multiplied by the learning rate as scikit-learn does,
then added in the same order. Labels follow from the scores. Probabilities are their logistic
function or softmax, which libraries round differently, so they agree to 4 ulp.
"""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.ensemble._forest import BaseForest
from sklearn.tree import BaseDecisionTree

from export.converters.arithmetic import (
    first_greatest,
    flag,
    sigmoid_of_column,
    softmax,
    with_complement,
)
from export.converters.ensembles import Rows, sum_of_stages
from export.converters.graph import Graph
from export.converters.registry import classify, converts, regress
from export.converters.trees import leaf_values, nodes_of
from export.converters.values import Classified, Frame, Regressed, TensorName

INDIFFERENT = (
    BaseDecisionTree,
    BaseForest,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
"""What answers alike for features in single precision and for the same numbers as doubles."""


@converts(GradientBoostingClassifier, exact=True)
def gradient_boosting_classifier(
    graph: Graph, model: GradientBoostingClassifier, frame: Frame
) -> Classified:
    """Answer by the scores; of two classes the second, from a score of 0 on."""
    scores = _scores(graph, model, frame)
    if model.n_trees_per_iteration_ > 1:
        return multiclass(graph, scores)
    doubled = graph.op("Mul", scores, 2.0) if model.loss == "exponential" else scores
    return binary(graph, scores, graph.op("GreaterOrEqual", scores, 0.0), doubled)


@converts(GradientBoostingRegressor, exact=True)
def gradient_boosting_regressor(
    graph: Graph, model: GradientBoostingRegressor, frame: Frame
) -> Regressed:
    """Answer the sum itself, whatever the loss."""
    return Regressed(graph.reshape(_scores(graph, model, frame), -1))


def binary(graph: Graph, scores: TensorName, positive: TensorName, logit: TensorName) -> Classified:
    """Answer for two classes, from scores, labels and logits of the second, each [N, 1]."""
    graph.exponential = True
    probabilities = with_complement(graph, sigmoid_of_column(graph, logit))
    return Classified(flag(graph, positive), probabilities, graph.reshape(scores, -1))


def multiclass(graph: Graph, scores: TensorName) -> Classified:
    """Answer for three or more classes, from scores [N, classes]."""
    graph.exponential = True
    return Classified(first_greatest(graph, scores), softmax(graph, scores), scores)


def _scores(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return the raw predictions, [N, trees of an iteration]."""
    trees = [each.tree_ for each in model.estimators_.ravel()]
    rows = Rows.of(graph, frame, model, np.float32)
    return sum_of_stages(
        graph,
        [nodes_of(tree) for tree in trees],
        rows,
        [model.learning_rate * leaf_values([tree]).ravel() for tree in trees],
        _start(graph, model, rows),
        columns=model.n_trees_per_iteration_,
    )


def _start(graph: Graph, model: Any, rows: Rows) -> TensorName | NDArray[np.float64]:
    """Return what the trees' values are added to: [columns], or a tensor [N, columns]."""
    init = model.init_
    if isinstance(init, (str, DummyClassifier, DummyRegressor)):
        if getattr(init, "_strategy", None) in ("stratified", "uniform"):
            raise graph.refuse(model, 'its init answers at random; use init=None or "zero".')
        start: NDArray[np.float64] = model._raw_predict_init(np.zeros((1, rows.width)))[0]
        return start
    if not isinstance(init, INDIFFERENT):
        raise graph.refuse(
            model,
            f"it gives its init, {type(init).__name__}, features in single precision, and what "
            'that computes with them is rounded; use init=None, "zero" or trees.',
        )
    frame = Frame.of(rows.doubled(graph).x, rows.width)
    with graph.step("init_"):
        if not is_classifier(init):
            return graph.reshape(regress(graph, init, frame), -1, 1)
        probabilities = classify(graph, init, frame).probabilities
    graph.exact = False
    return _linked(graph, model, cast("TensorName", probabilities))


def _linked(graph: Graph, model: Any, probabilities: TensorName) -> TensorName:
    """Return the scores that stand for probabilities, as scikit-learn's link functions do."""
    least = np.finfo(np.float64).eps
    clipped = graph.op("Clip", probabilities, least, 1 - least)
    if model.n_trees_per_iteration_ > 1:
        logs = graph.op("Log", clipped)
        return graph.op("Sub", logs, graph.op("ReduceMean", logs, np.array([1])))
    positive = graph.column(clipped, 1)
    odds = graph.op("Log", graph.op("Div", positive, graph.op("Sub", 1.0, positive)))
    return graph.op("Mul", odds, 0.5) if model.loss == "exponential" else odds
