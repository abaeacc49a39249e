"""Wide tables of which a batch fills few columns: products and weights without the others.

A `Block` with `places` holds but the columns that some row of the batch has. What is computed
here of such a block takes the weights of these columns alone; whatever else needs the whole
table asks `Graph.numeric` for it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.graph import Graph
from export.converters.values import Block, Frame, TensorName


def product(graph: Graph, estimator: Any, frame: Frame, weights: Any) -> TensorName:
    """Return the frame times `weights` [width, outputs], float64 [N, outputs]."""
    table = np.asarray(weights, dtype=np.float64)
    if not any(_is_scattered(block) for block in frame.blocks):
        return graph.op("MatMul", graph.numeric(frame, estimator), table)
    total: TensorName | None = None
    start = 0
    for block in frame.blocks:
        rows = table[start : start + block.columns]
        start += block.columns
        if _is_scattered(block):
            part = graph.op("MatMul", block.tensor, _rows(graph, rows, block.places))
        else:
            part = graph.op("MatMul", graph.numeric(Frame((block,)), estimator), rows)
        total = part if total is None else graph.op("Add", total, part)
    return total or graph.numeric(frame, estimator)


def scattered(frame: Frame) -> Block | None:
    """Return the block of a frame that is one such table and nothing else; None for others."""
    return frame.blocks[0] if len(frame.blocks) == 1 and _is_scattered(frame.blocks[0]) else None


def weights_of(graph: Graph, block: Block, weights: NDArray[np.float64]) -> TensorName:
    """Return the weights [width] of the columns that the block holds."""
    return graph.reshape(_rows(graph, weights.reshape(-1, 1), block.places), -1)


def _is_scattered(block: Block) -> bool:
    return block.places is not None and block.picks is None


def _rows(graph: Graph, table: NDArray[np.float64], places: Any) -> TensorName:
    """Return the rows of a table at some places; the row that most are equal to is stored once."""
    middle = np.argsort(table[:, 0], kind="stable")[len(table) // 2]
    rare = np.flatnonzero((table != table[middle]).any(axis=1))
    if len(rare) > len(table) // 4:
        return graph.op("Gather", table, places, axis=0)
    index = graph.op(
        "LabelEncoder",
        places,
        domain="ai.onnx.ml",
        keys_int64s=rare.tolist() or [-1],
        values_int64s=list(range(len(rare))) or [0],
        default_int64=len(rare),
    )
    return graph.op("Gather", np.vstack([table[rare], table[middle]]), index, axis=0)
