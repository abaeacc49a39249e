"""Functions of angles that ONNX Runtime lacks in double."""

import numpy as np

from export.converters.graph import Graph, Operand
from export.converters.mathematics import ratio
from export.converters.values import TensorName


def tan(graph: Graph, x: Operand) -> TensorName:
    """Return the tangent, near its poles too, where a sine over a cosine is rounding only.

    Quarter turns are taken off in three parts, which leaves every digit of the rest (W. Cody,
    W. Waite: Software manual for the elementary functions, 1980); of that, the rational
    approximation of Cephes' `tan` (Moshier, 1989). Larger angles are left to ONNX Runtime,
    whose sine and cosine are exact there.
    """
    turns = graph.op("Round", graph.op("Mul", x, 2 / np.pi))
    rest: Operand = x
    for part in _QUARTER:
        rest = graph.op("Sub", rest, graph.op("Mul", turns, part))
    square = graph.op("Mul", rest, rest)
    curve = graph.op("Mul", square, ratio(graph, square, _TAN_P, _TAN_Q))
    tangent = graph.op("Add", rest, graph.op("Mul", rest, curve))
    half = graph.op("Mul", turns, 0.5)
    even = graph.op("Equal", graph.op("Floor", half), half)
    near = graph.op("Where", even, tangent, graph.op("Div", -1.0, tangent))
    far = graph.op("Div", graph.op("Sin", x), graph.op("Cos", x))
    return graph.op("Where", graph.op("Less", graph.op("Abs", x), _FAR), near, far)


def arccos(graph: Graph, x: Operand) -> TensorName:
    """Return the arc cosine, by the tangent of half the angle."""
    squared = graph.op("Div", graph.op("Sub", 1.0, x), graph.op("Add", 1.0, x))
    return graph.op("Mul", arctan(graph, graph.op("Sqrt", squared)), 2.0)


def arctan(graph: Graph, x: Operand) -> TensorName:
    """Return the arc tangent, by the rational approximation of Cephes' `atan` (Moshier, 1989).

    Numbers beyond tan(3 pi / 8) and tan(pi / 8) are first brought below 0.66; each of these
    steps adds pi / 2 or pi / 4, and what the double lacks of it.
    """
    size = graph.op("Abs", x)
    far = graph.op("Greater", size, _TAN_3_PI_8)
    middle = graph.op("Greater", size, _ATAN_NEAR)
    inverse = graph.op("Div", -1.0, size)
    turned = graph.op("Div", graph.op("Sub", size, 1.0), graph.op("Add", size, 1.0))
    reduced = graph.op("Where", far, inverse, graph.op("Where", middle, turned, size))
    start = graph.op("Where", far, np.pi / 2, graph.op("Where", middle, np.pi / 4, 0.0))
    half = graph.op("Where", middle, 0.5 * _PI_2_REST, 0.0)
    rest = graph.op("Where", far, _PI_2_REST, half)
    square = graph.op("Mul", reduced, reduced)
    curve = graph.op("Mul", square, ratio(graph, square, _ATAN_P, _ATAN_Q))
    curve = graph.op("Add", graph.op("Mul", reduced, curve), reduced)
    angle = graph.op("Add", start, graph.op("Add", curve, rest))
    return graph.op("Where", graph.op("Less", x, 0.0), graph.op("Neg", angle), angle)


def arcsin(graph: Graph, x: Operand) -> TensorName:
    """Return the arc sine: the arc tangent of x over the other leg."""
    below, above = graph.op("Sub", 1.0, x), graph.op("Add", 1.0, x)
    leg = graph.op("Sqrt", graph.op("Mul", below, above))
    return arctan(graph, graph.op("Div", x, leg))


def arctan2(graph: Graph, y: TensorName, x: TensorName) -> TensorName:
    """Return the angle of a point, zeros with their signs and infinities included."""
    left = graph.op("Where", graph.op("Equal", x, 0.0), graph.op("Reciprocal", x), x)
    flat = graph.op("Equal", y, 0.0)
    up, over = graph.op("Abs", y), graph.op("Abs", x)
    far = graph.op("And", graph.op("IsInf", x), graph.op("IsInf", y))
    steep = graph.op("Where", far, 1.0, graph.op("Div", up, over))
    steep = graph.op("Where", graph.op("And", flat, graph.op("Equal", x, 0.0)), 0.0, steep)
    angle = arctan(graph, steep)
    angle = graph.op("Where", graph.op("Less", left, 0.0), graph.op("Sub", np.pi, angle), angle)
    below = graph.op("Where", flat, graph.op("Reciprocal", y), y)
    angle = graph.op("Where", graph.op("Less", below, 0.0), graph.op("Neg", angle), angle)
    missing = graph.op("Or", graph.op("IsNaN", x), graph.op("IsNaN", y))
    return graph.op("Where", missing, np.nan, angle)


def hypotenuse(graph: Graph, x: TensorName, y: TensorName) -> TensorName:
    """Return the root of the sum of two squares, without overflow."""
    one, other = graph.op("Abs", x), graph.op("Abs", y)
    longer = graph.op("Max", one, other)
    usable = graph.op("Greater", longer, 0.0)
    ratio_ = graph.op("Div", graph.op("Min", one, other), graph.op("Where", usable, longer, 1.0))
    square = graph.op("Mul", ratio_, ratio_)
    root = graph.op("Mul", longer, graph.op("Sqrt", graph.op("Add", square, 1.0)))
    infinite = graph.op("Or", graph.op("IsInf", x), graph.op("IsInf", y))
    return graph.op("Where", infinite, np.inf, root)


_FAR = 2.0**17
_QUARTER = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624871116645580e-21)
"""A quarter turn in parts of 33 bits: a whole number up to 2^20 times one of them is exact."""
_TAN_P = [-1.30936939181383734205e4, 1.15351664838587416140e6, -1.79565251976484877988e7]
_TAN_Q = [
    1.0,
    1.36812963470692954678e4,
    -1.32089234440210967447e6,
    2.50083801823357915839e7,
    -5.38695755929454629881e7,
]
_TAN_3_PI_8 = 2.41421356237309504880
_ATAN_NEAR = 0.66
_PI_2_REST = 6.123233995736765886130e-17
_ATAN_P = [
    -8.750608600031904122785e-1,
    -1.615753718733365076637e1,
    -7.500855792314704667340e1,
    -1.228866684490136173410e2,
    -6.485021904942025371773e1,
]
_ATAN_Q = [
    1.0,
    2.485846490142306297962e1,
    1.650270098316988542046e2,
    4.328810604912902668951e2,
    4.853903996359136964868e2,
    1.945506571482613964425e2,
]
