"""Isotonic regression: straight lines between the knots that training found, bit for bit."""

import numpy as np
from sklearn.isotonic import IsotonicRegression

from export.converters.graph import Graph
from export.converters.registry import converts, transforms
from export.converters.values import Frame, Regressed, TensorName


@converts(IsotonicRegression, exact=True)
def isotonic_regression(graph: Graph, model: IsotonicRegression, frame: Frame) -> Regressed:
    """Answer the interpolated values; outside the knots the nearest one's, or NaN."""
    values = interpolated(graph, model, graph.numeric(frame, model))
    return Regressed(graph.reshape(values, -1))


@transforms(IsotonicRegression, exact=True)
def isotonic_transform(graph: Graph, model: IsotonicRegression, frame: Frame) -> Frame:
    """Answer the interpolated values as a column."""
    return Frame.of(interpolated(graph, model, graph.numeric(frame, model)), 1)


def interpolated(graph: Graph, model: IsotonicRegression, x: TensorName) -> TensorName:
    """Return an isotonic regression's values, float64 [N, 1], at `x`, [N, 1].

    As numpy.interp computes them: the slope times the distance to the knot on the left, plus
    that knot's value.
    """
    knots, values = model.X_thresholds_, model.y_thresholds_
    if model.out_of_bounds == "raise":
        reason = 'it refuses rows (out_of_bounds="raise"); set out_of_bounds to "clip" or "nan".'
        raise graph.refuse(model, reason)
    if knots.dtype != np.float64:
        raise graph.refuse(model, "it was fitted on single-precision numbers; fit it on float64.")
    if len(knots) == 1:
        return graph.op("Add", graph.op("Mul", x, 0.0), values)
    inside = graph.op("Clip", x, knots[0], knots[-1])
    reached = graph.cast(graph.op("GreaterOrEqual", inside, knots.reshape(1, -1)), np.int64)
    left = graph.op("Sub", graph.op("ReduceSum", reached, np.array([1]), keepdims=1), np.array(1))
    slopes = np.append(np.diff(values) / np.diff(knots), 0.0)
    distance = graph.op("Sub", inside, graph.op("Gather", knots, left))
    rise = graph.op("Mul", graph.op("Gather", slopes, left), distance)
    answer = graph.op("Add", rise, graph.op("Gather", values, left))
    if model.out_of_bounds == "clip":
        return answer
    return graph.op("Where", graph.op("Equal", x, inside), answer, np.nan)
