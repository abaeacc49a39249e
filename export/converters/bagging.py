"""Bagging: the mean of estimators that were given some of the rows and columns.

Trees are put into one ensemble, as in a forest; other estimators are converted one by one and
added in their order.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import BaggingClassifier, BaggingRegressor

from export.converters.arithmetic import first_greatest, in_order, in_order_in_single
from export.converters.ensembles import Rows, sum_of_trees
from export.converters.graph import Graph
from export.converters.registry import classify, converts, regress
from export.converters.trees import are_trees, leaf_values, nodes_of
from export.converters.values import Classified, Frame, Regressed, TensorName


@converts(BaggingClassifier, exact=True)
def bagging_classifier(graph: Graph, model: BaggingClassifier, frame: Frame) -> Classified:
    """Answer the mean probabilities, or shares of the votes where there are none."""
    count = len(model.estimators_)
    classes = len(model.classes_)
    if are_trees(model.estimators_):
        tables = [
            _widened(leaf_values([each.tree_]), each.classes_, classes)
            for each in model.estimators_
        ]
        total = _sum_of_bagged_trees(graph, model, frame, tables)
    else:
        parts = []
        for number, (each, columns) in enumerate(_bags(model)):
            with graph.step(f"estimators_[{number}]"):
                answer = classify(graph, each, frame.select(columns))
            parts.append(_votes(graph, each, answer, classes))
        total = in_order(graph, parts)
    probabilities = graph.op("Div", total, np.float64(count))
    return Classified(first_greatest(graph, probabilities), probabilities)


@converts(BaggingRegressor, exact=True)
def bagging_regressor(graph: Graph, model: BaggingRegressor, frame: Frame) -> Regressed:
    """Answer the mean of the estimators' values."""
    if are_trees(model.estimators_) and model.estimators_[0].n_outputs_ == 1:
        tables = [leaf_values([each.tree_]) for each in model.estimators_]
        total = graph.reshape(_sum_of_bagged_trees(graph, model, frame, tables), -1)
    else:
        parts = []
        for number, (each, columns) in enumerate(_bags(model)):
            with graph.step(f"estimators_[{number}]"):
                parts.append(regress(graph, each, frame.select(columns)))
        return Regressed(mean(graph, parts))
    return Regressed(graph.op("Div", total, np.float64(len(model.estimators_))))


def mean(graph: Graph, parts: Sequence[TensorName]) -> TensorName:
    """Return the mean of tensors of one shape, added one after another, as precise as all are."""
    if not graph.singles.issuperset(parts):
        return graph.op("Div", in_order(graph, parts), np.float64(len(parts)))
    return graph.single_op("Div", in_order_in_single(graph, parts), np.float64(len(parts)))


def _bags(model: Any) -> list[tuple[Any, list[int]]]:
    columns = [[int(column) for column in each] for each in model.estimators_features_]
    return list(zip(model.estimators_, columns, strict=True))


def _sum_of_bagged_trees(
    graph: Graph, model: Any, frame: Frame, tables: Sequence[NDArray[np.float64]]
) -> TensorName:
    """Add the trees' values, [N, columns]; each table is [leaves, columns]."""
    nodes = [
        nodes_of(each.tree_).looking_at(columns)
        for each, columns in zip(model.estimators_, model.estimators_features_, strict=True)
    ]
    rows = Rows.of(graph, frame, model, np.float32)
    return sum_of_trees(graph, nodes, rows, np.concatenate(tables))


def _widened(
    table: NDArray[np.float64], known: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Give a table of shares a column for the classes that this tree never saw."""
    wide = np.zeros((len(table), classes))
    wide[:, np.asarray(known, dtype=np.int64)] = table
    return wide


def _votes(graph: Graph, estimator: Any, answer: Classified, classes: int) -> TensorName:
    """Return what one estimator adds for each class, float64 [N, classes].

    scikit-learn trains them on classes numbered from 0.
    """
    known = np.asarray(estimator.classes_, dtype=np.int64)
    if not hasattr(estimator, "predict_proba"):
        return graph.op("Gather", np.eye(classes)[known], answer.index, axis=0)
    if answer.probabilities is None:
        raise graph.refuse(estimator, "its converter does not answer its predict_proba.")
    if len(known) == classes:
        return answer.probabilities
    places = np.full(classes, -1)
    places[known] = np.arange(len(known))
    padded = graph.op("Pad", answer.probabilities, np.array([0, 0, 0, 1]))
    return graph.op("Gather", padded, places, axis=1)
