"""Partial least squares: predictions and scores from centred features."""

from typing import Any

import numpy as np
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression

from export.converters.graph import Graph
from export.converters.registry import converts, transforms
from export.converters.values import Frame, Regressed


@converts(CCA, PLSCanonical, PLSRegression, exact=False)
def partial_least_squares(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the linear prediction from the centred features."""
    centred = graph.op("Sub", graph.numeric(frame, model), model._x_mean)
    values = graph.op("MatMul", centred, np.asarray(model.coef_).T)
    values = graph.op("Add", values, model.intercept_)
    return Regressed(graph.reshape(values, -1) if model._predict_1d else values)


@transforms(CCA, PLSCanonical, PLSRegression, exact=False)
def rotated(graph: Graph, model: Any, frame: Frame) -> Frame:
    """Answer the scores of the features: standardized, then rotated."""
    return _projected(graph, model, frame, model.x_rotations_)


@converts(PLSSVD, exact=False)
def weighted(graph: Graph, model: PLSSVD, frame: Frame) -> Frame:
    """Answer the scores of the features: standardized, then weighted."""
    return _projected(graph, model, frame, model.x_weights_)


def _projected(graph: Graph, model: Any, frame: Frame, directions: Any) -> Frame:
    x = graph.op("Sub", graph.numeric(frame, model), model._x_mean)
    x = graph.op("Div", x, model._x_std)
    return Frame.of(graph.op("MatMul", x, np.asarray(directions)), directions.shape[1])
