"""Stacking: a final estimator that is given what others answer."""

from typing import Any

import numpy as np
from sklearn.ensemble import StackingClassifier, StackingRegressor

from export.converters.graph import Graph
from export.converters.registry import classify, convert, converts, labels_of, regress
from export.converters.responses import response
from export.converters.values import Answer, Frame
from export.steps import scores_pairs


@converts(StackingClassifier, exact=True)
def stacking_classifier(graph: Graph, model: StackingClassifier, frame: Frame) -> Answer:
    """Give the final classifier probabilities, scores or labels, as each was stacked."""
    if isinstance(model.classes_, list):
        raise graph.refuse(model, "it has several targets; use MultiOutputClassifier around it.")
    parts = []
    for number, each in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            parts.append(_stacked(graph, model, number, each, frame))
    return _final(graph, model, parts, frame)


@converts(StackingRegressor, exact=True)
def stacking_regressor(graph: Graph, model: StackingRegressor, frame: Frame) -> Answer:
    """Give the final regressor what the others answer."""
    parts = []
    for number, each in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            values = regress(graph, each, frame)
        parts.append(Frame.of(graph.reshape(values, -1, 1), 1))
    return _final(graph, model, parts, frame)


def _stacked(graph: Graph, model: Any, number: int, estimator: Any, frame: Frame) -> Frame:
    """Return the columns that one classifier contributes."""
    method = model.stack_method_[number]
    answer = classify(graph, estimator, frame)
    classes = len(estimator.classes_)
    if method == "predict":
        if np.asarray(estimator.classes_).dtype.kind not in "biuf":
            raise graph.refuse(estimator, "it answers names, where the stack needs numbers.")
        labels = labels_of(graph, answer.index, estimator.classes_)
        return Frame.of(graph.reshape(graph.cast(labels, np.float64), -1, 1), 1)
    tensor, _ = response(graph, estimator, answer, (method,))
    if method == "predict_proba":
        if len(model.classes_) == 2:
            return Frame.of(graph.column(tensor, 1), 1)
        return Frame.of(tensor, classes)
    width = 1 if classes == 2 else classes
    if scores_pairs(estimator):
        width = classes * (classes - 1) // 2
    return Frame.of(graph.reshape(tensor, -1, width), width)


def _final(graph: Graph, model: Any, parts: list[Frame], frame: Frame) -> Answer:
    if model.passthrough:
        parts.append(frame)
    given = Frame.concat(parts)
    with graph.step("final_estimator_"):
        answer = convert(graph, model.final_estimator_, given)
    # What is not exact computes with sums or exponentials, here of single precision.
    in_single = graph.singles.issuperset(block.tensor for block in given.blocks)
    graph.single = graph.single or (in_single and not graph.exact)
    return answer
