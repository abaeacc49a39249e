"""Linear models: one product of matrices, in double.

BLAS and ONNX Runtime may add the products of a row in another order, so these agree to
rounding, not to the bit.
"""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Classified, Frame, TensorName


@converts(LogisticRegression, exact=False)
def logistic_regression(graph: Graph, model: LogisticRegression, frame: Frame) -> Classified:
    """Answer the logistic function of the scores, or their softmax over three or more classes."""
    scores = linear_scores(graph, model, frame)
    if len(model.classes_) > 2:
        index = graph.op("ArgMax", scores, axis=1, keepdims=0)
        return Classified(index, graph.op("Softmax", scores, axis=1))
    index = graph.cast(graph.reshape(graph.op("Greater", scores, 0.0), -1), np.int64)
    positive = graph.op("Sigmoid", scores)
    negative = graph.op("Sub", 1.0, positive)
    return Classified(index, graph.concat([negative, positive]))


def linear_scores(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return `x @ coef_.T + intercept_`, float64 [N, outputs]."""
    coefficients = np.atleast_2d(model.coef_).T.astype(np.float64)
    product = graph.op("MatMul", graph.numeric(frame, model), coefficients)
    return graph.op("Add", product, np.asarray(model.intercept_))
