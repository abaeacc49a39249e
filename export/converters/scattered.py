"""Wide tables of which a row has few columns: sums, products and weights without the others.

A `Block` with `places` holds, of each row, but the columns that it has. What is computed here of
such a block takes the weights of these columns alone; whatever else needs the whole table asks
`Graph.numeric` for it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.graph import COLUMN_BYTES, Graph
from export.converters.values import Block, Frame, TensorName

FULL = 2**10
"""Up to so many columns of words, tables are made of all of them: then it is the quicker way."""


def added(
    graph: Graph,
    places: TensorName,
    numbers: TensorName | None,
    width: int,
    *,
    held: tuple[int, int],
    full: int = FULL,
    hashed: bool = False,
) -> Block:
    """Add numbers [N, runs] in their columns; those at the place `width` are left out.

    Without numbers, count the places. A row has at most `held` runs, and so many for each of its
    characters. Up to `full` columns, a table is made of all of them.
    """
    if width > full:
        tensor, kept = _merged(graph, places, numbers, width)
        graph.takes(*(COLUMN_BYTES * count for count in held))
        return Block(tensor, width, is_string=False, places=kept, held=held, hashed=hashed)
    graph.takes(row=COLUMN_BYTES * width)
    known = graph.op("Less", places, width)
    if numbers is None:
        numbers = graph.cast(known, np.float64)
    else:
        numbers = graph.op("Where", known, numbers, 0.0)
    places = graph.op("Where", known, places, 0)
    shape = graph.op("Concat", _rows(graph, places), np.array([width]), axis=0)
    zeros = graph.op("Expand", 0.0, shape)
    sums = graph.op("ScatterElements", zeros, places, numbers, axis=1, reduction="add")
    return Block(sums, width, is_string=False)


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
            graph.takes(*(2 * rows.itemsize * rows.shape[1] * count for count in block.held))
            numbers = graph.op("Unsqueeze", block.tensor, np.array([1]))
            part = graph.op("MatMul", numbers, _at(graph, rows, block.places))
            part = graph.op("Squeeze", part, np.array([1]))
        else:
            part = graph.op("MatMul", graph.numeric(Frame((block,)), estimator), rows)
        total = part if total is None else graph.op("Add", total, part)
    return total or graph.numeric(frame, estimator)


def scattered(frame: Frame) -> Block | None:
    """Return the block of a frame that is one such table and nothing else; None for others."""
    return frame.blocks[0] if len(frame.blocks) == 1 and _is_scattered(frame.blocks[0]) else None


def weights_of(graph: Graph, block: Block, weights: NDArray[np.float64]) -> TensorName:
    """Return the weights [width] of the columns that each row has."""
    return _at(graph, weights, block.places)


def _is_scattered(block: Block) -> bool:
    return block.places is not None and block.picks is None


def _merged(
    graph: Graph, places: TensorName, numbers: TensorName | None, width: int
) -> tuple[TensorName, TensorName]:
    """Return the sums of the numbers at each place of a row, and the places, ascending."""
    shape = graph.op("Concat", _rows(graph, places), np.array([1]), axis=0)
    places = graph.concat([places, graph.op("Expand", width, shape)])  # so there is one
    every = graph.op("Shape", places)
    count = graph.op("Slice", every, np.array([1]), np.array([2]))
    places, order = graph.ops("TopK", places, count, outputs=2, axis=1, largest=0)
    known = graph.op("Less", places, width)
    if numbers is None:
        numbers = graph.cast(known, np.float64)
    else:
        numbers = graph.concat([numbers, graph.op("Expand", 0.0, shape)])
        numbers = graph.op("Where", known, graph.op("GatherElements", numbers, order, axis=1), 0.0)
    before, after = _part(graph, places, 0, -1), _part(graph, places, 1, 2**31)
    new = graph.cast(graph.op("Less", before, after), np.int64)
    rank = graph.concat([graph.op("Expand", 0, shape), graph.op("CumSum", new, np.array(1))])
    places = graph.op("Where", known, places, 0)
    zeros, none = graph.op("Expand", 0.0, every), graph.op("Expand", 0, every)
    sums = graph.op("ScatterElements", zeros, rank, numbers, axis=1, reduction="add")
    return sums, graph.op("ScatterElements", none, rank, places, axis=1)


def _rows(graph: Graph, tensor: TensorName) -> TensorName:
    return graph.op("Slice", graph.op("Shape", tensor), np.array([0]), np.array([1]))


def _part(graph: Graph, tensor: TensorName, start: int, stop: int) -> TensorName:
    return graph.op("Slice", tensor, np.array([start]), np.array([stop]), np.array([1]))


def _at(graph: Graph, table: NDArray[np.float64], places: Any) -> TensorName:
    """Return the rows of a table at some places; the row that most are equal to is stored once."""
    columns = table.reshape(len(table), -1)
    middle = np.argsort(columns[:, 0], kind="stable")[len(table) // 2]
    rare = np.flatnonzero((columns != columns[middle]).any(axis=1))
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
    return graph.op("Gather", np.concatenate([table[rare], table[[middle]]]), index, axis=0)
