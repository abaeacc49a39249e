"""Isotonic regression: straight lines between the knots that training found, bit for bit."""

import numpy as np
import scipy
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from export.converters.arithmetic import row_sum
from export.converters.graph import Graph
from export.converters.registry import converts, transforms
from export.converters.values import Frame, Regressed, TensorName

_SCIPY = tuple(int(part) for part in scipy.__version__.split(".")[:2])


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

    SciPy leaves knots in double to numpy, and interpolates between others itself.
    """
    knots, values = model.X_thresholds_, model.y_thresholds_
    if model.out_of_bounds == "raise":
        reason = 'it refuses rows (out_of_bounds="raise"); set out_of_bounds to "clip" or "nan".'
        raise graph.refuse(model, reason)
    if knots.dtype != np.float64:
        x = graph.as_float32(x)
    if len(knots) == 1:
        return graph.op("Add", graph.op("Mul", x, 0.0), values.astype(np.float64))
    inside = graph.op("Clip", x, np.float64(knots[0]), np.float64(knots[-1]))
    interpolate = _by_numpy if knots.dtype == np.float64 else _by_scipy
    answer = interpolate(graph, inside, knots, values)
    if model.out_of_bounds == "clip":
        return answer
    return graph.op("Where", graph.op("Equal", x, inside), answer, np.nan)


def _by_numpy(
    graph: Graph, x: TensorName, knots: NDArray[np.float64], values: NDArray[np.float64]
) -> TensorName:
    """Return the slope times the distance to the knot on the left, plus that knot's value."""
    reached = graph.cast(graph.op("GreaterOrEqual", x, knots.reshape(1, -1)), np.int64)
    left = graph.op("Sub", row_sum(graph, reached), np.array(1))
    slopes = np.append(np.diff(values) / np.diff(knots), 0.0)
    distance = graph.op("Sub", x, graph.op("Gather", knots, left))
    rise = graph.op("Mul", graph.op("Gather", slopes, left), distance)
    return graph.op("Add", rise, graph.op("Gather", values, left))


def _by_scipy(
    graph: Graph, x: TensorName, knots: NDArray[np.float32], values: NDArray[np.float32]
) -> TensorName:
    """Interpolate in single precision; a number at a knot belongs to what is before the knot.

    From 1.18 on, SciPy adds shares of the values on both sides.
    """
    passed = graph.cast(graph.op("Greater", x, knots[:-1].reshape(1, -1).astype(float)), np.int64)
    left = graph.op("Max", graph.op("Sub", row_sum(graph, passed), np.array(1)), np.array(0))

    def at(table: NDArray[np.float32]) -> TensorName:
        return graph.op("Gather", table.astype(np.float64), left)

    behind = graph.single_op("Sub", x, at(knots))
    if _SCIPY < (1, 18):
        rise = graph.single_op("Mul", at(np.diff(values) / np.diff(knots)), behind)
        return graph.single_op("Add", rise, at(values))
    ahead, width = graph.single_op("Sub", at(knots[1:]), x), at(np.diff(knots))
    above = graph.single_op("Mul", graph.single_op("Div", behind, width), at(values[1:]))
    below = graph.single_op("Mul", graph.single_op("Div", ahead, width), at(values))
    return graph.single_op("Add", above, below)
