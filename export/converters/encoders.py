"""Encoders of categories: each value's place among those seen in training."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import OneHotEncoder

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame, TensorName
from runtime.manifest import MISSING_STRING


@converts(OneHotEncoder, exact=True)
def one_hot_encoder(graph: Graph, encoder: OneHotEncoder, frame: Frame) -> Frame:
    """Compare each column with its categories: a column of 0 and 1 for each.

    A value never seen gives zeros (`handle_unknown="ignore"`) or the column of infrequent
    values (`"infrequent_if_exist"`); where scikit-learn refuses it, so does the service.
    """
    parts = []
    for column, categories in enumerate(encoder.categories_):
        chosen = frame.select([column])
        index = category_index(graph, encoder, chosen, categories)
        parts.append(_one_hot(graph, encoder, column, index, len(categories)))
    return Frame.concat(part for part in parts if part is not None)


def category_index(
    graph: Graph, encoder: object, column: Frame, categories: NDArray[Any]
) -> TensorName:
    """Return each value's index among `categories`, int64 [N, 1]; -1 where it is unseen.

    `column` is one column of strings or numbers. Missing values are a category like others
    where they were seen in training: None, NaN and pandas.NA alike.
    """
    count = len(categories)
    if column.string_columns[0]:
        x = graph.string(column, encoder)
        names = [MISSING_STRING if pd.isna(value) else str(value) for value in categories]
        return graph.op(
            "LabelEncoder",
            x,
            domain="ai.onnx.ml",
            keys_strings=names,
            values_int64s=list(range(count)),
            default_int64=-1,
        )
    x = graph.numeric(column, encoder)
    numbers = np.array([np.nan if pd.isna(value) else float(value) for value in categories])
    equal = graph.op("Equal", x, numbers.reshape(1, -1))
    absent = np.isnan(numbers).reshape(1, -1)
    if absent.any():
        equal = graph.op("Or", equal, graph.op("And", graph.op("IsNaN", x), absent))
    found = graph.op("Mul", graph.cast(equal, np.int64), np.arange(1, count + 1))
    place = graph.op("ReduceSum", found, np.array([1]), keepdims=1)
    return graph.op("Sub", place, np.array(1))


def _one_hot(
    graph: Graph, encoder: Any, column: int, index: TensorName, count: int
) -> Frame | None:
    """Return the 0 and 1 columns of one feature; None where none is left of them."""
    mapping = np.arange(count)
    infrequent = getattr(encoder, "_infrequent_enabled", False)
    if infrequent and encoder._default_to_infrequent_mappings[column] is not None:
        mapping = np.asarray(encoder._default_to_infrequent_mappings[column])
        unseen = -1
        if encoder.handle_unknown == "infrequent_if_exist":
            unseen = int(mapping.max())
        place = graph.op("Gather", np.append(mapping, unseen), index, axis=0)
    else:
        place = index
    width = int(mapping.max(initial=-1)) + 1
    columns = [value for value in range(width) if value != _dropped(encoder, column)]
    if not columns:
        return None
    hot = graph.op("Equal", place, np.array(columns).reshape(1, -1))
    return Frame.of(graph.cast(hot, np.float64), len(columns))


def _dropped(encoder: Any, column: int) -> int | None:
    """Return the index of the category that the encoder drops from this feature, if any."""
    dropped = encoder._drop_idx_after_grouping
    return None if dropped is None else dropped[column]
