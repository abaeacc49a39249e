"""Functions of numpy of arrays that are not known yet: one table of those that are followed."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from export.converters.cell_arrays import FUNCTIONS, OF_OTHERS, each, objects
from export.converters.cell_rows import (
    greatest,
    least,
    mean,
    over_columns,
    present,
    product,
    total,
)
from export.converters.cells import (
    OF_ROWS,
    WHOLE,
    Cell,
    MissingString,
    UntraceableError,
    Value,
    is_missing,
)
from export.converters.operations import (
    compute,
    converted,
    either,
    is_absent,
    is_text,
    neither,
    where,
)


def _selected(conditions: Any, choices: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        result = each(where, condition, choice, result)
    return result


def counted(values: Any, edges: Any, right: bool) -> Any:
    """Return how many of the ascending edges are below each number, or at it (`right`)."""
    below = np.less_equal if right else np.less
    edges = objects(edges)
    if edges.ndim != 1 or any(isinstance(edge, Cell) for edge in edges):
        message = "it looks for the place of a number among others of the table"
        raise UntraceableError(message)

    def count(value: Value) -> Value:
        steps = [converted(compute(below, edge, value), WHOLE) for edge in edges]
        found = reduce(lambda one, other: compute(np.add, one, other), steps, 0)
        return where(is_absent(value), len(edges), found)

    return each(count, values)


def _digitized(x: Any, bins: Any, right: bool = False) -> Any:
    edges = np.asarray(bins)
    if (np.diff(edges) > 0).all():
        return counted(x, edges, right=not right)
    message = "it calls numpy's digitize with bins that do not ascend; sort them"
    raise UntraceableError(message)


def _searched(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    return counted(v, np.asarray(a) if sorter is None else np.asarray(a)[sorter], side == "right")


def _finite(
    x: Any, _: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None, **__: Any
) -> Any:
    greatest = float(np.finfo(np.float64).max)
    most = greatest if posinf is None else posinf
    least = -greatest if neginf is None else neginf

    def finite(value: Value) -> Value:
        bounded = where(compute(np.equal, value, np.inf), most, value)
        bounded = where(compute(np.equal, value, -np.inf), least, bounded)
        return where(is_absent(value), nan, bounded)

    return each(finite, x)


def is_among(value: Value, members: Sequence[Value]) -> Value:
    """Return whether a value is one of some constants."""
    found: Value = False
    for member in members:
        same = _same_gap(value, member) if is_missing(member) else compute(np.equal, value, member)
        found = either(found, same)
    return found


def _same_gap(value: Value, member: Value) -> Value:
    """Return whether a value is missing as a member is: None is no NaN, but where pandas says."""
    if isinstance(value, Cell) or value is pd.NA or isinstance(value, MissingString):
        return is_absent(value) if member is not None or is_text(value) else False
    return is_missing(value) and (value is None) == (member is None)


def _isin(element: Any, test_elements: Any, **options: Any) -> Any:
    members = [member for member in objects(test_elements).flat if not is_absent(member)]
    found = each(lambda value: is_among(value, members), element)
    return each(neither, found) if options.get("invert") else found


def _of_rows(name: str, answer: Callable[[Sequence[Value]], Value]) -> Callable[..., Any]:
    def function(a: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
        if axis not in (1, -1):
            raise UntraceableError(OF_ROWS.format(name))
        done = over_columns(answer, a, name)
        return done[:, np.newaxis] if keepdims else done

    return function


def _alike(constant: float) -> Callable[..., Any]:
    return lambda a, *_, **__: np.full(np.shape(a), constant)


def _copy_to(dst: Any, src: Any, where: Any = True, **_: Any) -> None:
    dst[...] = each(globals()["where"], where, src, dst)


FUNCTIONS.update(
    {
        np.dot: product,
        np.where: lambda condition, x, y: each(where, condition, x, y),
        np.select: _selected,
        np.digitize: _digitized,
        np.searchsorted: _searched,
        np.nan_to_num: _finite,
        np.isin: _isin,
        np.round: lambda a, decimals=0, out=None: a.round(decimals, out),
        np.around: lambda a, decimals=0, out=None: a.round(decimals, out),
        np.zeros_like: _alike(0.0),
        np.ones_like: _alike(1.0),
        np.copyto: _copy_to,
        np.nansum: _of_rows("nansum", present(total)),
        np.nanmean: _of_rows("nanmean", mean),
        np.nanmax: _of_rows("nanmax", greatest),
        np.nanmin: _of_rows("nanmin", least),
        np.count_nonzero: _of_rows(
            "count_nonzero", lambda row: total([compute(np.not_equal, value, 0) for value in row])
        ),
    }
)
OF_OTHERS.update(
    (
        *(np.median, np.nanmedian, np.percentile, np.nanpercentile, np.quantile, np.nanquantile),
        *(np.sort, np.argsort, np.unique, np.histogram, np.argmax, np.argmin, np.nanargmax),
        *(np.nanargmin, np.partition, np.argpartition, np.interp, np.corrcoef, np.cov, np.bincount),
    )
)
