"""Data frames and series of cells: what pandas' methods answer of them, row by row."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from pandas import DataFrame, Series
from pandas.api.types import is_list_like

from export.converters.cell_arrays import Cells, each, is_condition, is_decided, objects, settled
from export.converters.cell_columns import CellArray, CellDtype, column
from export.converters.cell_rows import (
    count_present,
    greatest,
    in_any_order,
    least,
    over_columns,
    present,
    total,
    variance,
)
from export.converters.cell_series import (
    NOT_FOLLOWED,
    CellSeries,
    aligned,
    by_default,
    has_cells,
    refused,
)
from export.converters.cells import DOUBLE, OF_ROWS, TEXT, Cell, UntraceableError, Value
from export.converters.expressions import evaluate
from export.converters.operations import both, compute, either, is_absent, where

_Frame: Any = DataFrame
Row = Callable[[Sequence[Value]], Value]
_A_PAIR = 2
"""So many numbers there is but one order to add in."""


class CellFrame(_Frame):  # type: ignore[misc]
    """A table of rows that are not known yet."""

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        super().__init__(data, *args, **options)
        for place, dtype in enumerate(self.dtypes):
            if isinstance(dtype, np.dtype) and dtype.kind == "O":
                values = self._ixs(place, axis=1)._values
                if has_cells(values):
                    super().isetitem(place, CellArray(values))

    @property
    def _constructor(self) -> type["CellFrame"]:
        return CellFrame

    @property
    def _constructor_sliced(self) -> type[CellSeries]:
        return CellSeries

    @property
    def values(self) -> Any:
        """The table as an array."""
        return self.to_numpy()

    def to_numpy(self, dtype: Any = None, *_: Any, **__: Any) -> Any:
        """Return the table as an array."""
        columns = [objects(self._ixs(place, axis=1).array) for place in range(self.shape[1])]
        table = np.empty(self.shape, dtype=object)
        for place, values in enumerate(columns):
            table[:, place] = values
        array = settled(table)
        return array if dtype is None else array.astype(dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.to_numpy(dtype)

    @property
    def loc(self) -> Any:
        """Rows and columns by their labels, or by a condition."""
        return _Located(self, super().loc)

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(value, Cells):
            flat = value[:, 0] if value.ndim == 2 and value.shape[1] == 1 else value
            value = column(objects(flat)) if flat.ndim == 1 else CellFrame(flat, index=self.index)
        if isinstance(key, DataFrame):
            self._set_each(lambda name: aligned(key[name], self), value)
        elif is_condition(key) and not is_decided(key):
            self.loc[key] = value
        else:
            super().__setitem__(key, value)

    def _set_each(self, mask_of: Callable[[Any], Any], value: Any) -> None:
        for name in list(self.columns):
            self[name] = self[name].mask(mask_of(name), value)

    def apply(self, func: Any, axis: Any = 0, **options: Any) -> Any:
        """Call a function with each row, or with each column."""
        if axis not in (1, "columns"):
            return super().apply(func, axis, **options)
        table = objects(self.to_numpy())
        rows = [Series(list(row), index=self.columns, dtype=object) for row in table]
        known = {"args", "raw", "result_type"}
        call = {name: each_ for name, each_ in options.items() if name not in known}
        answers = [func(row, *options.get("args", ()), **call) for row in rows]
        if isinstance(answers[0], Series):
            return CellFrame([list(answer) for answer in answers], self.index, answers[0].index)
        done = np.empty(len(answers), dtype=object)
        done[:] = answers
        return CellSeries(column(settled(done)), index=self.index)

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the columns of some dtypes, as pandas selects those that there will be."""
        columns = {
            place: Series(dtype=dtype.real if isinstance(dtype, CellDtype) else dtype)
            for place, dtype in enumerate(self.dtypes)
        }
        return self.iloc[:, list(DataFrame(columns).select_dtypes(include, exclude).columns)]

    def eval(self, expr: str, inplace: bool = False, **_: Any) -> Any:
        """Return what an expression is of the columns, or the frame with it as new ones."""
        frame = self if inplace else self.copy()
        for line in expr.strip().splitlines():
            name, value = evaluate(line, {str(each): frame[each] for each in frame.columns})
            if name is None:
                return value
            frame[name] = value
        return None if inplace else frame

    def where(self, cond: Any, other: Any = np.nan, **options: Any) -> Any:
        """Return the values where a condition holds, and others elsewhere."""
        by_default("where", options)
        return self._by_column(lambda s, name: s.where(_part(cond, name), _part(other, name)))

    def mask(self, cond: Any, other: Any = np.nan, **options: Any) -> Any:
        """Return other values where a condition holds."""
        by_default("mask", options)
        return self._by_column(lambda s, name: s.mask(_part(cond, name), _part(other, name)))

    def clip(self, lower: Any = None, upper: Any = None, **options: Any) -> Any:
        """Return the numbers, none of them below one bound or above another."""
        by_default("clip", options)
        return self._by_column(lambda s, name: s.clip(_part(lower, name), _part(upper, name)))

    def replace(self, to_replace: Any = None, value: Any = None, **options: Any) -> Any:
        """Return other values in the place of some; in some columns alone, by their names."""
        nested = isinstance(to_replace, Mapping) and (
            value is not None or any(isinstance(each, Mapping) for each in to_replace.values())
        )

        def of_column(series: CellSeries, name: Any) -> Any:
            if not nested:
                return series.replace(to_replace, value, **options)
            if name not in to_replace:
                return series
            other = value.get(name) if isinstance(value, Mapping) else value
            return series.replace(to_replace[name], other, **options)

        return self._by_column(of_column)

    def _by_column(self, function: Callable[[CellSeries, Any], Any]) -> "CellFrame":
        return CellFrame({name: function(self[name], name) for name in self.columns}, self.index)

    def _of_rows(self, answer: Row, name: str) -> CellSeries:
        numbers = objects(self.to_numpy())
        return CellSeries(column(over_columns(answer, numbers, name)), index=self.index)


