"""Formulas that several families of estimators share, built from ONNX operators in double."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from export.converters.graph import Graph, Operand
from export.converters.values import Frame, TensorName


def sigmoid(graph: Graph, x: Operand) -> TensorName:
    """Return `1 / (1 + exp(-x))`.

    ONNX Runtime's own `Sigmoid` computes `1 - sigmoid(-x)` for negative numbers: 0 from -37
    on, where scikit-learn still tells 1e-17 from 1e-300.
    """
    return graph.op("Div", 1.0, graph.op("Add", 1.0, graph.op("Exp", graph.op("Neg", x))))


def sigmoid_of_column(graph: Graph, x: Operand) -> TensorName:
    """Return the sigmoid of `[N, 1]`, to the last bit alike for every N.

    ONNX Runtime's `Exp` rounds the numbers that are left over, after those that it computes two,
    four or eight at once, in another way. So there are eight of each here, and none is left.
    """
    powers = graph.op("Exp", graph.op("Mul", x, np.full((1, 8), -1.0)))
    return graph.op("Div", 1.0, graph.op("Add", 1.0, graph.column(powers, 0)))


def softmax(graph: Graph, scores: TensorName) -> TensorName:
    """Return the softmax over the columns of `[N, k]` scores."""
    return graph.op("Softmax", scores, axis=1)


def in_order(graph: Graph, terms: Sequence[TensorName]) -> TensorName:
    """Add up tensors of one shape, one after another."""
    return reduce(lambda total, term: graph.op("Add", total, term), terms)


def row_sum(graph: Graph, values: TensorName) -> TensorName:
    """Sum each row of `[N, k]`, to `[N, 1]`."""
    return graph.op("ReduceSum", values, np.array([1]), keepdims=1)


def row_sum_in_order(graph: Graph, values: TensorName) -> TensorName:
    """Sum each row of `[N, k]` one number after another, to `[N, 1]`.

    As numpy sums up to seven numbers; it adds more than that in pairs.
    """
    return graph.column(graph.op("CumSum", values, np.array(1)), -1)


def in_order_in_single(graph: Graph, parts: Sequence[TensorName]) -> TensorName:
    """Add tensors of one shape, one after another, each sum rounded to single precision."""
    return reduce(lambda total, part: graph.single_op("Add", total, part), parts)


def row_max(graph: Graph, values: TensorName) -> TensorName:
    """Return the greatest of each row of `[N, k]`, as `[N, 1]`."""
    return graph.op("ReduceMax", values, np.array([1]), keepdims=1)


def shares(graph: Graph, values: TensorName, width: int) -> TensorName:
    """Divide each row of `[N, width]` by its sum; a row that sums to 0 becomes uniform."""
    total = row_sum_in_order(graph, values) if width < 8 else row_sum(graph, values)
    empty = graph.op("Equal", total, 0.0)
    divided = graph.op("Div", values, total)
    return graph.op("Where", empty, np.full((1, width), 1.0 / width), divided)


def log_sum_exp(graph: Graph, values: TensorName) -> TensorName:
    """Return the logarithm of each row's sum of exponentials, `[N, 1]`, without overflow."""
    greatest = row_max(graph, values)
    total = row_sum(graph, graph.op("Exp", graph.op("Sub", values, greatest)))
    return graph.op("Add", graph.op("Log", total), greatest)


def from_logarithms(graph: Graph, values: TensorName) -> TensorName:
    """Return the probabilities, summing to 1, of `[N, k]` logarithms known but for a constant."""
    return graph.op("Exp", graph.op("Sub", values, log_sum_exp(graph, values)))


def first_greatest(graph: Graph, values: TensorName) -> TensorName:
    """Return the column of each row's greatest number, the first of equals, int64 [N]."""
    return graph.op("ArgMax", values, axis=1, keepdims=0)


def flag(graph: Graph, condition: TensorName) -> TensorName:
    """Return a condition, `[N]` or `[N, 1]`, as the index 0 or 1, int64 [N]."""
    return graph.cast(graph.reshape(condition, -1), np.int64)


def by_sign(graph: Graph, scores: TensorName) -> TensorName:
    """Return 1 for each score of 0 or more, otherwise -1, int64 [N]."""
    return graph.op("Where", graph.op("GreaterOrEqual", scores, 0.0), np.array(1), np.array(-1))


def with_complement(graph: Graph, positive: TensorName) -> TensorName:
    """Return `[1 - p, p]` for the probabilities `[N, 1]` of the second of two classes."""
    return graph.concat([graph.op("Sub", 1.0, positive), positive])


def repeated(graph: Graph, row: Operand, frame: Frame) -> TensorName:
    """Return `[N, k]`: the row `[1, k]`, once for each row of the frame."""
    rows = graph.op("Shape", frame.blocks[0].tensor, start=0, end=1)
    shape = graph.op("Concat", rows, np.array([1]), axis=0)
    return graph.op("Expand", row, shape)
