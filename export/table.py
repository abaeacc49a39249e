"""The two forms of a set of rows: as scikit-learn sees them, and as columns.

A *table* is what the estimator was fitted on: a data frame, an array `[rows, features]`, or,
for text models, a vector of strings. *Columns* are one array per feature, all of one length:
float64 with NaN for missing numbers (integers and booleans too), or object arrays of str with
None for missing strings. What clients send are columns; the reference is always scikit-learn
fed the table made of them, numbers in double.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.errors import RecipeError
from runtime.manifest import Dtype

Columns = list[NDArray[Any]]
FULL = 8
"""Bytes of a double."""
FIT_ON_DOUBLES = (
    "X_train is of single precision, in which scikit-learn then computes in part, where clients "
    "send doubles: fit the estimator on X_train.astype(float)."
)
_KINDS: dict[str, Dtype] = {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}


@dataclass(frozen=True)
class Layout:
    """How a table is laid out, learned from one: enough to split others and to build them."""

    form: Literal["frame", "array", "vector"]
    names: tuple[str, ...]
    dtypes: tuple[Dtype, ...]
    labels: tuple[Any, ...] = ()
    """The frame's own column labels, which need not be strings."""
    sources: tuple[Any, ...] = ()
    """The frame's own dtypes."""
    missing: tuple[Any, ...] = ()
    """What stands for a missing value in each column of the table: None, NaN or pandas.NA."""
    single: bool = False
    """Whether any floats of the table are of less than double precision."""

    def column(self, table: Any, index: int) -> NDArray[Any]:
        """Return one column of a table of this layout, without touching the others."""
        if self.form == "frame":
            values = table[self.labels[index]]
        else:
            values = table[:, index] if self.form == "array" else table
        return _column(values, self.dtypes[index])

    def split(self, table: Any) -> Columns:
        """Split a table of this layout into columns; copies it, so give large ones in parts."""
        return [self.column(table, index) for index in range(len(self.names))]

    def build(self, columns: Sequence[NDArray[Any]]) -> Any:
        """Build the table that scikit-learn is fed from columns: the reverse of `split`."""
        if self.form == "frame":
            series = {
                index: _series(values, dtype, source, missing)
                for index, (values, dtype, source, missing) in enumerate(
                    zip(columns, self.dtypes, self.sources, self.missing, strict=True)
                )
            }
            # One call for all columns: joining several hundred series takes ten times as long.
            frame = pd.DataFrame(series, index=pd.RangeIndex(len(columns[0]) if columns else 0))
            frame.columns = pd.Index(self.labels)
            return frame
        if self.form == "vector":
            return _restored(columns[0], self.dtypes[0], self.missing[0])
        if set(self.dtypes) <= {"float64", "int64"}:
            return np.column_stack(columns)
        table = np.empty((len(columns[0]), len(columns)), dtype=object)
        for index, values in enumerate(columns):
            table[:, index] = _restored(values, self.dtypes[index], self.missing[index])
        return table

    def take(self, table: Any, rows: Any) -> Any:
        """Return some rows of a table, by position."""
        return table.iloc[rows] if self.form == "frame" else table[rows]


def as_table(data: Any, source: str) -> Any:
    """Return `data` as a table: data frames as they are, anything else as an array.

    Raises RecipeError where it is neither, naming it by `source`.
    """
    if isinstance(data, pd.DataFrame):
        return data
    if hasattr(data, "toarray"):
        data = data.toarray()
    if hasattr(data, "to_pandas"):
        return as_table(_as_seen(data.to_pandas()), source)
    array = _as_array(data, source)
    if array.dtype.kind in "UT":
        array = array.astype(object)
    if array.ndim == 1 and array.dtype.kind == "O":
        if any(isinstance(value, Mapping) for value in array):
            problem = (
                f"{source} holds dictionaries; expected columns. Make them with pandas.DataFrame, "
                "and put a OneHotEncoder in the place of a DictVectorizer or FeatureHasher."
            )
            raise RecipeError("recipe", problem)
        return array
    if array.ndim == 1 and array.dtype.kind in _KINDS:
        return array.reshape(-1, 1)  # as IsotonicRegression, which takes both forms, has it
    if array.ndim != 2:
        problem = f"{source} has the shape {array.shape}; expected a table, [rows, features]."
        raise RecipeError("recipe", problem)
    return array


def _as_array(data: Any, source: str) -> NDArray[Any]:
    try:
        array = np.asarray(data)
    except ValueError:
        problem = f"{source} has rows of different lengths; expected a table, [rows, features]."
        raise RecipeError("recipe", problem) from None
    if not array.shape:
        problem = f"{source} is a {type(data).__name__}; expected a table, [rows, features]."
        raise RecipeError("recipe", f"{problem} Make one with pandas.DataFrame.")
    return array


def _as_seen(data: Any) -> Any:
    """Return what another library made for pandas, its missing strings being None.

    That is what scikit-learn sees of such a library's tables; pandas has NaN for them.
    """
    if not isinstance(data, pd.DataFrame):
        return data
    seen = data.copy(deep=False)
    for label, dtype in data.dtypes.items():
        if isinstance(dtype, (pd.StringDtype, pd.CategoricalDtype)):
            strings = data[label].astype(object)
            seen[label] = strings.where(strings.notna(), None)
    return seen


