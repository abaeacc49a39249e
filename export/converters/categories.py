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
from export.converters.search import search_sorted
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
        x = graph.numeric(frame.select(numbers).as_doubles(), encoder)
        known = [_numbers(graph, encoder, categories[i]) for i in numbers]
        parts.append(_number_slots(graph, x, known, unseen))
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
    """Search each column's sorted categories for the last that is not above a number.

    Then compare the two: so it takes no more memory, however many categories there are.
    """
    orders = [np.argsort(column)[: int((~np.isnan(column)).sum())] for column in categories]
    edges = [column[order] for column, order in zip(categories, orders, strict=True)]
    place = graph.cast(search_sorted(graph, x, edges, "right"), np.int64)
    last = lookup(graph, place, [np.insert(each, 0, np.nan) for each in edges])
    slot = lookup(graph, place, [np.insert(order + 1, 0, 0) for order in orders])
    slot = graph.op("Where", graph.op("Equal", last, x), slot, unseen)
    missing = [np.isnan(column) for column in categories]
    if not any(each.any() for each in missing):
        return slot
    of_missing = [int(each.argmax()) + 1 if each.any() else unseen for each in missing]
    return graph.op("Where", graph.op("IsNaN", x), np.array(of_missing).reshape(1, -1), slot)


def _names(graph: Graph, encoder: object, categories: NDArray[Any]) -> list[str]:
    _check_missing(graph, encoder, categories)
    return [MISSING_STRING if pd.isna(value) else str(value) for value in categories]


def _numbers(graph: Graph, encoder: object, categories: NDArray[Any]) -> NDArray[np.float64]:
    _check_missing(graph, encoder, categories)
    return np.array([np.nan if pd.isna(value) else float(value) for value in categories])


def _check_missing(graph: Graph, encoder: object, categories: NDArray[Any]) -> None:
    if pd.isna(categories).sum() > 1:
        raise graph.refuse(
            encoder, "it tells None from NaN in one column; use one of them for missing values."
        )