class _Located:
    """`.loc` of a frame, to which what a condition chooses can be assigned."""

    def __init__(self, frame: CellFrame, plain: Any) -> None:
        self._frame, self._plain = frame, plain

    def __call__(self, axis: Any = None) -> Any:
        return self._plain(axis)

    def __getitem__(self, key: Any) -> Any:
        return self._plain[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        mask, columns = key if isinstance(key, tuple) else (key, slice(None))
        if not is_condition(mask) or is_decided(mask):
            self._plain[key] = value
            return
        frame = self._frame
        one = not (isinstance(columns, slice) or is_list_like(columns))
        names = (
            [columns]
            if one
            else list(frame.columns[columns] if isinstance(columns, slice) else columns)
        )
        for place, name in enumerate(names):
            new = value if one or not is_list_like(value) else _nth(value, place, name)
            old = frame[name] if name in frame.columns else Series(np.nan, index=frame.index)
            frame[name] = column(each(where, mask, aligned(new, frame), old), like=old)


def _part(value: Any, name: Any) -> Any:
    if isinstance(value, DataFrame) or (isinstance(value, Mapping) and name in value):
        return value[name]
    return value


def _nth(value: Any, place: int, name: Any) -> Any:
    if isinstance(value, DataFrame):
        return value[name]
    return value[:, place] if np.ndim(value) == 2 else list(value)[place]


def _numbers(answer: Row) -> Row:
    def checked(row: Sequence[Value]) -> Value:
        if any(isinstance(value, str) or getattr(value, "dtype", None) == TEXT for value in row):
            message = "it computes with strings; choose the columns of numbers first"
            raise UntraceableError(message)
        return answer(row)

    return checked


def _added(add: Row) -> Row:
    """Return a sum of columns: pandas adds those of one block, as of one dtype, up before others.

    Only columns of doubles that are as they came are known to be of one.
    """

    def added(row: Sequence[Value]) -> Value:
        cells = [value for value in row if isinstance(value, Cell)]
        alike = all(each_.op == "Column" and each_.dtype == DOUBLE for each_ in cells)
        return add(row) if alike or len(row) <= _A_PAIR else in_any_order(add(row))

    return added


def _every(row: Sequence[Value], join: Callable[[Value, Value], Value]) -> Value:
    *others, last = row
    return join(_every(others, join), last) if others else last


_OF_COLUMNS: dict[str, Row] = {
    "sum": _numbers(_added(present(total))),
    "mean": _numbers(
        lambda row: compute(np.divide, _added(present(total))(row), count_present(row))
    ),
    "min": _numbers(least),
    "max": _numbers(greatest),
    "var": _numbers(variance),
    "std": _numbers(lambda row: compute(np.sqrt, variance(row))),
    "count": count_present,
    "any": lambda row: _every([where(is_absent(x), False, x) for x in row], either),
    "all": lambda row: _every([where(is_absent(x), True, x) for x in row], both),
}
"""What methods of a data frame answer of the columns of a row, with axis=1."""
_WITH_GAPS: dict[str, Row] = {
    "sum": _numbers(_added(total)),
    "mean": _numbers(lambda row: compute(np.divide, _added(total)(row), len(row))),
    "min": _numbers(lambda row: reduce(lambda one, other: compute(np.minimum, one, other), row)),
    "max": _numbers(lambda row: reduce(lambda one, other: compute(np.maximum, one, other), row)),
}
"""The same with skipna=False: what is missing makes the answer missing."""


def _by_rows(name: str) -> Callable[..., Any]:
    def method(
        self: CellFrame,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        **options: Any,
    ) -> Any:
        if axis not in (1, "columns"):
            raise UntraceableError(OF_ROWS.format(name))
        answers = _OF_COLUMNS if skipna else _WITH_GAPS
        if options or name not in answers:
            given = ", ".join(sorted(options)) or "skipna=False"
            message = f"it calls .{name} with {given}, which is not followed"
            raise UntraceableError(message)
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        return frame._of_rows(answers[name], name)

    return method


for _name in NOT_FOLLOWED:
    if hasattr(CellFrame, _name):
        setattr(CellFrame, _name, refused(_name))
for _name in _OF_COLUMNS:
    setattr(CellFrame, _name, _by_rows(_name))
CellSeries.frame = CellFrame
