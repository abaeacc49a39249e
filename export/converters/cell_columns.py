"""Columns of a data frame whose values are not known yet, of the dtype that they will have."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray
from pandas import DataFrame, Index, Series
from pandas.api.extensions import ExtensionArray, ExtensionDtype, take
from pandas.api.types import pandas_dtype

from export.converters.cell_arrays import (
    Cells,
    as_dtype,
    decided,
    each,
    is_condition,
    objects,
    of_ufunc,
    rounded,
    settled,
)
from export.converters.cell_functions import is_among
from export.converters.cells import (
    ALONE,
    DOUBLE,
    OF_ROWS,
    PIECES,
    TEXT,
    TRUTH,
    WHOLE,
    Cell,
    UntraceableError,
    Value,
    cell,
    is_missing,
)
from export.converters.operations import compute, converted, dtype_of, is_absent, is_text, where


class CellDtype(ExtensionDtype):
    """The dtype that a column will have, so that it can be asked for."""

    na_value = np.nan
    _metadata = ("real",)

    def __init__(self, real: Any = DOUBLE) -> None:
        self.real = real

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the dtype."""
        return str(self.real)

    @property
    def kind(self) -> Any:
        """The character that numpy has for it."""
        return self.real.kind

    @property
    def type(self) -> Any:  # type: ignore[override]
        """The class of the values."""
        return self.real.type

    @property
    def _is_numeric(self) -> bool:
        return bool(self.kind in "iufb")

    @property
    def _is_boolean(self) -> bool:
        return bool(self.kind == "b")

    def __eq__(self, other: object) -> bool:
        return bool(self.real == (other.real if isinstance(other, CellDtype) else other))

    def __hash__(self) -> int:
        return hash(self.real)

    @classmethod
    def construct_array_type(cls) -> Any:
        """Return the class of columns of this dtype."""
        return CellArray

    @classmethod
    def construct_from_string(cls, string: str) -> "CellDtype":
        """Refuse all strings: they name the dtypes of pandas."""
        message = f"{string!r} is no dtype of cells"
        raise TypeError(message)

    def _get_common_dtype(self, dtypes: Sequence[Any]) -> "CellDtype | None":
        real = [each.real if isinstance(each, CellDtype) else each for each in dtypes]
        plain = all(isinstance(each, np.dtype) and each.kind in "biuf" for each in real)
        return CellDtype(np.result_type(*real) if plain else TEXT)


