"""SplineTransformer: each basis spline as its polynomials, one for each interval of the knots."""

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from sklearn.preprocessing import SplineTransformer

from export.converters.categories import REFUSED
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.search import search_sorted
from export.converters.values import Frame, TensorName


@dataclass(frozen=True)
class _Pieces:
    """The polynomials of one feature's basis splines, interval by interval."""

    edges: NDArray[np.float64]
    """Where an interval ends and the next begins."""
    origins: NDArray[np.float64]
    """What is subtracted from x, [intervals]."""
    coefficients: NDArray[np.float64]
    """Of the powers of x, the lowest first, [intervals, splines, degree + 1]."""


@converts(SplineTransformer, exact=False)
def spline_transformer(graph: Graph, step: SplineTransformer, frame: Frame) -> Frame:
    """Evaluate the basis splines of every feature at its number."""
    x = graph.numeric(frame, step)
    missing = graph.op("IsNaN", x)
    if step.extrapolation == "periodic":
        x = _wrapped(graph, step, x)
    pieces = _pieces(step)
    place = graph.cast(search_sorted(graph, x, [p.edges for p in pieces], "right"), np.int64)
    starts = np.cumsum([0] + [len(p.origins) for p in pieces[:-1]])
    place = graph.op("Add", place, starts)
    if step.extrapolation == "error":
        place = graph.op("Where", _outside(graph, step, x), REFUSED, place)
    origin = graph.op("Gather", np.concatenate([p.origins for p in pieces]), place, axis=0)
    offset = graph.op("Unsqueeze", graph.op("Sub", x, origin), np.array([2]))
    table = np.concatenate([p.coefficients for p in pieces])
    highest, *others = (
        graph.op("Gather", np.ascontiguousarray(table[:, :, power]), place, axis=0)
        for power in reversed(range(table.shape[2]))
    )
    values = highest
    for coefficient in others:
        values = graph.op("Add", graph.op("Mul", values, offset), coefficient)
    if step.handle_missing == "zeros":
        values = graph.op("Where", graph.op("Unsqueeze", missing, np.array([2])), 0.0, values)
    width = frame.width * table.shape[1]
    return Frame.of(graph.reshape(values, -1, width), width)


def _pieces(step: SplineTransformer) -> list[_Pieces]:
    kept = slice(None) if step.include_bias else slice(0, -1)
    degree = step.degree
    pieces = []
    for spline in step.bsplines_:
        if step.extrapolation in ("constant", "linear"):
            outside = degree
            if step.extrapolation == "linear" and degree <= 1:
                degree += 1  # as scikit-learn does: for this feature's ends, and all of the next
            whole = _with_ends(step, spline, outside, ends=degree)
        else:
            whole = _inside(spline, spline.t[spline.k], spline.t[-spline.k - 1])
        pieces.append(_Pieces(whole.edges, whole.origins, whole.coefficients[:, kept]))
    return pieces


def _inside(spline: BSpline, low: float, high: float) -> _Pieces:
    """Return the intervals of the knots between `low` and `high`; the outer ones go on."""
    knots = np.unique(spline.t)
    origins = knots[(low <= knots) & (knots < high)]
    if not len(origins):
        origins = np.array([low])
    derivatives = [spline(origins, nu=power) / factorial(power) for power in range(spline.k + 1)]
    return _Pieces(origins[1:], origins, np.stack(derivatives, axis=-1))


def _stepping(inside: _Pieces, spline: BSpline, high: float) -> _Pieces:
    """Give the number `high` a piece of its own: splines of degree 0 jump there."""
    return _Pieces(
        np.append(inside.edges, high),
        np.append(inside.origins, high),
        np.concatenate([inside.coefficients, spline(high).reshape(1, -1, 1)]),
    )


def _with_ends(step: SplineTransformer, spline: BSpline, outside: int, ends: int) -> _Pieces:
    """Add an interval at each end, in which the outer splines are constant or straight lines.

    `outside` counts the knots that lie beyond each end, `ends` the splines that go on there.
    """
    low, high = spline.t[outside], spline.t[-outside - 1]
    inside = _inside(spline, low, high)
    if spline.k == 0:
        inside = _stepping(inside, spline, high)
    count, splines, powers = inside.coefficients.shape
    width = max(powers, 2)
    coefficients = np.zeros((count + 2, splines, width))
    coefficients[1:-1, :, :powers] = inside.coefficients
    for row, place, chosen in (
        (0, low, np.arange(min(ends, splines))),
        (-1, high, np.arange(max(splines - ends, 0), splines)),
    ):
        coefficients[row, chosen, 0] = spline(place)[chosen]
        if step.extrapolation == "linear":
            coefficients[row, chosen, 1] = spline(place, nu=1)[chosen]
    edges = np.concatenate([[low], inside.edges, [np.nextafter(high, np.inf)]])
    origins = np.concatenate([[low], inside.origins, [high]])
    return _Pieces(edges, origins, coefficients)


def _outside(graph: Graph, step: SplineTransformer, x: TensorName) -> TensorName:
    low, high = _bounds(step)
    return graph.op("Or", graph.op("Less", x, low), graph.op("Greater", x, high))


def _wrapped(graph: Graph, step: SplineTransformer, x: TensorName) -> TensorName:
    """Move x by whole periods into the range of the knots."""
    low, high = _bounds(step)
    period = np.where(high > low, high - low, 1.0)
    rest = graph.op("Mod", graph.op("Sub", x, low), period, fmod=1)
    rest = graph.op("Where", graph.op("Less", rest, 0.0), graph.op("Add", rest, period), rest)
    wrapped = graph.op("Add", rest, low)
    if np.all(high > low):
        return wrapped
    return graph.op("Where", (high > low).reshape(1, -1), wrapped, 0.0)


def _bounds(step: SplineTransformer) -> tuple[Any, Any]:
    splines = step.bsplines_
    low = np.array([each.t[each.k] for each in splines])
    return low, np.array([each.t[-each.k - 1] for each in splines])
