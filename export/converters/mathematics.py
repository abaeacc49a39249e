"""Functions of one number that ONNX lacks in double, from those that it has."""

import numpy as np
from numpy.typing import NDArray

from export.converters.graph import Graph, Operand
from export.converters.values import TensorName

_SERIES_REACH = 0.5
_SERIES_TERMS = 16  # 0.5**16 / 16! is 7e-19


def log1p(graph: Graph, x: Operand) -> TensorName:
    """Return log(1 + x) without loss near 0 (Higham, 2002, section 1.14.1)."""
    above = graph.op("Add", x, 1.0)
    rounded = graph.op("Sub", above, 1.0)
    logarithm = graph.op("Log", above)
    corrected = graph.op("Div", graph.op("Mul", logarithm, x), rounded)
    usable = graph.op("Greater", graph.op("Abs", rounded), 0.0)
    bounded = graph.op("Less", graph.op("Abs", x), 1.0)
    small = graph.op("Where", usable, corrected, x)
    return graph.op("Where", bounded, small, logarithm)


def expm1(graph: Graph, x: Operand) -> TensorName:
    """Return exp(x) - 1 without loss near 0, by its power series there."""
    near = graph.op("Clip", x, -_SERIES_REACH, _SERIES_REACH)
    coefficients = 1.0 / np.cumprod(np.arange(1, _SERIES_TERMS + 1, dtype=np.float64))
    small = graph.op("Mul", near, polynomial(graph, near, coefficients[::-1]))
    large = graph.op("Sub", graph.op("Exp", x), 1.0)
    bounded = graph.op("Less", graph.op("Abs", x), _SERIES_REACH)
    return graph.op("Where", bounded, small, large)


def polynomial(graph: Graph, x: Operand, coefficients: NDArray[np.float64]) -> TensorName:
    """Evaluate a polynomial by Horner's rule; the coefficient of the highest power is first."""
    value: Operand = np.asarray(coefficients[0])
    for coefficient in coefficients[1:]:
        value = graph.op("Add", graph.op("Mul", value, x), np.float64(coefficient))
    return graph.operand(value)


def normal_quantile(graph: Graph, p: TensorName) -> TensorName:
    """Return the quantile function of the standard normal distribution, at p in (0, 1).

    The rational approximations of Cephes' `ndtri` (Moshier, 1989), which SciPy uses too: one
    around the middle, and two in z = sqrt(-2 log p) towards the ends.
    """
    upper = graph.op("Greater", p, 1.0 - _TAIL)
    y = graph.op("Where", upper, graph.op("Sub", 1.0, p), p)
    middle = graph.op("Greater", y, _TAIL)
    centred = graph.op("Sub", y, 0.5)
    squared = graph.op("Mul", centred, centred)
    ratio = _ratio(graph, squared, _P0, _Q0)
    curve = graph.op("Mul", graph.op("Mul", centred, squared), ratio)
    inside = graph.op("Mul", graph.op("Add", centred, curve), np.sqrt(2 * np.pi))
    z = graph.op("Sqrt", graph.op("Mul", graph.op("Log", y), -2.0))
    first = graph.op("Sub", z, graph.op("Div", graph.op("Log", z), z))
    inverse = graph.op("Reciprocal", z)
    near = _ratio(graph, inverse, _P1, _Q1)
    far = _ratio(graph, inverse, _P2, _Q2)
    chosen = graph.op("Where", graph.op("Less", z, 8.0), near, far)
    outside = graph.op("Sub", first, graph.op("Mul", inverse, chosen))
    signed = graph.op("Where", upper, outside, graph.op("Neg", outside))
    return graph.op("Where", middle, inside, signed)


def _ratio(graph: Graph, x: TensorName, above: list[float], below: list[float]) -> TensorName:
    numerator = polynomial(graph, x, np.array(above))
    return graph.op("Div", numerator, polynomial(graph, x, np.array(below)))


_TAIL = float(np.exp(-2.0))
_P0 = [
    -5.99633501014107895267e1,
    9.80010754185999661536e1,
    -5.66762857469070293439e1,
    1.39312609387279679503e1,
    -1.23916583867381258016e0,
]
_Q0 = [
    1.0,
    1.95448858338141759834e0,
    4.67627912898881538453e0,
    8.63602421390890590575e1,
    -2.25462687854119370527e2,
    2.00260212380060660359e2,
    -8.20372256168333339912e1,
    1.59056225126211695515e1,
    -1.18331621121330003142e0,
]
_P1 = [
    4.05544892305962419923e0,
    3.15251094599893866154e1,
    5.71628192246421288162e1,
    4.40805073893200834700e1,
    1.46849561928858024014e1,
    2.18663306850790267539e0,
    -1.40256079171354495875e-1,
    -3.50424626827848203418e-2,
    -8.57456785154685413611e-4,
]
_Q1 = [
    1.0,
    1.57799883256466749731e1,
    4.53907635128879210584e1,
    4.13172038254672030440e1,
    1.50425385692907503408e1,
    2.50464946208309415979e0,
    -1.42182922854787788574e-1,
    -3.80806407691578277194e-2,
    -9.33259480895457427372e-4,
]
_P2 = [
    3.23774891776946035970e0,
    6.91522889068984211695e0,
    3.93881025292474443415e0,
    1.33303460815807542389e0,
    2.01485389549179081538e-1,
    1.23716634817820021358e-2,
    3.01581553508235416007e-4,
    2.65806974686737550832e-6,
    6.23974539184983293730e-9,
]
_Q2 = [
    1.0,
    6.02427039364742014255e0,
    3.67983563856160859403e0,
    1.37702099489081330271e0,
    2.16236993594496635890e-1,
    1.34204006088543189037e-2,
    3.28014464682127739104e-4,
    2.89247864745380683936e-6,
    6.79019408009981274425e-9,
]
