"""AdaBoost: a weighted vote of classifiers, or a weighted median of regressors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor

from export.converters.arithmetic import first_greatest, flag, in_order, softmax
from export.converters.ensembles import Rows, sum_of_trees, tree_values
from export.converters.graph import Graph
from export.converters.registry import classify, converts, regress
from export.converters.trees import are_trees, leaf_values, nodes_of
from export.converters.values import Classified, Frame, Regressed, TensorName


@converts(AdaBoostClassifier, exact=True)
def ada_boost_classifier(graph: Graph, model: AdaBoostClassifier, frame: Frame) -> Classified:
    """Add each classifier's weight for the class that it names, and less for every other."""
    classes = len(model.classes_)
    if classes == 1:
        raise graph.refuse(model, "it was trained on one class, so there is nothing to decide.")
    scores = graph.op(
        "Div", _votes(graph, model, frame), np.float64(model.estimator_weights_.sum())
    )
    graph.exponential = True
    if classes > 2:
        shares = softmax(graph, graph.op("Div", scores, np.float64(classes - 1)))
        return Classified(first_greatest(graph, scores), shares, scores)
    against, speaking = graph.column(scores, 0), graph.column(scores, 1)
    decision = graph.op("Sub", speaking, against)
    both = graph.op("Div", graph.concat([graph.op("Neg", decision), decision]), 2.0)
    index = flag(graph, graph.op("Greater", decision, 0.0))
    return Classified(index, softmax(graph, both), graph.reshape(decision, -1))


@converts(AdaBoostRegressor, exact=True)
def ada_boost_regressor(graph: Graph, model: AdaBoostRegressor, frame: Frame) -> Regressed:
    """Answer the value at which half of the weights is reached, counting from the least."""
    count = len(model.estimators_)
    values = _values(graph, model, frame)
    ordered, places = graph.ops("TopK", values, np.array([count]), outputs=2, axis=1, largest=0)
    weights = graph.op("Gather", model.estimator_weights_[:count], places, axis=0)
    reached = graph.op("CumSum", weights, np.array(1))
    half = graph.op("Mul", graph.column(reached, -1), 0.5)
    enough = graph.cast(graph.op("GreaterOrEqual", reached, half), np.int64)
    median = graph.op("ArgMax", enough, axis=1, keepdims=1)
    return Regressed(graph.reshape(graph.op("GatherElements", ordered, median, axis=1), -1))


def _votes(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return the sum of the weighted votes, [N, classes]."""
    votes = list(zip(model.estimators_, model.estimator_weights_, strict=False))
    if are_trees(model.estimators_):
        tables = []
        for each, weight in votes:
            chosen = leaf_values([each.tree_]).argmax(axis=1)
            tables.append(_says(model, each, weight)[chosen])
        rows = Rows.of(graph, frame, model, np.float32)
        nodes = [nodes_of(each.tree_) for each in model.estimators_]
        return sum_of_trees(graph, nodes, rows, np.concatenate(tables))
    parts = []
    for number, (each, weight) in enumerate(votes):
        with graph.step(f"estimators_[{number}]"):
            answer = classify(graph, each, frame)
        parts.append(graph.op("Gather", _says(model, each, weight), answer.index, axis=0))
    return in_order(graph, parts)


def _says(model: Any, estimator: Any, weight: float) -> NDArray[np.float64]:
    """Return what each of an estimator's labels adds to each class, [labels, classes]."""
    classes = len(model.classes_)
    named = np.asarray(estimator.classes_)[:, None] == np.asarray(model.classes_)
    return np.where(named, weight, -1 / (classes - 1) * weight)


def _values(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return what each regressor answers, [N, regressors]."""
    if are_trees(model.estimators_):
        nodes = [nodes_of(each.tree_) for each in model.estimators_]
        tables = [leaf_values([each.tree_]).ravel() for each in model.estimators_]
        return tree_values(graph, nodes, Rows.of(graph, frame, model, np.float32), tables)
    columns = []
    for number, each in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            columns.append(graph.reshape(regress(graph, each, frame), -1, 1))
    return graph.concat(columns)
