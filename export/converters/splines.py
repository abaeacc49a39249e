"""SplineTransformer: the basis splines of each number, by de Boor's recurrence as SciPy runs it.

At every number only `degree + 1` splines are not 0. They are computed from the knots around it,
operation by operation in SciPy's order (`_deBoor_D`), and so have its bits; then each column
looks up which of them it is.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from sklearn.preprocessing import SplineTransformer

from export.converters.arithmetic import in_order
from export.converters.categories import REFUSED
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.search import search_sorted
from export.converters.values import Frame, TensorName


@dataclass(frozen=True)
class _Pieces:
    """The intervals of one feature, and those beyond its knots where splines end there."""

    edges: NDArray[np.float64]
    """Where an interval ends and the next begins."""
    knots: NDArray[np.float64]
    """What the recurrence needs of each interval (`_around`), [intervals, numbers]."""
    sources: NDArray[np.int64]
    """Which of the splines that are not 0 each column has, [intervals, columns, splines of a
    column]; the one behind them where it has none."""
    slopes: NDArray[np.float64]
    """How steeply those splines rise beyond the knots, and 0, [intervals, degree + 2]."""


@converts(SplineTransformer, exact=True)
def spline_transformer(graph: Graph, step: SplineTransformer, frame: Frame) -> Frame:
    """Evaluate the basis splines of every feature at its number."""
    graph.exact = rounds_products()
    pieces = _pieces(step)
    given = graph.numeric(frame, step)
    x = _wrapped(graph, step, given) if step.extrapolation == "periodic" else given
    place = graph.cast(search_sorted(graph, x, [p.edges for p in pieces], "right"), np.int64)
    starts = np.cumsum([0, *(len(p.knots) for p in pieces)])
    place = graph.op("Add", place, starts[:-1])
    if step.extrapolation == "error":
        place = graph.op("Where", _outside(graph, step, x), REFUSED, place)
    if step.handle_missing == "zeros":
        missing = graph.op("IsNaN", given)
        x = graph.op("Where", missing, 0.0, x)
        place = graph.op("Where", missing, starts[-1], place)
        pieces.append(_without_splines(pieces[0]))
    splines = _splines(graph, step, x, place, pieces)
    sources = np.concatenate([p.sources for p in pieces])
    columns = [
        graph.op("GatherElements", splines, graph.op("Gather", each, place, axis=0), axis=2)
        for each in np.moveaxis(sources, 2, 0)
    ]
    width = frame.width * sources.shape[1]
    return Frame.of(graph.reshape(in_order(graph, columns), -1, width), width)


@functools.cache
def rounds_products() -> bool:
    """Tell whether SciPy here rounds each product before it adds it, as it does on x86-64.

    On ARM its compiler joins the two into one operation, which rounds once; no graph has that.
    """
    x = np.linspace(2.0, 3.0, 1000)
    one, other = (3 - x) / 2.0, (x - 2) / 1.5
    middle = one * (x - 1.0) + other * (3.5 - x)
    spline = BSpline.basis_element(np.array([1.0, 2.0, 3.0, 3.5]))
    return bool(np.array_equal(spline(x), middle))


def _splines(
    graph: Graph, step: SplineTransformer, x: TensorName, place: TensorName, pieces: list[_Pieces]
) -> TensorName:
    """Return the splines that are not 0, and behind them a 0, `[N, features, degree + 2]`."""
    near = x
    if _stays(step):
        low, high, _ = np.transpose(_limits(step))
        near = graph.op("Max", graph.op("Min", x, high), low)
    knots = _by_place(graph, step, np.concatenate([p.knots for p in pieces]), place)
    zero, *splines = _recurrence(graph, step.degree, near, knots)
    stacked = graph.concat([*splines, zero], axis=0)
    if step.extrapolation == "linear":
        slopes = _by_place(graph, step, np.concatenate([p.slopes for p in pieces]), place)
        beyond = graph.op("Mul", graph.op("Sub", x, near), slopes)
        stacked = graph.op("Add", stacked, beyond)
    if step.extrapolation == "continue" and not step.sparse_output:
        # Of zeros, too, SciPy adds up products with all splines: one that is infinite makes NaN.
        poison = graph.op("Mul", in_order(graph, splines), 0.0)
        stacked = graph.op("Add", stacked, poison)
    return graph.op("Transpose", stacked, perm=[1, 2, 0])


def _recurrence(graph: Graph, degree: int, x: TensorName, knots: TensorName) -> list[TensorName]:
    """Return a 0, and the splines that are not 0 at `x`, each `[1, N, features]`.

    Those of each degree are weighted means of two of the degree below, by how far away the knots
    are at which these begin and end.
    """
    count = 2 + 2 * degree + degree * (degree + 1) // 2
    zero, one, *rest = graph.ops("Split", knots, np.ones(count, np.int64), outputs=count, axis=0)
    to = [graph.op("Sub", knot, x) for knot in rest[:degree]]
    since = [graph.op("Sub", x, knot) for knot in rest[degree : 2 * degree]]
    gaps = iter(rest[2 * degree :])
    splines = [one]
    for order in range(1, degree + 1):
        shares = [graph.op("Div", spline, next(gaps)) for spline in splines]
        falling = [graph.op("Mul", *pair) for pair in zip(shares, to[:order], strict=True)]
        rising = [graph.op("Mul", *pair) for pair in zip(shares, since[-order:], strict=True)]
        inner = zip(rising[:-1], falling[1:], strict=True)
        splines = [falling[0], *(graph.op("Add", *pair) for pair in inner), rising[-1]]
    return [zero, *splines]


def _by_place(
    graph: Graph, step: SplineTransformer, table: NDArray[np.float64], place: TensorName
) -> TensorName:
    """Look the numbers of a table's rows up: `[numbers, N, features]`."""
    numbers = graph.op("Transpose", graph.op("Gather", table, place, axis=0), perm=[2, 0, 1])
    # Without it ONNX Runtime would move the Transpose behind what follows, which takes longer.
    return graph.reshape(numbers, table.shape[1], -1, step.n_features_in_)


