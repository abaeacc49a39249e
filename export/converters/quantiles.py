"""QuantileTransformer: linear interpolation between the quantiles seen in training."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.preprocessing import QuantileTransformer

from export.converters.graph import Graph
from export.converters.mathematics import normal_probability, normal_quantile
from export.converters.registry import converts
from export.converters.search import search_sorted
from export.converters.values import Frame, TensorName

_BOUND = 1e-7


@converts(QuantileTransformer, exact=True)
def quantile_transformer(graph: Graph, step: QuantileTransformer, frame: Frame) -> Frame:
    """Answer each number's place among the quantiles, from 0 to 1, or as a normal quantile.

    scikit-learn interpolates upwards and downwards, which differ where quantiles are equal,
    and takes the mean.
    """
    x = graph.numeric(frame, step)
    quantiles = np.ascontiguousarray(np.asarray(step.quantiles_, dtype=np.float64).T)
    references = np.asarray(step.references_, dtype=np.float64)
    upto = search_sorted(graph, x, list(quantiles), "right")
    upwards = _interpolate(graph, x, upto, quantiles, references)
    beyond = graph.op("Sub", np.float64(len(references)), _below(graph, x, upto, quantiles))
    mirrored = graph.op("Neg", x)
    downwards = _interpolate(graph, mirrored, beyond, -quantiles[:, ::-1], -references[::-1])
    y = graph.op("Mul", graph.op("Sub", upwards, downwards), 0.5)
    low, high = quantiles[:, 0], quantiles[:, -1]
    if step.output_distribution == "uniform":
        above, below = graph.op("Equal", x, high), graph.op("Equal", x, low)
    else:
        above = graph.op("Greater", graph.op("Add", x, _BOUND), high)
        below = graph.op("Less", graph.op("Sub", x, _BOUND), low)
    y = graph.op("Where", below, 0.0, graph.op("Where", above, 1.0, y))
    if step.output_distribution == "normal":
        y = _normal(graph, y)
        graph.exact = False
    if frame.sparse:  # of which scikit-learn looks at what is not 0 alone
        y = graph.op("Where", graph.op("Equal", x, 0.0), 0.0, y)
    return Frame.of(graph.op("Where", graph.op("IsNaN", x), x, y), frame.width)


def undone(graph: Graph, step: QuantileTransformer, frame: Frame) -> Frame:
    """Answer the number at each place among the quantiles: `inverse_transform`."""
    x = graph.numeric(frame, step)
    quantiles = np.ascontiguousarray(np.asarray(step.quantiles_, dtype=np.float64).T)
    references = np.broadcast_to(np.asarray(step.references_, np.float64), quantiles.shape)
    if step.output_distribution == "normal":
        graph.exact = False
        x = normal_probability(graph, x)
        above = graph.op("Greater", graph.op("Add", x, _BOUND), 1.0)
        below = graph.op("Less", graph.op("Sub", x, _BOUND), 0.0)
    else:
        above, below = graph.op("Equal", x, 1.0), graph.op("Equal", x, 0.0)
    y = interpolate(graph, x, np.ascontiguousarray(references), quantiles)
    y = graph.op("Where", above, quantiles[:, -1], y)
    return Frame.of(graph.op("Where", below, quantiles[:, 0], y), frame.width)


def interpolate(
    graph: Graph, x: TensorName, points: NDArray[np.float64], values: NDArray[np.float64]
) -> TensorName:
    """Interpolate each column of x [N, columns] between its own points [columns, count].

    As `numpy.interp`: `slope * (x - point) + value`, and the end values outside. Where there
    is one row of values, it is for all columns.
    """
    slots = search_sorted(graph, x, list(points), "right")
    return _interpolate(graph, x, slots, points, values)


def _interpolate(
    graph: Graph,
    x: TensorName,
    slots: TensorName,
    points: NDArray[np.float64],
    values: NDArray[np.float64],
) -> TensorName:
    """Interpolate where `slots` counts the points up to each number."""
    values = np.broadcast_to(values, points.shape)
    index = _index(graph, slots, points)
    rises, runs = np.diff(values, axis=1), np.diff(points, axis=1)
    slopes = np.zeros(points.shape)
    np.divide(rises, runs, out=slopes[:, :-1], where=runs > 0)
    offset = graph.op("Sub", x, graph.op("Gather", points.ravel(), index, axis=0))
    offset = graph.op("Where", graph.op("Equal", slots, 0.0), 0.0, offset)
    slope = graph.op("Gather", slopes.ravel(), index, axis=0)
    base = graph.op("Gather", values.ravel(), index, axis=0)
    return graph.op("Add", graph.op("Mul", slope, offset), base)


def _below(
    graph: Graph, x: TensorName, slots: TensorName, points: NDArray[np.float64]
) -> TensorName:
    """Count the points below each number, where `slots` counts those up to it: one search less."""
    index = _index(graph, slots, points)
    equal = graph.op("Equal", x, graph.op("Gather", points.ravel(), index, axis=0))
    before = np.concatenate([np.searchsorted(each, each) for each in points]).astype(np.float64)
    return graph.op("Where", equal, graph.op("Gather", before, index, axis=0), slots)


def _index(graph: Graph, slots: TensorName, points: NDArray[np.float64]) -> TensorName:
    """Return where the last point up to each number is among those of all columns."""
    columns, count = points.shape
    place = graph.op("Clip", graph.op("Sub", slots, 1.0), 0.0, np.float64(count - 1))
    return graph.op("Add", graph.cast(place, np.int64), np.arange(columns) * count)


def _normal(graph: Graph, y: TensorName) -> TensorName:
    """Return normal quantiles, clipped where scikit-learn clips them so that they are finite."""
    low = stats.norm.ppf(_BOUND - np.spacing(1))
    high = stats.norm.ppf(1 - (_BOUND - np.spacing(1)))
    inside = graph.op("Clip", y, 1e-300, np.nextafter(1.0, 0.0))
    quantile = graph.op("Clip", normal_quantile(graph, inside), low, high)
    quantile = graph.op("Where", graph.op("Equal", y, 0.0), low, quantile)
    return graph.op("Where", graph.op("Equal", y, 1.0), high, quantile)
