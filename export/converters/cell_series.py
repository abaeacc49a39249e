"""Series of cells: what pandas' methods of one column answer."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from pandas import Series
from pandas.api.types import is_list_like

from export.converters.cell_arrays import FUNCTIONS, each
from export.converters.cell_columns import CellArray, CellDtype, column, replaced
from export.converters.cell_texts import of_pandas
from export.converters.cells import ALONE, TEXT, Cell, UntraceableError, Value
from export.converters.operations import compute, is_absent, where

_Series: Any = Series
"""Its methods take whatever functions give them; pandas' own types would name it all again."""
OF_DATES = "it reads dates, which cannot be followed; make numbers of them before the pipeline"
NOT_FOLLOWED = """
agg aggregate bfill convert_dtypes corr cov cummax cummin cumprod cumsum describe diff dropna
drop_duplicates duplicated ewm expanding ffill groupby idxmax idxmin interpolate join kurt melt
median merge mode nlargest nsmallest nunique pct_change pivot pivot_table quantile query rank
resample rolling sample sem shift skew sort_values stack std transform unique unstack
value_counts var
""".split()  # noqa: SIM905 - one name a line would fill a page


class CellSeries(_Series):  # type: ignore[misc]
    """A column of a data frame, or what is made of one."""

    frame: ClassVar[Any]
    """The class of frames (`export.converters.cell_frames`)."""

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        super().__init__(data, *args, **options)
        if isinstance(self.dtype, np.dtype) and self.dtype == TEXT and has_cells(self._values):
            super().__init__(CellArray(self._values), index=self.index, name=self.name)

    @property
    def _constructor(self) -> type["CellSeries"]:
        return CellSeries

    @property
    def _constructor_expanddim(self) -> Any:
        return self.frame

    def __array_function__(self, function: Any, _: Any, args: Any, options: Any) -> Any:
        if function in FUNCTIONS and function not in (np.round, np.around):
            return FUNCTIONS[function](*args, **options)
        return function._implementation(*args, **options)

    @property
    def values(self) -> Any:
        """The column as an array."""
        return self.to_numpy()

    @property
    def str(self) -> Any:
        """The methods of strings."""
        of_cells = _is_cells(self) or self.dtype == object or self.dtype.kind == "f"
        return Texts(self) if of_cells else super().str

    @property
    def cat(self) -> Any:
        """The methods of categories, whose codes other rows decide."""
        message = "it calls .cat of a column, whose codes other rows decide; put an OrdinalEncoder "
        raise UntraceableError(message + "behind the function")

    @property
    def dt(self) -> Any:
        """The methods of dates."""
        raise UntraceableError(OF_DATES)

    def where(self, cond: Any, other: Any = np.nan, **options: Any) -> Any:
        """Return the values where a condition holds, and others elsewhere."""
        by_default("where", options)
        return self._each(where, aligned(cond, self), self, aligned(other, self))

    def mask(self, cond: Any, other: Any = np.nan, **options: Any) -> Any:
        """Return other values where a condition holds."""
        by_default("mask", options)
        return self._each(where, aligned(cond, self), aligned(other, self), self)

    def clip(self, lower: Any = None, upper: Any = None, **options: Any) -> Any:
        """Return the numbers, none of them below one bound or above another."""
        by_default("clip", options)
        clipped = self
        for bound, beyond in ((lower, np.less), (upper, np.greater)):
            if bound is not None:
                outside = _beyond(beyond)
                clipped = clipped._each(outside, clipped, bound)
        return clipped

    def replace(self, to_replace: Any = None, value: Any = None, *, regex: Any = False) -> Any:
        """Return other values in the place of some."""
        if regex is not False:
            message = "it replaces by patterns, with replace(regex=...); use .str.replace"
            raise UntraceableError(message)
        pairs = _pairs(to_replace, value)
        return self._each(lambda x: replaced(x, pairs, x), self)

    def _each(self, function: Callable[..., Value], *arrays: Any) -> Any:
        done = column(each(function, *arrays), like=self)
        return CellSeries(done, index=self.index, name=self.name)