def _pieces(step: SplineTransformer) -> list[_Pieces]:
    kept = slice(None) if step.include_bias else slice(0, -1)
    pieces = []
    for spline, (low, high, ends) in zip(step.bsplines_, _limits(step), strict=True):
        places, edges = _intervals(spline)
        if _stays(step):
            inside = (low < edges) & (edges <= high)
            first, last = _place_of(spline, low), _place_of(spline, high)
            places = np.array([first, first, *places[1:][inside], last])
            edges = np.array([low, *edges[inside], np.nextafter(high, np.inf)])
        knots = np.stack([_around(spline, place) for place in places])
        sources = np.stack([_sources(spline, place) for place in places])
        slopes = np.zeros((len(places), spline.k + 2))
        if _stays(step):
            sources[0, ends:] = sources[-1, : max(sources.shape[1] - ends, 0)] = spline.k + 1
            for end, at in ((0, low), (-1, high)):
                slopes[end, :-1] = spline(at, nu=1)[places[end] - spline.k : places[end] + 1]
        pieces.append(_Pieces(edges, knots, sources[:, kept], slopes))
    return pieces


def _without_splines(like: _Pieces) -> _Pieces:
    """Return one interval in which every column is 0."""
    knots, slopes = np.ones((1, like.knots.shape[1])), np.zeros((1, like.slopes.shape[1]))
    knots[:, 0] = 0.0
    return _Pieces(
        np.empty(0), knots, np.full((1, *like.sources.shape[1:]), slopes.size - 1), slopes
    )


def _stays(step: SplineTransformer) -> bool:
    """Tell whether numbers beyond the knots are computed from the splines at the last knot."""
    return step.extrapolation in ("constant", "linear")


def _limits(step: SplineTransformer) -> list[tuple[float, float, int]]:
    """Return where each feature's knots end, and how many splines go on beyond each end.

    For straight lines scikit-learn counts one spline more, of degrees 0 and 1, and goes on to count
    so, and to leave out as many knots, for the features that follow.
    """
    limits, count = [], step.degree
    for spline in step.bsplines_:
        low, high = spline.t[count], spline.t[-count - 1]
        count += step.extrapolation == "linear" and count <= 1
        limits.append((low, high, count))
    return limits


def _intervals(spline: BSpline) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return at which knots the intervals begin, and the numbers that part them."""
    edges = np.unique(spline.t[spline.k + 1 : -spline.k - 1])
    return np.array([spline.k, *_place_of(spline, edges)]), edges


def _place_of(spline: BSpline, numbers: Any) -> Any:
    """Return at which knots the intervals of some numbers begin, for SciPy: `_find_interval`."""
    inner = spline.t[spline.k + 1 : -spline.k - 1]
    return spline.k + np.searchsorted(inner, numbers, side="right")


def _around(spline: BSpline, place: int) -> NDArray[np.float64]:
    """Return 0 and 1; the knots above an interval, and those below; and how far apart they are.

    `degree` knots each, in their order. For each degree up to that of the spline, these are the
    distances between a knot and that which comes so many later.
    """
    t, k = spline.t, spline.k
    gaps = [
        t[place + n] - t[place + n - order]
        for order in range(1, k + 1)
        for n in range(1, order + 1)
    ]
    apart = np.where(np.equal(gaps, 0), np.inf, gaps)  # there SciPy has 0, without dividing
    below = t[place - k + 1 : place + 1]
    below = np.where(below == 0, -0.0, below)  # so that -0.0 is 0.0 above it
    return np.concatenate([[0.0, 1.0], t[place + 1 : place + k + 1], below, apart])


def _sources(spline: BSpline, place: int) -> NDArray[np.int64]:
    """Return the sources of an interval's columns, `[columns, splines of a column]`.

    Between equal knots all splines are 0, but those of degree 0.
    """
    count, columns = spline.k + 1, spline.c.shape[1]
    sources = np.full((columns, -(-count // columns)), count)
    if spline.k == 0 or spline.t[place] < spline.t[place + 1]:
        for column, used in enumerate(spline.c[place - spline.k : place + 1].T):
            (places,) = np.nonzero(used)
            sources[column, : len(places)] = places
    return sources


def _outside(graph: Graph, step: SplineTransformer, x: TensorName) -> TensorName:
    low, high, _ = np.transpose(_limits(step))
    return graph.op("Or", graph.op("Less", x, low), graph.op("Greater", x, high))


def _wrapped(graph: Graph, step: SplineTransformer, x: TensorName) -> TensorName:
    """Move x by whole periods into the range of the knots."""
    low, high, _ = np.transpose(_limits(step))
    period = np.where(high > low, high - low, 1.0)
    rest = graph.op("Mod", graph.op("Sub", x, low), period, fmod=1)
    rest = graph.op("Where", graph.op("Less", rest, 0.0), graph.op("Add", rest, period), rest)
    wrapped = graph.op("Add", rest, low)
    if np.all(high > low):
        return wrapped
    return graph.op("Where", (high > low).reshape(1, -1), wrapped, 0.0)
