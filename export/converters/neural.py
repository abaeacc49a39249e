"""Multilayer perceptrons: products of matrices with an activation between them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from export.converters.arithmetic import (
    first_greatest,
    flag,
    sigmoid,
    softmax,
    with_complement,
)
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Classified, Frame, MultiLabelled, Regressed, TensorName

ACTIVATIONS: dict[str, Callable[[Graph, TensorName], TensorName]] = {
    "identity": lambda _, x: x,
    "relu": lambda graph, x: graph.op("Relu", x),
    "tanh": lambda graph, x: graph.op("Tanh", x),
    "logistic": sigmoid,
    "softmax": softmax,
    "exp": lambda graph, x: graph.op("Exp", x),
}


@converts(MLPRegressor, exact=False)
def mlp_regressor(graph: Graph, model: MLPRegressor, frame: Frame) -> Regressed:
    """Answer the last layer, of one target or several."""
    values = _forward(graph, model, frame)
    return Regressed(graph.reshape(values, -1) if model.n_outputs_ == 1 else values)


@converts(MLPClassifier, exact=False)
def mlp_classifier(graph: Graph, model: MLPClassifier, frame: Frame) -> Classified | MultiLabelled:
    """Answer the last layer: a probability for each class, or for each of several labels."""
    if len(model.classes_) == 1:
        raise graph.refuse(model, "it was trained on one class, so there is nothing to decide.")
    values = _forward(graph, model, frame)
    kind = model._label_binarizer.y_type_
    if kind == "multiclass":
        return Classified(first_greatest(graph, values), values)
    applies = graph.op("Greater", values, 0.5)
    if kind.startswith("multilabel"):
        return MultiLabelled(graph.cast(applies, np.int64), values)
    return Classified(flag(graph, applies), with_complement(graph, values))


def _forward(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return the activation of the last layer, float64 [N, outputs]."""
    x = graph.numeric(frame, model)
    last = len(model.coefs_) - 1
    for layer, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        x = graph.op("Add", graph.op("MatMul", x, np.asarray(weights, np.float64)), bias)
        name = model.out_activation_ if layer == last else model.activation
        x = ACTIVATIONS[name](graph, x)
    return x
