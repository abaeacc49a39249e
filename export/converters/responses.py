"""What an estimator around others asks of them: scores, probabilities, values."""

from collections.abc import Sequence
from typing import Any

from export.converters.graph import Graph
from export.converters.values import Answer, Classified, Regressed, TensorName

SCORES_FIRST = ("decision_function", "predict_proba")
PROBABILITIES_FIRST = ("predict_proba", "decision_function")


def response(
    graph: Graph, classifier: Any, answer: Classified, methods: Sequence[str]
) -> tuple[TensorName, str]:
    """Return what the first of `methods` that `classifier` has answers, and its name.

    The tensor is what that method returns: one column a class, or one score for two classes.
    Raises ConversionError where the converter of `classifier` does not answer it.
    """
    method = next((each for each in methods if hasattr(classifier, each)), methods[0])
    tensor = answer.probabilities if method == "predict_proba" else answer.scores
    if tensor is None:
        raise graph.refuse(classifier, f"its converter does not answer its {method}.")
    return tensor, method


def positive_response(
    graph: Graph, classifier: Any, answer: Classified, methods: Sequence[str]
) -> tuple[TensorName, str]:
    """Return the score or probability of the second of two classes, [N, 1], and its method."""
    tensor, method = response(graph, classifier, answer, methods)
    if method == "predict_proba":
        tensor = graph.column(tensor, 1)
    return graph.reshape(tensor, -1, 1), method


def binary_score(graph: Graph, estimator: Any, answer: Answer) -> TensorName:
    """Return how much an estimator of two classes speaks for the second, float64 [N, 1].

    The value of a regressor, the score of a classifier, or its probability.
    """
    if isinstance(answer, Regressed):
        return graph.reshape(answer.values, -1, 1)
    if isinstance(answer, Classified):
        return positive_response(graph, estimator, answer, SCORES_FIRST)[0]
    raise graph.refuse(estimator, "a classifier of two classes or a regressor is expected here.")
