"""Columns of categories as boosters' trees see them: numbers from 1, 0 for what no node knows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from export.converters.categories import lookup, slots
from export.converters.graph import Graph
from export.converters.values import Frame, TensorName


def codes_of(
    graph: Graph,
    model: object,
    frame: Frame,
    categories: Sequence[Sequence[object]],
    tables: Sequence[Sequence[float]],
    *,
    refuse_unseen: bool = False,
) -> TensorName:
    """Look up a number for each value of columns that have categories, float64 [N, columns].

    A column's table has a number for what was never seen, for each category in their order,
    and for a missing value. With `refuse_unseen`, the graph refuses what was never seen.
    """
    known = [np.array([*column, None], dtype=object) for column in categories]
    places = slots(graph, model, frame, known, refuse_unseen=refuse_unseen)
    return lookup(graph, places, [np.array(table, np.float64) for table in tables])


def coded_first(
    frame: Frame, features: Sequence[int], codes: TensorName
) -> tuple[Frame, NDArray[np.int64]]:
    """Put the codes of some features before all others; return the place of each feature too."""
    others = np.setdiff1d(np.arange(frame.width), features)
    order = np.concatenate([features, others]).astype(np.int64)
    columns = Frame.concat([Frame.of(codes, len(features)), frame.select([int(i) for i in others])])
    return columns, np.argsort(order)
