"""Imputers: put a value where one is missing."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame, TensorName
from runtime.manifest import MISSING_STRING


@converts(SimpleImputer, exact=True)
def simple_imputer(graph: Graph, imputer: SimpleImputer, frame: Frame) -> Frame:
    """Replace the missing values of each column by its statistic.

    Columns that had no value in training are dropped, as scikit-learn drops them, and
    `add_indicator` appends one column of 0 and 1 for each that had a missing value.
    """
    is_string = any(frame.string_columns)
    x = graph.string(frame, imputer) if is_string else graph.numeric(frame, imputer)
    missing = _is_missing(graph, imputer, x, is_string)
    statistics = imputer.statistics_
    kept = np.flatnonzero(~pd.isna(statistics)) if not imputer.keep_empty_features else None
    fill = _fill_values(statistics, is_string)
    filled = Frame.of(graph.op("Where", missing, fill, x), frame.width, is_string)
    if kept is not None and len(kept) < frame.width:
        filled = filled.select([int(index) for index in kept])
    if not imputer.add_indicator:
        return filled
    indicated = [int(index) for index in imputer.indicator_.features_]
    indicator = Frame.of(graph.cast(missing, np.float64), frame.width).select(indicated)
    return Frame.concat([filled, indicator])


def _is_missing(graph: Graph, imputer: SimpleImputer, x: TensorName, is_string: bool) -> TensorName:
    marker: Any = imputer.missing_values
    if is_string:
        absent = MISSING_STRING if pd.isna(marker) else str(marker)
        return graph.op("Equal", x, np.array(absent, dtype=object))
    if pd.isna(marker):
        return graph.op("IsNaN", x)
    return graph.op("Equal", x, np.float64(marker))


def _fill_values(statistics: Any, is_string: bool) -> Any:
    if is_string:
        return np.array(["" if pd.isna(s) else str(s) for s in statistics], dtype=object)
    return np.array([np.nan if pd.isna(s) else s for s in statistics], dtype=np.float64)
