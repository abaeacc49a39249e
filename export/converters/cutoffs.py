"""Classifiers of two classes that decide at a threshold of their own."""

from typing import Any

import numpy as np
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from export.converters.arithmetic import flag
from export.converters.graph import Graph
from export.converters.registry import classify, converts
from export.converters.responses import PROBABILITIES_FIRST, positive_response
from export.converters.values import Classified, Frame

AUTOMATIC = {"predict_proba": 0.5, "decision_function": 0.0}


@converts(FixedThresholdClassifier, exact=True)
def fixed_threshold(graph: Graph, model: FixedThresholdClassifier, frame: Frame) -> Classified:
    """Answer the positive class from the given threshold on."""
    threshold = None if model.threshold == "auto" else model.threshold
    estimator = getattr(model, "estimator_", model.estimator)
    return _decided(graph, model, estimator, frame, model.pos_label, threshold=threshold)


@converts(TunedThresholdClassifierCV, exact=True)
def tuned_threshold(graph: Graph, model: TunedThresholdClassifierCV, frame: Frame) -> Classified:
    """Answer the positive class from the threshold on that was best in cross-validation."""
    positive = model._curve_scorer._get_pos_label()
    threshold = np.float64(model.best_threshold_)
    return _decided(graph, model, model.estimator_, frame, positive, threshold=threshold)


def _decided(
    graph: Graph,
    model: Any,
    estimator: Any,
    frame: Frame,
    positive: Any,
    *,
    threshold: float | np.generic | None,
) -> Classified:
    """Decide by the response for the positive class; probabilities and scores stay as they are."""
    with graph.step("estimator_"):
        answer = classify(graph, estimator, frame)
        wanted = model._get_response_method()
        methods = [wanted] if isinstance(wanted, str) else list(wanted or PROBABILITIES_FIRST)
        score, method = positive_response(graph, estimator, answer, methods)
    first_is_positive = positive is not None and model.classes_[0] == positive
    if first_is_positive:
        opposite = graph.op("Neg", score)
        if method == "predict_proba":
            opposite = graph.column(answer.probabilities or score, 0)
        score = opposite
    threshold = AUTOMATIC[method] if threshold is None else threshold
    if score in graph.singles and not isinstance(threshold, np.generic):
        threshold = float(np.float32(threshold))  # as numpy compares a number of Python's
    reached = graph.op("GreaterOrEqual", score, float(threshold))
    index = flag(graph, reached)
    if first_is_positive:
        index = graph.op("Sub", np.array(1), index)
    return Classified(index, answer.probabilities, answer.scores)