def by_default(name: str, options: Mapping[str, Any]) -> None:
    """Raise UntraceableError for a setting, such as `inplace=True`, that is not followed."""
    for option, value in options.items():
        if value is not None and value is not False:
            message = f"it calls {name} with {option}={value!r}, which is not followed; "
            raise UntraceableError(message + f"assign what {name} answers without it")


class Texts:
    """The methods of strings, of a series."""

    def __init__(self, series: CellSeries) -> None:
        self._series = series

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or not hasattr(_Series.str, name):
            raise AttributeError(name)
        return lambda *args, **options: self._called(name, *args, **options)

    def _called(self, name: str, *args: Any, **options: Any) -> Any:
        dtype = getattr(self._series.dtype, "real", self._series.dtype)
        return self._series._each(
            lambda value: of_pandas(name, value, args, options, dtype), self._series
        )

    def extract(self, pat: str, flags: int = 0, expand: bool = True) -> Any:
        """Return what the one group of a pattern finds, by default as a frame."""
        pattern = re.compile(pat, flags)
        if pattern.groups != 1:
            message = "it extracts several parts of strings into a table; extract one at a time"
            raise UntraceableError(message)
        found = self._called("extract", pat, flags)
        (name,) = pattern.groupindex or (0,)
        return found.to_frame(name) if expand else found

    def cat(self, others: Any = None, sep: str | None = None, na_rep: Any = None) -> Any:
        """Join each string with one of another column."""
        if not isinstance(others, Series):
            message = f"it joins the strings of all rows, or of several columns at once, {ALONE}"
            raise UntraceableError(message)

        def joined(one: Value, other: Value) -> Value:
            if na_rep is not None:
                one, other = (where(is_absent(x), na_rep, x) for x in (one, other))
            return compute(np.add, compute(np.add, one, sep or ""), other)

        return self._series._each(joined, self._series, others)

    def __getitem__(self, place: Any) -> Any:
        return (
            self.slice(place.start, place.stop, place.step)
            if isinstance(place, slice)
            else self.get(place)
        )


def has_cells(values: Any) -> bool:
    """Tell whether any value of an array is a cell."""
    return any(isinstance(value, Cell) for value in np.asarray(values, dtype=object).flat)


def _is_cells(series: CellSeries) -> bool:
    return isinstance(series.dtype, CellDtype)


def aligned(value: Any, table: Any) -> Any:
    """Return what is given, of the rows of a table: a series by its labels, or as it is."""
    if callable(value) and not isinstance(value, Cell):
        value = value(table)
    return value.reindex(table.index) if isinstance(value, Series) else value


def _beyond(function: np.ufunc) -> Callable[[Value, Value], Value]:
    def bounded(value: Value, bound: Value) -> Value:
        return (
            value
            if is_absent(bound) is True
            else where(compute(function, value, bound), bound, value)
        )

    return bounded


def _pairs(known: Any, value: Any) -> list[tuple[Value, Value]]:
    """Return which values are replaced, and by which."""
    if isinstance(known, (Mapping, Series)):
        return list(known.items())
    many = list(known) if is_list_like(known) else [known]
    others = list(value) if is_list_like(value) else [value] * len(many)
    return list(zip(many, others, strict=True))


def refused(name: str) -> Callable[..., Any]:
    """Return a method that says why it is not followed."""

    def method(*_: Any, **__: Any) -> Any:
        reason = f"looks at other rows, {ALONE}; compute it before the pipeline"
        raise UntraceableError(f"it calls .{name}, which {_REASONS.get(name, reason)}")

    return method


_REASONS = {
    "query": "leaves rows out, where each must be answered",
    "dropna": "leaves rows out, where each must be answered",
    "drop_duplicates": "leaves rows out, where each must be answered",
    "convert_dtypes": "chooses dtypes by what all rows hold; use astype",
    "sample": "answers other rows from call to call",
}


for _name in NOT_FOLLOWED:
    if hasattr(CellSeries, _name):
        setattr(CellSeries, _name, refused(_name))
