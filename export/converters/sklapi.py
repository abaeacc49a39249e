"""The transformers that skl2onnx adds to scikit-learn, for pipelines that were made for it."""

from dataclasses import replace
from typing import Any

import numpy as np
from skl2onnx.sklapi import CastTransformer, ReplaceTransformer, WOETransformer

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame, TensorName


@converts(CastTransformer, exact=True)
def cast_transformer(graph: Graph, step: CastTransformer, frame: Frame) -> Frame:
    """Round to single precision, or go on in double."""
    x = graph.numeric(frame, step)
    dtype = np.dtype(step.dtype)
    if dtype not in (np.float32, np.float64):
        raise graph.refuse(step, f"it casts to {dtype.name}; cast to float32 or float64.")
    single = dtype == np.float32
    x = graph.from_single(graph.cast(x, np.float32)) if single else graph.op("Identity", x)
    return replace(frame, blocks=Frame.of(x, frame.width).blocks)


@converts(ReplaceTransformer, exact=True)
def replace_transformer(graph: Graph, step: ReplaceTransformer, frame: Frame) -> Frame:
    """Replace one number by another; a sparse matrix is left as it is, its zeros being absent."""
    if frame.sparse:
        return frame
    x = graph.numeric(frame, step)
    found = graph.op("Equal", x, np.float64(step.from_value))
    return Frame.of(graph.op("Where", found, np.float64(step.to_value), x), frame.width)


@converts(WOETransformer, exact=True)
def weight_of_evidence(graph: Graph, step: WOETransformer, frame: Frame) -> Frame:
    """Answer the weight of each interval that a number is in, or a column's sum of them."""
    x = graph.numeric(frame, step)
    parts = []
    width = 0
    for index, intervals in enumerate(step.intervals_):
        column = graph.column(x, index)
        if intervals is not None:
            bounds = zip(intervals, step.weights_[index], strict=True)
            each = [_within(graph, column, interval, weight) for interval, weight in bounds]
            column = graph.concat(each) if step.onehot else _sum(graph, each)
        width += len(intervals or "x") if step.onehot else 1
        parts.append(column)
    return Frame.of(graph.concat(parts), width)


def _within(graph: Graph, x: TensorName, interval: Any, weight: Any) -> TensorName:
    """Return the weight of each number that is in the interval, and 0 of the others."""
    low, high, has_low, has_high = interval
    above = graph.op("GreaterOrEqual" if has_low else "Greater", x, float(low))
    below = graph.op("LessOrEqual" if has_high else "Less", x, float(high))
    inside = graph.cast(graph.op("And", above, below), np.float64)
    return graph.op("Mul", inside, float(weight))


def _sum(graph: Graph, columns: list[TensorName]) -> TensorName:
    total = columns[0]
    for column in columns[1:]:
        total = graph.op("Add", total, column)
    return total
