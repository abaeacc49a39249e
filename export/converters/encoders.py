"""Encoders of categories: one-hot columns, ordinal numbers, means of the target."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from export.converters.categories import lookup, slots
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame, TensorName

_UNSEEN = -1


@converts(OneHotEncoder, exact=True)
def one_hot_encoder(graph: Graph, encoder: OneHotEncoder, frame: Frame) -> Frame:
    """Compare each column with its categories: a column of 0 and 1 for each that is kept.

    A value never seen gives zeros (`handle_unknown="ignore"`) or the column of infrequent
    values (`"infrequent_if_exist"`, `"warn"`); where scikit-learn refuses it, so does the graph.
    """
    closed = encoder.handle_unknown == "error"
    places = slots(graph, encoder, frame, encoder.categories_, refuse_unseen=closed)
    tables = [_places(encoder, column) for column in range(frame.width)]
    trivial = all(np.array_equal(table, np.arange(len(table)) - 1) for table in tables)
    if closed or not trivial:
        places = lookup(graph, places, tables)
    wanted = [_kept(encoder, column, table) for column, table in enumerate(tables)]
    if trivial and not closed:
        wanted = [each + 1 for each in wanted]
    return one_hot(graph, places, wanted).typed(encoder.dtype)


@converts(OrdinalEncoder, exact=True)
def ordinal_encoder(graph: Graph, encoder: OrdinalEncoder, frame: Frame) -> Frame:
    """Answer each value's place among the categories, or the value that stands for it."""
    closed = encoder.handle_unknown == "error"
    places = slots(graph, encoder, frame, encoder.categories_, refuse_unseen=closed)
    tables = [_ordinals(encoder, column) for column in range(frame.width)]
    return Frame.of(lookup(graph, places, tables), frame.width).typed(encoder.dtype)


@converts(TargetEncoder, exact=True)
def target_encoder(graph: Graph, encoder: TargetEncoder, frame: Frame) -> Frame:
    """Answer each category's mean of the target, or the overall mean for a value never seen.

    For several classes there is a column for each class, feature by feature.
    """
    places = slots(graph, encoder, frame, encoder.categories_)
    means = np.atleast_1d(encoder.target_mean_)
    classes = len(means)
    tables = []
    for column in range(frame.width):
        encodings = encoder.encodings_[column * classes : (column + 1) * classes]
        tables.append(np.vstack([means, np.column_stack(encodings)]))
    encoded = lookup(graph, places, tables)
    return Frame.of(graph.reshape(encoded, -1, frame.width * classes), frame.width * classes)


def one_hot(graph: Graph, places: TensorName, wanted: list[NDArray[np.int64]]) -> Frame:
    """Return a column of 0 and 1 for each wanted place of each column of places [N, columns]."""
    if len(wanted) > 1:
        sources = np.repeat(np.arange(len(wanted)), [len(each) for each in wanted])
        places = graph.op("Gather", places, sources, axis=1)
    codes = np.concatenate(wanted)
    if not len(codes):
        return Frame(())
    hot = graph.op("Equal", places, codes.reshape(1, -1))
    return Frame.of(graph.cast(hot, np.float64), len(codes))


def _places(encoder: Any, column: int) -> NDArray[np.int64]:
    """Return, for each slot of a column, its place among frequent categories; -1 for none.

    Infrequent categories share the place behind the frequent ones.
    """
    mapping = np.arange(len(encoder.categories_[column]))
    unseen = _UNSEEN
    if encoder._infrequent_enabled and encoder._default_to_infrequent_mappings[column] is not None:
        mapping = encoder._default_to_infrequent_mappings[column]
        if encoder.handle_unknown in ("infrequent_if_exist", "warn"):
            unseen = int(mapping.max())
    return np.concatenate([[unseen], mapping])


def _kept(encoder: Any, column: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places that have a column in the answer: all, but for the dropped one."""
    kept: NDArray[np.int64] = np.arange(places.max(initial=_UNSEEN) + 1)
    dropped = encoder._drop_idx_after_grouping
    if dropped is None or dropped[column] is None:
        return kept
    remaining: NDArray[np.int64] = kept[kept != dropped[column]]
    return remaining


def _ordinals(encoder: Any, column: int) -> NDArray[np.float64]:
    """Return, for each slot of a column, the number that the encoder answers."""
    numbers = np.arange(len(encoder.categories_[column]), dtype=np.float64)
    unseen = np.float64(_UNSEEN)
    missing = encoder._missing_indices.get(column)
    if encoder._infrequent_enabled and encoder._default_to_infrequent_mappings[column] is not None:
        mapping = encoder._default_to_infrequent_mappings[column]
        numbers[: len(mapping)] = mapping
    if encoder.handle_unknown == "use_encoded_value":
        unseen = np.float64(encoder.unknown_value)
    if missing is not None:
        numbers[missing] = encoder.encoded_missing_value
    return np.concatenate([[unseen], numbers])
