"""Sums in the order in which numpy adds on x86-64, so that they have its very bits.

Where large terms cancel, as in `|x|² - 2 x·p + |p|²`, their last bits are what remains.
"""

import numpy as np

from export.converters.arithmetic import in_order, row_sum_in_order
from export.converters.graph import Graph
from export.converters.values import TensorName

_LANES = 2
_UNROLLED = 4
_SUMS = 8
_MOST_AT_ONCE = 128


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
    squares = graph.op("Transpose", graph.op("Mul", x, x))  # to be gathered as whole rows
    picked = graph.op("Gather", squares, np.where(there, columns, 0))
    if not there.all():
        picked = graph.op("Mul", picked, there.astype(np.float64).reshape(-1, 1))
    lanes = graph.reshape(picked, _LANES, pairs, -1)
    sums = graph.op("Gather", graph.op("CumSum", lanes, np.array(1)), np.array(-1), axis=1)
    return graph.reshape(graph.op("ReduceSum", sums, np.array([0]), keepdims=0), -1, 1)


def numpy_row_sum(graph: Graph, values: TensorName, width: int) -> TensorName:
    """Sum each row of `[N, width]`, to `[N, 1]`, as `numpy.sum` does along the last axis.

    Up to seven numbers one after another; more in eight sums, of every eighth number, that are
    added in pairs, and then what is left over; more than 128 in two halves. numpy begins with
    0.0, so that its sums are never -0.0; these may be.
    """
    if width < _SUMS:
        return row_sum_in_order(graph, values)
    if width > _MOST_AT_ONCE:
        half = width // 2 // _SUMS * _SUMS
        parts = _part(graph, values, 0, half), _part(graph, values, half, width)
        first, second = (
            numpy_row_sum(graph, part, size)
            for part, size in zip(parts, (half, width - half), strict=True)
        )
        return graph.op("Add", first, second)
    whole = width // _SUMS * _SUMS
    table = graph.reshape(_part(graph, values, 0, whole), -1, whole // _SUMS, _SUMS)
    running = graph.op("CumSum", table, np.array(1))
    sums = graph.op("Gather", running, np.array(-1), axis=1)
    for size in (_SUMS, _SUMS // 2, _SUMS // 4):
        sums = graph.op(
            "Add", _every_other(graph, sums, 0, size), _every_other(graph, sums, 1, size)
        )
    return in_order(graph, [sums, *(graph.column(values, i) for i in range(whole, width))])


def _part(graph: Graph, values: TensorName, start: int, end: int) -> TensorName:
    return graph.op("Slice", values, np.array([start]), np.array([end]), np.array([1]))


def _every_other(graph: Graph, values: TensorName, first: int, width: int) -> TensorName:
    return graph.op("Gather", values, np.arange(first, width, 2), axis=1)
