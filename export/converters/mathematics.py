"""Functions of one number that ONNX lacks in double, from those that it has."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.graph import Graph, Operand
from export.converters.values import TensorName

_SERIES_REACH = 0.25
_SERIES_TERMS = 12  # 0.25**12 / 13! is 1e-17


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


def log1p_of_size(graph: Graph, size: Operand) -> TensorName:
    """Return log(1 + size), of finite numbers from 0 on, without loss near 0.

    What the sum has lost of the number is given back by the slope of the logarithm there.
    """
    above = graph.op("Add", size, 1.0)
    lost = graph.op("Sub", graph.op("Sub", above, 1.0), size)
    return graph.op("Sub", graph.op("Log", above), graph.op("Div", lost, above))


def expm1(graph: Graph, x: Operand) -> TensorName:
    """Return exp(x) - 1 without loss near 0, by its power series there."""
    near = graph.op("Clip", x, -_SERIES_REACH, _SERIES_REACH)
    coefficients = 1.0 / np.cumprod(np.arange(1, _SERIES_TERMS + 1, dtype=np.float64))
    small = graph.op("Mul", near, polynomial(graph, near, coefficients[::-1]))
    large = graph.op("Sub", graph.op("Exp", x), 1.0)
    bounded = graph.op("Less", graph.op("Abs", x), _SERIES_REACH)
    return graph.op("Where", bounded, small, large)


def polynomial(graph: Graph, x: Operand, coefficients: NDArray[Any]) -> TensorName:
    """Evaluate a polynomial by Horner's rule; the coefficient of the highest power is first."""
    value: Operand = np.asarray(coefficients[0])
    for coefficient in coefficients[1:]:
        value = graph.op("Add", graph.op("Mul", value, x), np.float64(coefficient))
    return graph.operand(value)


def normal_quantile(graph: Graph, p: TensorName) -> TensorName:
    """Return the quantile function of the standard normal distribution, at p in (0, 1).

    The rational approximations of Cephes' `ndtri` (Moshier, 1989), which SciPy uses too: one
    around the middle, to the bit, and two in z = sqrt(-2 log p) towards the ends, where only the
    logarithms are rounded otherwise.
    """
    upper = graph.op("Greater", p, 1.0 - _TAIL)
    y = graph.op("Where", upper, graph.op("Sub", 1.0, p), p)
    middle = graph.op("Greater", y, _TAIL)
    centred = graph.op("Sub", y, 0.5)
    squared = graph.op("Mul", centred, centred)
    curve = graph.op("Mul", centred, ratio(graph, squared, _P0, _Q0, times=squared))
    inside = graph.op("Mul", graph.op("Add", centred, curve), _ROOT_OF_TWO_PI)
    z = graph.op("Sqrt", graph.op("Mul", graph.op("Log", y), -2.0))
    first = graph.op("Sub", z, graph.op("Div", graph.op("Log", z), z))
    inverse = graph.op("Reciprocal", z)
    near = ratio(graph, inverse, _P1, _Q1, times=inverse)
    far = ratio(graph, inverse, _P2, _Q2, times=inverse)
    chosen = graph.op("Where", graph.op("Less", z, 8.0), near, far)
    outside = graph.op("Sub", first, chosen)
    signed = graph.op("Where", upper, outside, graph.op("Neg", outside))
    return graph.op("Where", middle, inside, signed)


def erf(graph: Graph, x: TensorName) -> TensorName:
    """Return the error function; ONNX Runtime's own is in single precision.

    The rational approximations of Cephes' `erf` and `erfc` (Moshier, 1989), which SciPy uses
    too: x times one in x² up to 1, and 1 less exp(-x²) times one beyond.
    """
    size = graph.op("Min", graph.op("Abs", x), np.array(_ERF_IS_ONE))
    far = graph.op("Mul", graph.op("Sign", x), graph.op("Sub", 1.0, _beyond(graph, size)))
    return graph.op("Where", graph.op("Less", size, 1.0), _erf_near(graph, x), far)


def normal_probability(graph: Graph, x: TensorName) -> TensorName:
    """Return the distribution function of the standard normal distribution, tails included."""
    z = graph.op("Mul", x, np.sqrt(0.5))
    near = graph.op("Add", graph.op("Mul", _erf_near(graph, z), 0.5), 0.5)
    tail = graph.op("Mul", _beyond(graph, graph.op("Abs", z)), 0.5)
    far = graph.op("Where", graph.op("Greater", x, 0.0), graph.op("Sub", 1.0, tail), tail)
    return graph.op("Where", graph.op("Less", graph.op("Abs", z), 1.0), near, far)


def _erf_near(graph: Graph, x: TensorName) -> TensorName:
    """Return the error function up to 1."""
    return graph.op("Mul", x, ratio(graph, graph.op("Mul", x, x), _T, _U))


def _beyond(graph: Graph, size: TensorName) -> TensorName:
    """Return 1 less the error function, from 1 to 8."""
    size = graph.op("Min", size, 8.0)
    decay = graph.op("Exp", graph.op("Neg", graph.op("Mul", size, size)))
    return graph.op("Mul", decay, ratio(graph, size, _P, _Q))


