"""Sums in the order in which numpy adds on x86-64, so that they have its very bits.

Where large terms cancel, as in `|x|² - 2 x·p + |p|²`, their last bits are what remains.
"""

import numpy as np

from export.converters.arithmetic import row_sum
from export.converters.graph import Graph
from export.converters.values import TensorName

_LANES = 2
_UNROLLED = 4


def squared_norms(graph: Graph, x: TensorName, width: int) -> TensorName:
    """Return the sum of squares of each row of `[N, width]`, to `[N, 1]`.

    `numpy.einsum` adds even and odd columns apart, in pairs of 128 bits; of each four whole
    pairs the last comes first.
    """
    pairs = -(-width // _LANES)
    unrolled = width // (_LANES * _UNROLLED) * _UNROLLED
    order = np.arange(pairs)
    order[:unrolled] = order[:unrolled].reshape(-1, _UNROLLED)[:, ::-1].ravel()
    columns = (order * _LANES + np.arange(_LANES).reshape(-1, 1)).ravel()
    there = columns < width
    picked = graph.op("Gather", x, np.where(there, columns, 0), axis=1)
    if not there.all():
        picked = graph.op("Mul", picked, there.astype(np.float64))
    lanes = graph.reshape(graph.op("Mul", picked, picked), -1, _LANES, pairs)
    sums = graph.op("Gather", graph.op("CumSum", lanes, np.array(2)), np.array(-1), axis=2)
    return row_sum(graph, sums)
