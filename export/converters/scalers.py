"""Scalers: one subtraction, product or quotient per column, in scikit-learn's order."""

from typing import Any

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame, TensorName


@converts(StandardScaler, exact=True)
def standard_scaler(graph: Graph, scaler: StandardScaler, frame: Frame) -> Frame:
    """Subtract the mean, then divide by the standard deviation."""
    x = graph.numeric(frame, scaler)
    if scaler.with_mean:
        x = graph.op("Sub", x, scaler.mean_)
    if scaler.with_std:
        x = _divided(graph, frame, x, scaler.scale_)
    return Frame.of(x, frame.width)


@converts(RobustScaler, exact=True)
def robust_scaler(graph: Graph, scaler: RobustScaler, frame: Frame) -> Frame:
    """Subtract the median, then divide by the range between quantiles."""
    x = graph.numeric(frame, scaler)
    if scaler.with_centering:
        x = graph.op("Sub", x, scaler.center_)
    if scaler.with_scaling:
        x = _divided(graph, frame, x, scaler.scale_)
    return Frame.of(x, frame.width)


@converts(MaxAbsScaler, exact=True)
def max_abs_scaler(graph: Graph, scaler: MaxAbsScaler, frame: Frame) -> Frame:
    """Divide by the greatest absolute value; clip where the scaler does."""
    x = _divided(graph, frame, graph.numeric(frame, scaler), scaler.scale_)
    if getattr(scaler, "clip", False):
        x = graph.op("Clip", x, -1.0, 1.0)
    return Frame.of(x, frame.width)


@converts(MinMaxScaler, exact=True)
def min_max_scaler(graph: Graph, scaler: MinMaxScaler, frame: Frame) -> Frame:
    """Multiply by the scale, then add the minimum; clip where the scaler does."""
    x = graph.op("Mul", graph.numeric(frame, scaler), scaler.scale_)
    x = graph.op("Add", x, scaler.min_)
    if scaler.clip:
        low, high = scaler.feature_range
        x = graph.op("Clip", x, np.float64(low), np.float64(high))
    return Frame.of(x, frame.width)


def _divided(graph: Graph, frame: Frame, x: TensorName, scale: Any) -> TensorName:
    """Divide by the scale; a sparse matrix is multiplied by its inverse, which rounds otherwise."""
    return graph.op("Mul", x, 1 / scale) if frame.sparse else graph.op("Div", x, scale)