class CellArray(NDArrayOperatorsMixin, ExtensionArray):
    """A column of cells."""

    def __init__(self, values: Any, dtype: Any = None) -> None:
        self._values = objects(values)
        self._dtype = CellDtype(_inferred(self._values) if dtype is None else dtype)

    def __array_ufunc__(  # type: ignore[override]
        self, function: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        if any(isinstance(each, (Series, DataFrame, Index)) for each in inputs):
            return NotImplemented
        if method == "reduce":
            raise UntraceableError(OF_ROWS.format(f"numpy.{function.__name__}"))
        columns = [each_ for each_ in inputs if isinstance(each_, CellArray)]
        of_strings = [each_ for each_ in columns if _is_strings(each_.dtype.real)]
        if function in (np.equal, np.not_equal):
            inputs = tuple(_without_none(each_) for each_ in inputs)
        answer = of_ufunc(function, method, inputs, options)
        return column(answer, like=next(iter((*of_strings, *columns)), None))

    def __array__(self, dtype: Any = None, *_: Any, **__: Any) -> Any:
        values = self._values.view(Cells)
        if dtype is None:
            return values
        return decided(values) if dtype == TRUTH else as_dtype(values, np.dtype(dtype))

    def to_numpy(self, dtype: Any = None, *_: Any, **__: Any) -> Any:
        """Return an array of the cells; of whether they are true, which is asked, for booleans."""
        return self.__array__(dtype)

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, **_: Any) -> "CellArray":
        return cls(scalars, getattr(dtype, "real", None))

    @classmethod
    def _concat_same_type(cls, parts: Sequence["CellArray"]) -> "CellArray":
        return cls(np.concatenate([part._values for part in parts]))

    @property
    def dtype(self) -> CellDtype:
        """The dtype that the column will have."""
        return self._dtype

    @property
    def nbytes(self) -> int:
        """Bytes of the references to cells."""
        return int(self._values.nbytes)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, key: Any) -> Any:
        found = self._values[_plain(key)]
        return CellArray(found, self._dtype.real) if isinstance(found, np.ndarray) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        values = self._values.view(Cells)
        values[key if is_condition(key) else _plain(key)] = _bare(value)
        self._values = objects(values)
        self._dtype = CellDtype(_kept(_inferred(self._values), self))

    def copy(self) -> "CellArray":
        """Return a column of the same cells."""
        return CellArray(self._values.copy(), self._dtype.real)

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> Any:
        """Return some of the cells, by position."""
        filling = np.nan if allow_fill and fill_value is None else fill_value
        taken = take(self._values, indices, allow_fill=allow_fill, fill_value=filling)
        return column(taken, like=self)

    def isna(self) -> Any:
        """Tell which values are missing."""
        return column(each(is_absent, self._values))

    def fillna(  # type: ignore[override]
        self, value: Any, limit: Any = None, **_: Any
    ) -> Any:
        """Put a value in the place of what is missing."""
        if limit is not None:
            message = f"it fills some rows by their number, with fillna(limit=...), {ALONE}"
            raise UntraceableError(message)
        filled = each(lambda x, other: where(is_absent(x), other, x), self._values, _bare(value))
        # Even if no cell is left: pandas keeps the kind of column.
        return CellArray(filled, _kept(_inferred(objects(filled)), self))

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """Return the values in another dtype."""
        if isinstance(dtype, CellDtype):
            return self.copy()
        if isinstance(dtype, pd.CategoricalDtype):
            known: Any = dtype.categories
            return self if known is None else self._categories(list(known))
        dtype = pandas_dtype(dtype)
        if isinstance(dtype, np.dtype) and dtype.kind == "O":
            return CellArray(self._values, TEXT) if is_text(self._values[0]) else self
        if isinstance(dtype, pd.StringDtype):
            return column(each(as_text, self._values))
        if not isinstance(dtype, np.dtype):
            message = f"it makes {dtype} of a column, with astype; use int, float or bool"
            raise UntraceableError(message)
        return column(as_dtype(self._values.view(Cells), dtype))

    def _categories(self, known: list[Any]) -> Any:
        return column(each(lambda x: where(is_among(x, known), x, np.nan), self._values))

    def isin(self, values: Any) -> Any:
        """Tell which values are among some constants."""
        members = list(objects(list(values)).flat)
        return column(each(lambda value: is_among(value, members), self._values))

    def map(self, mapper: Any, na_action: str | None = None) -> Any:
        """Return what a dictionary or a function answers of each value."""
        if isinstance(mapper, (Mapping, Series)):
            if hasattr(mapper, "__missing__"):
                message = "it maps by a dictionary with defaults; give a plain one, and fillna"
                raise UntraceableError(message)
            pairs = list(mapper.items())
            return column(each(lambda value: replaced(value, pairs, np.nan), self._values))
        if isinstance(mapper, partial) and not (mapper.args or mapper.keywords):
            mapper = mapper.func  # as pandas wraps what it is given
        function = _CALLED.get(mapper, mapper)
        return column(settled(_called(function, self._values, na_action)))

    def round(self, decimals: int = 0, *_: Any, **__: Any) -> Any:
        """Return the numbers rounded to so many decimals."""
        return CellArray(each(lambda value: rounded(value, decimals), self._values))

    def _reduce(self, name: str, **_: Any) -> Any:
        raise UntraceableError(OF_ROWS.format(name))

    def any(self, *_: Any, **__: Any) -> bool:
        """Say that there may be such rows."""
        return True

    def _other_rows(self, *_: Any, **__: Any) -> Any:
        message = f"it looks for the different values of all rows, or puts them in order, {ALONE}"
        raise UntraceableError(message)

    unique = factorize = argsort = value_counts = _values_for_factorize = _other_rows
    _values_for_argsort = shift = _accumulate = _other_rows

    def _formatter(self, *_: Any, **__: Any) -> Callable[[Any], str]:
        return repr


