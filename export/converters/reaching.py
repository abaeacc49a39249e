"""Functions of numpy and pandas that take no cells, put aside while a function is followed.

numpy's and pandas' protocols reach nearly all of their functions. These make arrays and frames of
whatever they are given, and so would lose what the cells remember.
"""

import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from export.converters.cell_arrays import Cells, as_dtype, each, objects, settled
from export.converters.cell_columns import CellArray, column
from export.converters.cell_frames import CellFrame
from export.converters.cell_functions import counted
from export.converters.cell_series import OF_DATES, CellSeries
from export.converters.cells import ALONE, DOUBLE, Cell, UntraceableError, Value, cell
from export.converters.operations import is_absent, is_text, where

_ONE_AT_A_TIME = RLock()
"""Of two threads that export, one would otherwise put back what the other had put there."""


@contextmanager
def reaching() -> Iterator[None]:
    """Let these functions of numpy and pandas take cells inside the block."""
    with _ONE_AT_A_TIME:
        plain = {(module, name): getattr(module, name) for module, name in _REACHED}
        try:
            for (module, name), reached in _REACHED.items():
                setattr(module, name, reached(plain[module, name]))
            yield
        finally:
            for (module, name), function in plain.items():
                setattr(module, name, function)


def has_cells(value: Any) -> bool:
    """Tell whether anything of an array, a table or a list is a cell."""
    if isinstance(value, (list, tuple)):
        return any(map(has_cells, value))
    if isinstance(value, DataFrame):
        return any(map(has_cells, (value.iloc[:, i] for i in range(value.shape[1]))))
    if isinstance(value, Series):
        value = value.array
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(isinstance(each_, Cell) for each_ in value.flat)
    return isinstance(value, (Cell, Cells, CellArray))


def _as_array(plain: Callable[..., Any]) -> Callable[..., Any]:
    def as_array(a: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
        if not has_cells(a):
            return plain(a, dtype, *args, **options)
        if isinstance(a, (DataFrame, Series)):
            a = a.to_numpy()
        array = settled(objects(a).copy())
        return array if dtype in (None, object) else as_dtype(array, np.dtype(dtype))

    return as_array


def _cut(plain: Callable[..., Any]) -> Callable[..., Any]:
    def cut(
        x: Any,
        bins: Any,
        right: bool = True,
        labels: Any = None,
        include_lowest: bool = False,
        **options: Any,
    ) -> Any:
        if not has_cells(x):
            return plain(
                x, bins, right=right, labels=labels, include_lowest=include_lowest, **options
            )
        if np.ndim(bins) == 0 or options.get("retbins"):
            message = f"it calls pandas.cut with a number of bins, which looks at all rows, {ALONE}"
            raise UntraceableError(message + "; give their edges")
        edges = list(bins)
        options |= {"right": right, "labels": labels, "include_lowest": include_lowest}
        names = plain(Series(edges[1:] if right else edges[:-1]), bins, **options)
        named = [None if pd.isna(name) else name for name in names.tolist()]
        if labels is None:
            _check_intervals(named)
            named = list(map(str, named))
        places = objects(counted(x, edges, right=not right))

        def name_of(value: Value, place: Value) -> Value:
            answer: Value = np.nan
            for number, name in enumerate(named, start=1):
                inside = place == number
                if include_lowest and right and number == 1:
                    inside = inside | (value == edges[0])
                answer = where(inside, name, answer)
            return where(is_absent(value), np.nan, answer)

        done = column(each(name_of, x, places))
        return CellSeries(done, index=x.index) if isinstance(x, Series) else done

    return cut


def _check_intervals(names: list[Any]) -> None:
    """Refuse intervals that are named otherwise where another row is in none: as [0.0, 1.0)."""
    if any(isinstance(name.left, (int, np.integer)) for name in names if name is not None):
        message = "it calls pandas.cut with edges that are whole numbers and no labels, and pandas "
        message += "writes whole numbers or others by what other rows hold; give labels"
        raise UntraceableError(message)


def _to_numeric(plain: Callable[..., Any]) -> Callable[..., Any]:
    def to_numeric(arg: Any, errors: str = "raise", **options: Any) -> Any:
        if not has_cells(arg):
            return plain(arg, errors=errors, **options)

        def number(value: Value) -> Value:
            if not isinstance(value, Cell):
                return plain(Series([value]), errors=errors).iloc[0]
            return cell("Parsed", value, (False,), dtype=DOUBLE) if is_text(value) else value

        done = column(each(number, arg))
        return CellSeries(done, arg.index, name=arg.name) if isinstance(arg, Series) else done

    return to_numeric


def _refusing(reason: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def refuse_cells(plain: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(data: Any, *args: Any, **options: Any) -> Any:
            if not has_cells(data):
                return plain(data, *args, **options)
            raise UntraceableError(f"it calls {plain.__name__} of pandas, {reason}")

        return refusing

    return refuse_cells


def _filled(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return arrays that cells can be put into, but to numpy and pandas themselves."""

    def filled(*args: Any, **options: Any) -> Any:
        array = plain(*args, **options)
        caller = str(sys._getframe(1).f_globals.get("__name__", "")).partition(".")[0]
        if caller in ("numpy", "pandas") or array.dtype.kind not in "biuf":
            return array
        cells = array.astype(object).view(Cells)
        cells.kept = array.dtype
        return cells

    return filled


def _length(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return how long a string is; Python lets no object answer but a number that it knows."""
    return lambda obj: Cell.text("len", obj, (), {}) if isinstance(obj, Cell) else plain(obj)


def _is_missing(plain: Callable[..., Any]) -> Callable[..., Any]:
    return lambda obj: is_absent(obj) if isinstance(obj, Cell) else plain(obj)


def _is_there(plain: Callable[..., Any]) -> Callable[..., Any]:
    return lambda obj: ~is_absent(obj) if isinstance(obj, Cell) else plain(obj)


_REACHED: dict[tuple[Any, str], Callable[[Callable[..., Any]], Any]] = {
    (np, "asarray"): _as_array,
    (np, "array"): _as_array,
    (np, "ascontiguousarray"): _as_array,
    (pd, "DataFrame"): lambda _: CellFrame,
    (pd, "Series"): lambda _: CellSeries,
    (pd, "cut"): _cut,
    (pd, "to_numeric"): _to_numeric,
    (pd, "get_dummies"): _refusing(
        "whose columns other rows decide; put a OneHotEncoder behind the function"
    ),
    (pd, "factorize"): _refusing(
        "whose codes other rows decide; put an OrdinalEncoder behind the function"
    ),
    (pd, "qcut"): _refusing("which looks at all rows; give edges to pandas.cut"),
    (pd, "to_datetime"): _refusing(OF_DATES.removeprefix("it ").replace("reads", "which reads")),
    (np, "zeros"): _filled,
    (np, "ones"): _filled,
    (np, "full"): _filled,
    (np, "empty"): _filled,
    (pd, "isna"): _is_missing,
    (pd, "isnull"): _is_missing,
    (pd, "notna"): _is_there,
    (pd, "notnull"): _is_there,
    (builtins, "len"): _length,
}
