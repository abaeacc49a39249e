"""Exponentials in single precision, rounded as the C library rounds them.

A booster that computes in single precision answers what `expf` of the C library answers, and an
`Exp` that rounds otherwise would differ in the last bit for one row of a thousand. glibc's
`expf` is the one of ARM's optimized routines (`sysdeps/ieee754/flt-32/e_expf.c`), computed in
double: with `k` the whole number nearest to `32 x / log 2`, and `r` what is left of it, it is
`2^(k/32)`, looked up, times a polynomial in `r`. So is what is built here, to the bit.
"""

import platform
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

from export.converters.arithmetic import row_max, row_sum_in_order
from export.converters.graph import Graph
from export.converters.values import TensorName

PARTS = 32
_SCALE = float.fromhex("0x1.71547652b82fep+0") * PARTS
_CUBIC = float.fromhex("0x1.c6af84b912394p-5") / PARTS**3
_SQUARE = float.fromhex("0x1.ebfce50fac4f3p-3") / PARTS**2
_LINEAR = float.fromhex("0x1.62e42ff0c52d6p-1") / PARTS
LEAST, GREATEST = -104.0, 89.0
"""Below, `expf` answers 0, and above infinity, as it does at these."""
_ALL_OF_ONE = -17.0
"""From here down, `1 + expf(x)` is 1."""
_MOST = 88.7
"""What XGBoost takes for every greater exponent of its logistic function."""


def is_reproducible() -> bool:
    """Tell whether the C library here is glibc, whose `expf` this module computes."""
    return platform.libc_ver()[0] == "glibc"


def exponential(
    graph: Graph, x: TensorName, least: float = LEAST, greatest: float = GREATEST
) -> TensorName:
    """Return `expf(x)`, float32, for float32 `x`, as if all `x` were within these bounds.

    The rest is taken as processors with a fused multiply-add take it, rounded once: the
    multiplier is cut in two, whose products with `x` are exact.
    """
    x = graph.cast(graph.op("Clip", x, np.float32(least), np.float32(greatest)), np.float64)
    coarse = _high_half(_SCALE)
    k = graph.op("Round", graph.op("Mul", x, _SCALE))
    rest = graph.op("Sub", graph.op("Mul", x, coarse), k)
    rest = graph.op("Add", rest, graph.op("Mul", x, _SCALE - coarse))
    square = graph.op("Mul", rest, rest)
    steep = graph.op("Add", graph.op("Mul", rest, _CUBIC), _SQUARE)
    flat = graph.op("Add", graph.op("Mul", rest, _LINEAR), 1.0)
    polynomial = graph.op("Add", graph.op("Mul", steep, square), flat)
    power = graph.op("Gather", _powers(least, greatest), graph.cast(k, np.int64), axis=0)
    return graph.cast(graph.op("Mul", polynomial, power), np.float32)


def logistic(graph: Graph, x: TensorName) -> TensorName:
    """Return `1 / (1 + expf(-x))` as XGBoost computes it, float32 for float32 `x`."""
    exponent = exponential(graph, graph.op("Neg", x), _ALL_OF_ONE, _MOST)
    one = np.float32(1)
    return graph.op("Div", one, graph.op("Add", exponent, one))


def softmax(graph: Graph, scores: TensorName) -> TensorName:
    """Return the softmax over the columns of float32 `[N, k]` scores as XGBoost computes it.

    The exponentials are added in double, one after another, and divided by the sum in single
    precision.
    """
    exponents = exponential(graph, graph.op("Sub", scores, row_max(graph, scores)), greatest=0.0)
    total = row_sum_in_order(graph, graph.cast(exponents, np.float64))
    return graph.op("Div", exponents, graph.cast(total, np.float32))


def _high_half(number: float) -> float:
    """Return the first 26 bits of a double."""
    bits = np.float64(number).view(np.int64) & ~np.int64(2**27 - 1)
    return float(bits.view(np.float64))


def _powers(least: float, greatest: float) -> NDArray[np.float64]:
    """Return `2^(k/32)` at index k, which may be negative, for every k that can occur."""
    with localcontext() as context:
        context.prec = 40
        roots = np.array([float(Decimal(2) ** (Decimal(i) / PARTS)) for i in range(PARTS)])
    first, last = (int(np.rint(bound * _SCALE)) for bound in (least, greatest))
    k = np.r_[0 : last + 1, first:0]
    powers: NDArray[np.float64] = np.ldexp(roots[k % PARTS], k // PARTS)
    return powers