def column(values: Any, like: Any = None) -> Any:
    """Return an array as a column, of cells where there are any; its strings `like` another's."""
    if isinstance(values, np.ndarray) and values.dtype == object and values.ndim == 1:
        known = any(isinstance(each_, Cell) for each_ in values)
        return CellArray(values, _kept(_inferred(values), like)) if known else values
    return values


def _inferred(values: NDArray[Any]) -> Any:
    """Return the dtype that pandas gives to a column of these."""
    real = dtype_of(list(values))
    return _OF_STRINGS if real == TEXT else real


def _kept(real: Any, like: Any) -> Any:
    """Return a dtype; that of another column, if both are of strings, as objects from pieces."""
    other = getattr(getattr(like, "dtype", None), "real", None)
    if other == PIECES:
        other = TEXT
    return other if real == _OF_STRINGS and (other == TEXT or _is_strings(other)) else real


def _is_strings(dtype: Any) -> bool:
    return isinstance(dtype, pd.StringDtype)


def _without_none(values: Any) -> Any:
    """Return values to compare: None, which is equal to itself alone, as pandas has it, a NaN."""
    return each(lambda value: np.nan if value is None else value, values)


def replaced(value: Value, pairs: Sequence[tuple[Value, Value]], rest: Value) -> Value:
    """Return what stands for a value in a dictionary; `rest` for one that is not in it."""
    for known, other in reversed(list(pairs)):
        same = is_absent(value) if is_absent(known) else compute(np.equal, value, known)
        rest = where(same, other, rest)
    return rest


def as_text(value: Value) -> Value:
    """Return a whole number as a string; of others that is not followed."""
    if not isinstance(value, Cell):
        return np.nan if is_missing(value) else str(value)
    if is_text(value):
        return value
    if value.dtype == TRUTH:
        return where(value, "True", "False")
    if value.dtype.kind in "iu":
        return cell("Digits", value, dtype=TEXT)
    message = "it makes strings of floats, with astype(str) or str; make whole numbers of them"
    raise UntraceableError(message)


def _called(function: Callable[[Any], Any], values: NDArray[Any], na_action: Any) -> NDArray[Any]:
    done = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        if na_action == "ignore":
            gone = is_absent(value)
            done[place] = where(gone, np.nan, function(value))
        else:
            done[place] = function(value)
    return done


def _plain(key: Any) -> Any:
    key = decided(key)
    return key if not hasattr(key, "to_numpy") else key.to_numpy()


def _bare(value: Any) -> Any:
    if isinstance(value, (Series, Index)):
        value = value.array
    return value._values if isinstance(value, CellArray) else value


_OF_STRINGS = Series(["a"]).dtype
"""The dtype that pandas gives to strings."""
_CALLED: dict[Any, Callable[[Any], Any]] = {
    len: lambda value: Cell.text("len", value, (), {}) if isinstance(value, Cell) else len(value),
    float: lambda value: converted(value, DOUBLE),
    int: lambda value: converted(value, WHOLE),
    bool: lambda value: converted(value, TRUTH),
    str: lambda value: as_text(value) if isinstance(value, Cell) else str(value),
    str.lower: lambda value: value.lower(),
    str.upper: lambda value: value.upper(),
    str.strip: lambda value: value.strip(),
    str.title: lambda value: value.title(),
    pd.isna: is_absent,
    pd.isnull: is_absent,
}
"""Functions that Python lets no cell answer, by which a column may be mapped."""
