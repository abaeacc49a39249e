"""Imputers: put a value where one is missing, and indicators of where one was."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.utils._mask import _get_mask

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
    if imputer.strategy not in ("constant", "most_frequent"):
        frame = frame.as_doubles()
    filled = _by_kind(graph, imputer, frame, _filled)
    if not imputer.keep_empty_features:
        kept = np.flatnonzero(~_get_mask(imputer.statistics_, np.nan))
        filled = filled.select([int(index) for index in kept])
    return with_indicator(graph, imputer, frame, filled)


@converts(MissingIndicator, exact=True)
def missing_indicator(graph: Graph, indicator: MissingIndicator, frame: Frame) -> Frame:
    """Answer 1 where a value is missing, for the columns that had missing values in training."""
    return _by_kind(graph, indicator, frame, _flags).select([int(i) for i in indicator.features_])


def with_indicator(graph: Graph, imputer: Any, frame: Frame, filled: Frame) -> Frame:
    """Append the columns of the imputer's indicator, where it has one."""
    if not imputer.add_indicator:
        return filled
    return Frame.concat([filled, missing_indicator(graph, imputer.indicator_, frame)])


def is_missing(graph: Graph, imputer: Any, frame: Frame) -> TensorName:
    """Return where the values of a frame, all numbers or all strings, are missing; [N, columns].

    A column of objects in which None stands for missing values is missing them only to an
    imputer that was told so: scikit-learn does not take None for NaN.
    """
    marker: Any = imputer.missing_values
    if any(frame.string_columns):
        absent = MISSING_STRING if pd.isna(marker) else str(marker)
        found = graph.op("Equal", graph.string(frame, imputer), np.array(absent, dtype=object))
    else:
        x = graph.numeric(frame, imputer)
        is_nan = pd.isna(marker)
        found = graph.op("IsNaN", x) if is_nan else graph.op("Equal", x, np.float64(marker))
    if not pd.isna(marker):
        return found
    meant = [marker is pd.NA or (marker is None) == (each is None) for each in frame.absent]
    if all(meant):
        return found
    return graph.op("And", found, np.array(meant).reshape(1, -1))


def _by_kind(graph: Graph, imputer: Any, frame: Frame, treat: Any) -> Frame:
    """Treat the columns of strings and those of numbers apart, and put them back in order."""
    strings = [i for i, is_string in enumerate(frame.string_columns) if is_string]
    numbers = [i for i, is_string in enumerate(frame.string_columns) if not is_string]
    parts = [treat(graph, imputer, frame.select(each), each) for each in (strings, numbers) if each]
    order = np.argsort(strings + numbers)
    return Frame.concat(parts).select([int(place) for place in order])


def _filled(graph: Graph, imputer: Any, frame: Frame, columns: Sequence[int]) -> Frame:
    is_string = any(frame.string_columns)
    x = graph.string(frame, imputer) if is_string else graph.numeric(frame, imputer)
    missing = is_missing(graph, imputer, frame)
    statistics = [imputer.statistics_[column] for column in columns]
    if is_string:
        values = ["" if pd.isna(each) else str(each) for each in statistics]
        fill = np.array(values, dtype=object)
    else:
        fill = np.array([np.nan if pd.isna(s) else s for s in statistics], dtype=np.float64)
    return Frame.of(graph.op("Where", missing, fill, x), frame.width, is_string, frame.absent)


def _flags(graph: Graph, indicator: Any, frame: Frame, _: Sequence[int]) -> Frame:
    return Frame.of(graph.cast(is_missing(graph, indicator, frame), np.float64), frame.width)