def cube_root(graph: Graph, x: Operand) -> TensorName:
    """Return the cube root: by a power, and one step of Newton's for its last bits."""
    size = graph.op("Abs", x)
    usual = graph.op("And", graph.op("Greater", size, 0.0), graph.op("Not", graph.op("IsInf", x)))
    safe = graph.op("Where", usual, size, 1.0)
    root = graph.op("Pow", safe, 1.0 / 3.0)
    square = graph.op("Mul", root, root)
    excess = graph.op("Sub", root, graph.op("Div", safe, square))
    root = graph.op("Sub", root, graph.op("Div", excess, 3.0))
    return graph.op("Mul", graph.op("Sign", x), graph.op("Where", usual, root, size))


def arcsinh(graph: Graph, x: Operand) -> TensorName:
    """Return the inverse hyperbolic sine without loss near 0, nor overflow."""
    size = graph.op("Abs", x)
    large = graph.op("Greater", size, _SQUARES_ONLY)
    small = graph.op("Where", large, 1.0, size)
    square = graph.op("Mul", small, small)
    leg = graph.op("Add", graph.op("Sqrt", graph.op("Add", square, 1.0)), 1.0)
    near = log1p(graph, graph.op("Add", small, graph.op("Div", square, leg)))
    far = graph.op("Add", graph.op("Log", size), np.log(2.0))
    return graph.op("Mul", graph.op("Sign", x), graph.op("Where", large, far, near))


def arccosh(graph: Graph, x: Operand) -> TensorName:
    """Return the inverse hyperbolic cosine of numbers from 1, without loss there, nor overflow."""
    large = graph.op("Greater", x, _SQUARES_ONLY)
    above = graph.op("Sub", graph.op("Where", large, 2.0, x), 1.0)
    product = graph.op("Mul", above, graph.op("Add", above, 2.0))
    near = log1p(graph, graph.op("Add", above, graph.op("Sqrt", product)))
    far = graph.op("Add", graph.op("Log", x), np.log(2.0))
    return graph.op("Where", large, far, near)


def arctanh(graph: Graph, x: Operand) -> TensorName:
    """Return the inverse hyperbolic tangent without loss near 0."""
    size = graph.op("Abs", x)
    doubled = graph.op("Div", graph.op("Mul", size, 2.0), graph.op("Sub", 1.0, size))
    half = graph.op("Mul", log1p(graph, doubled), 0.5)
    return graph.op("Mul", graph.op("Sign", x), half)


def logit(graph: Graph, p: Operand) -> TensorName:
    """Return the logarithm of the odds, without loss near one half."""
    odds = graph.op("Log", graph.op("Div", p, graph.op("Sub", 1.0, p)))
    apart = graph.op("Mul", graph.op("Sub", p, 0.5), 2.0)
    near = graph.op("Sub", log1p(graph, apart), log1p(graph, graph.op("Neg", apart)))
    return graph.op("Where", graph.op("Less", graph.op("Abs", apart), 0.3), near, odds)


def ratio(
    graph: Graph,
    x: TensorName,
    above: list[float],
    below: list[float],
    times: TensorName | None = None,
) -> TensorName:
    """Return the quotient of two polynomials, the coefficients of the highest powers first.

    With `times`, the upper one is multiplied by it before it is divided.
    """
    numerator = polynomial(graph, x, np.array(above))
    if times is not None:
        numerator = graph.op("Mul", times, numerator)
    return graph.op("Div", numerator, polynomial(graph, x, np.array(below)))


_SQUARES_ONLY = 2.0**28
_TAIL = float(np.exp(-2.0))
_ROOT_OF_TWO_PI = 2.50662827463100050242
"""The nearest double, which the root of the rounded `2 * np.pi` is not."""
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
_ERF_IS_ONE = 7.0
_T = [
    9.60497373987051638749e0,
    9.00260197203842689217e1,
    2.23200534594684319226e3,
    7.00332514112805075473e3,
    5.55923013010394962768e4,
]
_U = [
    1.0,
    3.35617141647503099647e1,
    5.21357949780152679795e2,
    4.59432382970980127987e3,
    2.26290000613890934246e4,
    4.92673942608635921086e4,
]
_P = [
    2.46196981473530512524e-10,
    5.64189564831068821977e-1,
    7.46321056442269912687e0,
    4.86371970985681366614e1,
    1.96520832956077098242e2,
    5.26445194995477358631e2,
    9.34528527171957607540e2,
    1.02755188689515710272e3,
    5.57535335369399327526e2,
]
_Q = [
    1.0,
    1.32281951154744992508e1,
    8.67072140885989742329e1,
    3.54937778887819891062e2,
    9.75708501743205489753e2,
    1.82390916687909736289e3,
    2.24633760818710981792e3,
    1.65666309194161350182e3,
    5.57535340817727675546e2,
]
