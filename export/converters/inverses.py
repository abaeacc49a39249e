"""What undoes a transformer of the target: `inverse_transform`, as a graph."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from export.converters.graph import Graph
from export.converters.mathematics import log1p
from export.converters.quantiles import undone
from export.converters.registry import transform
from export.converters.values import Frame, TensorName

Undo = Callable[[Graph, Any, Frame], Frame]
SMALLEST_POWER = float(np.spacing(1.0))


def inverse(graph: Graph, transformer: Any, frame: Frame) -> Frame:
    """Undo a fitted transformer.

    Raises ConversionError for a transformer whose inverse has no exact form.
    """
    undo = UNDO.get(type(transformer))
    if undo is None:
        known = ", ".join(sorted(each.__name__ for each in UNDO))
        reason = f"its inverse_transform has no exact form; those that have one: {known}."
        raise graph.refuse(transformer, reason)
    return undo(graph, transformer, frame)


def _pipeline(graph: Graph, pipeline: Pipeline, frame: Frame) -> Frame:
    for name, step in reversed(pipeline.steps):
        if step not in (None, "passthrough"):
            with graph.step(name):
                frame = inverse(graph, step, frame)
    return frame


def _function(graph: Graph, step: FunctionTransformer, frame: Frame) -> Frame:
    """Apply the inverse function, as if it were the function of a step of its own."""
    undoing = FunctionTransformer(step.inverse_func, kw_args=step.inv_kw_args)
    return transform(graph, undoing, frame)


def _standard(graph: Graph, scaler: StandardScaler, frame: Frame) -> Frame:
    in_single = graph.numeric(frame, scaler) in graph.singles

    def learned(values: Any) -> Any:  # which it rounds to the precision of what it is given
        return values.astype(np.float32).astype(np.float64) if in_single else values

    scale = learned(scaler.scale_) if scaler.with_std else None
    return _affine(graph, scaler, frame, scale, learned(scaler.mean_) if scaler.with_mean else None)


def _robust(graph: Graph, scaler: RobustScaler, frame: Frame) -> Frame:
    scale = scaler.scale_ if scaler.with_scaling else None
    return _affine(graph, scaler, frame, scale, scaler.center_ if scaler.with_centering else None)


def _max_abs(graph: Graph, scaler: MaxAbsScaler, frame: Frame) -> Frame:
    return _affine(graph, scaler, frame, scaler.scale_, None)


def _affine(graph: Graph, scaler: Any, frame: Frame, scale: Any, shift: Any) -> Frame:
    x = graph.numeric(frame, scaler)
    operation = _in_place(graph, x)
    x = x if scale is None else operation("Mul", x, np.asarray(scale))
    return Frame.of(x if shift is None else operation("Add", x, np.asarray(shift)), frame.width)


def _min_max(graph: Graph, scaler: MinMaxScaler, frame: Frame) -> Frame:
    x = graph.numeric(frame, scaler)
    operation = _in_place(graph, x)
    x = operation("Sub", x, np.asarray(scaler.min_))
    return Frame.of(operation("Div", x, np.asarray(scaler.scale_)), frame.width)


def _in_place(graph: Graph, x: TensorName) -> Callable[..., TensorName]:
    """Return what adds a node whose result is as precise as `x`, as scalers compute in place."""
    return graph.single_op if x in graph.singles else graph.op


def _power(graph: Graph, step: PowerTransformer, frame: Frame) -> Frame:
    graph.exact = False
    if step.standardize:
        frame = _standard(graph, step._scaler, frame)
    x = graph.numeric(frame, step)
    columns = []
    for column, power in enumerate(step.lambdas_):
        y = graph.column(x, column)
        if step.method == "box-cox":
            columns.append(_from_box_cox(graph, y, float(power)))
            continue
        above = _unbent(graph, graph.op("Max", y, np.array(0.0)), float(power))
        below = _unbent(graph, graph.op("Neg", graph.op("Min", y, np.array(0.0))), 2.0 - power)
        positive = graph.op("GreaterOrEqual", y, 0.0)
        columns.append(graph.op("Where", positive, above, graph.op("Neg", below)))
    return Frame.of(graph.concat(columns), frame.width)


def _unbent(graph: Graph, y: Any, power: float) -> Any:
    """Return `(power * y + 1) ** (1 / power) - 1`, or its limit at the power 0."""
    if abs(power) < SMALLEST_POWER:
        return graph.op("Sub", graph.op("Exp", y), 1.0)
    base = graph.op("Add", graph.op("Mul", y, float(power)), 1.0)
    return graph.op("Sub", graph.op("Pow", base, float(1.0 / power)), 1.0)


def _from_box_cox(graph: Graph, y: Any, power: float) -> Any:
    """Return `(power * y + 1) ** (1 / power)`, or its limit at the power 0."""
    if power == 0:
        return graph.op("Exp", y)
    logarithm = log1p(graph, graph.op("Mul", y, power))
    return graph.op("Exp", graph.op("Div", logarithm, power))


UNDO: Mapping[type, Undo] = {
    FunctionTransformer: _function,
    MaxAbsScaler: _max_abs,
    MinMaxScaler: _min_max,
    Pipeline: _pipeline,
    PowerTransformer: _power,
    QuantileTransformer: undone,
    RobustScaler: _robust,
    StandardScaler: _standard,
}