def layout_of(table: Any, source: str) -> Layout:
    """Learn the layout of a table. Raises RecipeError for a column that no client can send."""
    if isinstance(table, pd.DataFrame):
        names = tuple(str(label) for label in table.columns)
        if len(set(names)) < len(names):
            raise RecipeError("recipe", f"{source} has columns of the same name: {names}.")
        series = [table[label] for label in table.columns]
        return Layout(
            form="frame",
            names=names,
            dtypes=tuple(_dtype(s, f"column {n!r}") for n, s in zip(names, series, strict=True)),
            labels=tuple(table.columns),
            sources=tuple(s.dtype for s in series),
            missing=tuple(_missing(s) for s in series),
            single=any(_is_single(s.dtype) for s in series),
        )
    if table.ndim == 1:
        dtype = _dtype(pd.Series(table, dtype=object), "the vector")
        return Layout("vector", ("text",), (dtype,), missing=(_missing(table),))
    series = [pd.Series(table[:, index], dtype=table.dtype) for index in range(table.shape[1])]
    names = tuple(f"feature{index + 1}" for index in range(len(series)))
    return Layout(
        form="array",
        names=names,
        dtypes=tuple(_dtype(s, n) for n, s in zip(names, series, strict=True)),
        missing=tuple(_missing(s) for s in series),
        single=_is_single(table.dtype),
    )


def _is_single(dtype: Any) -> bool:
    return bool(dtype.kind == "f") and getattr(dtype, "itemsize", FULL) < FULL


def _dtype(series: "pd.Series[Any]", place: str) -> Dtype:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _dtype(pd.Series(dtype.categories), place)
    if dtype.kind in _KINDS and not isinstance(dtype, pd.SparseDtype):
        return _KINDS[dtype.kind]
    values = series.dropna()
    if isinstance(dtype, pd.StringDtype) or all(isinstance(v, str) for v in values):
        return "string"
    for kinds, name in (((bool, np.bool_), "bool"), ((int, np.integer), "int64")):
        if all(
            isinstance(v, kinds) and not (name != "bool" and isinstance(v, bool)) for v in values
        ):
            return name  # type: ignore[return-value]
    if all(isinstance(v, (int, float, np.number)) for v in values):
        return "float64"
    found = ", ".join(sorted({type(v).__name__ for v in values})) or str(dtype)
    raise RecipeError(
        "recipe",
        f"{place} of X_train holds {found} (dtype {dtype}); expected numbers, booleans or "
        "strings, one of them in a column. Convert it in the recipe, before the estimator, or "
        "leave it out if no step takes it.",
    )


def _missing(values: Any) -> Any:
    """Return what stands for a missing value in a column; NaN where it has none."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, pd.StringDtype):
        return dtype.na_value
    for value in values[pd.isna(values)]:
        return value
    return np.nan


def _column(values: Any, dtype: Dtype) -> NDArray[Any]:
    missing = np.asarray(pd.isna(values), dtype=bool)
    if dtype == "string":
        column = np.asarray(values, dtype=object).copy()
        column[missing] = None
        return column
    if missing.any():
        numbers = np.full(len(values), np.nan)
        numbers[~missing] = np.asarray(values)[~missing].astype(np.float64)
        return numbers
    return np.asarray(values).astype(np.float64)


def _series(values: NDArray[Any], dtype: Dtype, source: Any, missing: Any) -> Any:
    """Make one column of the frame, of its own dtype; floats are always doubles."""
    if dtype == "float64" and not isinstance(source, pd.CategoricalDtype) and source.kind == "f":
        return values.astype(np.float64, copy=False)
    if isinstance(source, np.dtype) and source.kind in "iub":
        return _plain(values, source)
    restored = _restored(values, dtype, missing)
    if isinstance(source, pd.CategoricalDtype):
        unseen = pd.unique(restored[~pd.isna(restored)])
        known = set(source.categories)
        categories = [*source.categories, *(value for value in unseen if value not in known)]
        return pd.Series(pd.Categorical(restored, categories, ordered=source.ordered))
    try:
        return pd.Series(restored, dtype=source)
    except (OverflowError, ValueError):  # the latter from Arrow
        return pd.Series(restored, dtype="Int64")


def _plain(values: NDArray[np.float64], source: "np.dtype[Any]") -> NDArray[Any]:
    """Return whole numbers or booleans as numpy has them.

    What does not fit the dtype (300 where training had uint8, or a missing value) is fed as
    pandas would read it: in int64, or with missing values in float64 or, booleans, as objects.
    """
    absent = np.isnan(values)
    if source.kind == "b":
        return _restored(values, "bool", np.nan) if absent.any() else values.astype(bool)
    if absent.any():
        return values
    whole = values.astype(np.int64)
    bounds = np.iinfo(source)
    fits = not len(whole) or (whole.min() >= bounds.min and whole.max() <= bounds.max)
    return whole.astype(source) if fits else whole


def _restored(values: NDArray[Any], dtype: Dtype, missing: Any) -> NDArray[Any]:
    """Give a column's values back their own type, as an object array or of float64."""
    absent = pd.isna(values)
    if dtype == "float64" and (isinstance(missing, float) or not absent.any()):
        return values
    restored = np.empty(len(values), dtype=object)
    if dtype == "string":
        restored[:] = values
    else:
        kind = {"int64": np.int64, "bool": np.bool_, "float64": np.float64}[dtype]
        restored[~absent] = values[~absent].astype(kind)
    restored[absent] = missing
    return restored
