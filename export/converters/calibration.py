"""Calibrated classifiers: another classifier's scores, mapped to probabilities."""

from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression

from export.converters.arithmetic import first_greatest, shares, sigmoid, softmax, with_complement
from export.converters.graph import Graph
from export.converters.isotonic import interpolated
from export.converters.registry import classify, converts
from export.converters.responses import SCORES_FIRST, response
from export.converters.values import Classified, Frame, TensorName

MOST_SUMMED_IN_ORDER = 7
"""numpy sums more numbers than this in pairs."""
SLIGHTLY_OVER_ONE = 1.0 + 1e-5
LOG_OFFSET = 1e-12


@converts(CalibratedClassifierCV, exact=True)
def calibrated_classifier(graph: Graph, model: CalibratedClassifierCV, frame: Frame) -> Classified:
    """Answer the mean of the folds' calibrated probabilities; the greatest wins.

    Isotonic calibration is exact; the other methods go through `exp`.
    """
    folds = model.calibrated_classifiers_
    classes = len(model.classes_)
    if folds[0].method != "isotonic" or classes > MOST_SUMMED_IN_ORDER:
        graph.exact = False
    each = []
    for number, fold in enumerate(folds):
        with graph.step(f"calibrated_classifiers_[{number}]"):
            each.append(_calibrated(graph, fold, frame))
    total = each[0]
    for probabilities in each[1:]:
        total = graph.op("Add", total, probabilities)
    mean = graph.op("Div", total, float(len(folds)))
    return Classified(first_greatest(graph, mean), probabilities=mean)


def _calibrated(graph: Graph, fold: Any, frame: Frame) -> TensorName:
    """Return one fold's probabilities of all classes, [N, classes]."""
    answer = classify(graph, fold.estimator, frame)
    scores, method = response(graph, fold.estimator, answer, SCORES_FIRST)
    seen = len(fold.estimator.classes_)
    is_probability = method == "predict_proba"
    if fold.method == "temperature":
        return _tempered(graph, fold, scores, seen, is_probability=is_probability)
    if seen == 2:
        scores = graph.column(scores, 1) if is_probability else graph.reshape(scores, -1, 1)
    columns = [graph.column(scores, i) for i in range(len(fold.calibrators))]
    each = [
        _curve(graph, calibrator, column)
        for calibrator, column in zip(fold.calibrators, columns, strict=True)
    ]
    count = len(fold.classes)
    if count == 2:
        probabilities = with_complement(graph, each[0])
    else:
        probabilities = shares(graph, _placed(graph, fold, each), count)
    over = graph.op("Greater", probabilities, 1.0)
    slightly = graph.op("LessOrEqual", probabilities, SLIGHTLY_OVER_ONE)
    return graph.op("Where", graph.op("And", over, slightly), 1.0, probabilities)


def _curve(graph: Graph, calibrator: Any, scores: TensorName) -> TensorName:
    """Map one class's scores `[N, 1]` to probabilities, by Platt's sigmoid or by isotonic steps."""
    if isinstance(calibrator, IsotonicRegression):
        return interpolated(graph, calibrator, scores)
    line = graph.op("Mul", scores, float(calibrator.a_))
    line = graph.op("Add", line, float(calibrator.b_))
    return sigmoid(graph, graph.op("Neg", line))


def _placed(graph: Graph, fold: Any, columns: list[TensorName]) -> TensorName:
    """Put the columns of the classes that the fold has seen among those of all classes."""
    if len(columns) == len(fold.classes):
        return graph.concat(columns)
    seen = np.searchsorted(fold.classes, fold.estimator.classes_)
    nothing = graph.op("Mul", columns[0], 0.0)
    places = [nothing] * len(fold.classes)
    # A fold that saw two of more classes has one column, which scikit-learn gives to the first.
    for place, column in zip(seen, columns, strict=False):
        places[int(place)] = column
    return graph.concat(places)


def _tempered(
    graph: Graph, fold: Any, scores: TensorName, seen: int, *, is_probability: bool
) -> TensorName:
    """Return the softmax of the logits over the temperature."""
    if is_probability:
        graph.single = graph.single or scores in graph.singles
        logits = graph.op("Log", graph.op("Add", scores, LOG_OFFSET))
    elif seen == 2:
        column = graph.reshape(scores, -1, 1)
        logits = graph.concat([graph.op("Neg", column), column])
    else:
        logits = scores
    return softmax(graph, graph.op("Mul", logits, float(fold.calibrators[0].beta_)))
