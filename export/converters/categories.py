"""Categories: which of the values seen in training each value is, and what is looked up for it.

Each column has its own numbering of *slots*: 0 for a value that was not seen, 1 for the first
category, and so on. One lookup serves all columns of strings, and one all columns of numbers,
however many there are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.converters.graph import Graph
from export.converters.values import Frame, TensorName
from runtime.manifest import MISSING_STRING

REFUSED = 2**31
"""A slot outside every table: looking it up makes ONNX Runtime refuse the request."""


def slots(
    graph: Graph,
    encoder: object,
    frame: Frame,
    categories: Sequence[NDArray[Any]],
    *,
    refuse_unseen: bool = False,
) -> TensorName:
    """Return each value's slot, int64 [N, columns].

    Missing values are a category like others where they were seen in training. With
    `refuse_unseen`, an unseen value gets a slot that no table has: where scikit-learn raises
    an error, so does the graph.
    """
    unseen = REFUSED if refuse_unseen else 0
    strings = [i for i, is_string in enumerate(frame.string_columns) if is_string]
    numbers = [i for i, is_string in enumerate(frame.string_columns) if not is_string]
    parts = []
    if strings:
        x = graph.string(frame.select(strings), encoder)
        names = [_names(graph, encoder, categories[i]) for i in strings]
        parts.append(_string_slots(graph, x, names, unseen))
    if numbers:
        x = graph.numeric(frame.select(numbers), encoder)
        parts.append(_number_slots(graph, x, [_numbers(categories[i]) for i in numbers], unseen))
    joined = graph.concat(parts)
    order = np.argsort(strings + numbers)
    if np.array_equal(order, np.arange(frame.width)):
        return joined
    return graph.op("Gather", joined, order, axis=1)


def lookup(graph: Graph, places: TensorName, tables: Sequence[NDArray[Any]]) -> TensorName:
    """Look each column's slots up in its own table `[slots, ...]`; returns [N, columns, ...]."""
    table = np.concatenate(tables)
    starts = np.cumsum([0] + [len(each) for each in tables[:-1]])
    if len(tables) > 1:
        places = graph.op("Add", places, starts)
    return graph.op("Gather", table, places, axis=0)


def _string_slots(
    graph: Graph, x: TensorName, names: Sequence[Sequence[str]], unseen: int
) -> TensorName:
    """Look all columns up at once; where there are several, each value carries its column."""
    marks = [""] if len(names) == 1 else [f"{column}:" for column in range(len(names))]
    if len(names) > 1:
        x = graph.op("StringConcat", np.array(marks, dtype=object), x)
    keys = [mark + name for mark, column in zip(marks, names, strict=True) for name in column]
    values = [slot for column in names for slot in range(1, len(column) + 1)]
    return graph.op(
        "LabelEncoder",
        x,
        domain="ai.onnx.ml",
        keys_strings=keys,
        values_int64s=values,
        default_int64=unseen,
    )


def _number_slots(
    graph: Graph, x: TensorName, categories: Sequence[NDArray[np.float64]], unseen: int
) -> TensorName:
    """Compare each column with its categories, all columns at once."""
    count = max(len(column) for column in categories)
    known = np.full((len(categories), count), np.nan)
    for row, column in enumerate(categories):
        known[row, : len(column)] = column
    absent = np.zeros(known.shape, dtype=bool)
    for row, column in enumerate(categories):
        absent[row, : len(column)] = np.isnan(column)
    each = graph.op("Unsqueeze", x, np.array([2]))
    equal = graph.op("Equal", each, known)
    if absent.any():
        equal = graph.op("Or", equal, graph.op("And", graph.op("IsNaN", each), absent))
    found = graph.op("Mul", graph.cast(equal, np.int64), np.arange(1, count + 1))
    place = graph.op("ReduceSum", found, np.array([2]), keepdims=0)
    if not unseen:
        return place
    return graph.op("Where", graph.op("Equal", place, 0), unseen, place)


def _names(graph: Graph, encoder: object, categories: NDArray[Any]) -> list[str]:
    names = [MISSING_STRING if pd.isna(value) else str(value) for value in categories]
    if len(set(names)) < len(names):
        raise graph.refuse(
            encoder, "it tells None from NaN in one column; use one of them for missing values."
        )
    return names


def _numbers(categories: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if pd.isna(value) else float(value) for value in categories])
