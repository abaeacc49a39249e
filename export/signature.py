"""The signature: what a client must send, inferred from the training data and the estimator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.answered import refused, refuses
from export.bounds import bounds_of
from export.checks import as_sent, check_estimator, check_table, check_target
from export.errors import RecipeError
from export.recipe import Trained
from export.table import Columns, Layout, as_table, layout_of
from runtime.manifest import MISSING_STRING, Dtype, Feature, Scalar, Tensor

MOST_CATEGORIES = 100
"""String features with more distinct values than this are described without a list."""
MOST_LOOKED_AT = 1_000
MOST_LACKING = 16
"""Whether a feature may be missing is tried in so many rows of a table that lack it."""
MOST_TRIED = 100
"""An unseen number is sought between so many of a column's first values, in so many places; and
a row to show among so many rows."""


@dataclass(frozen=True)
class Signature:
    """The features in their order, and how tables become the graph's input tensors."""

    layout: Layout
    features: tuple[Feature, ...]

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The graph's inputs: `numeric` and `string`, where there are such features."""
        widths = {"numeric": 0, "string": 0}
        for feature in self.features:
            widths[feature.input] += 1
        return tuple(
            Tensor(name=name, dtype="string" if name == "string" else "float64", columns=width)
            for name, width in widths.items()
            if width
        )

    def tensors(self, columns: Columns) -> dict[str, NDArray[Any]]:
        """Return columns as input tensors, `[N, columns]` each."""
        tensors = {}
        for tensor in self.inputs:
            chosen = [
                c for c, f in zip(columns, self.features, strict=True) if f.input == tensor.name
            ]
            stacked = np.column_stack(chosen) if tensor.name == "numeric" else _strings(chosen)
            tensors[tensor.name] = np.ascontiguousarray(stacked)
        return tensors

    def within(self, columns: Columns) -> NDArray[np.bool_]:
        """Tell which rows have no number that is not answered."""
        kept = np.ones(len(columns[0]), bool)
        for values, feature in zip(columns, self.features, strict=True):
            if feature.lowest is not None:
                kept &= ~(values < feature.lowest)
            if feature.highest is not None:
                kept &= ~(values > feature.highest)
            if feature.refused is not None:
                kept &= ~np.isin(values, feature.refused)
        return kept

    def records(self, columns: Columns) -> list[dict[str, Scalar]]:
        """Return columns as the records that a client would send; a missing value is None."""
        lists = [_scalars(c, f.dtype) for c, f in zip(columns, self.features, strict=True)]
        names = [feature.name for feature in self.features]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]


def infer(trained: Trained) -> Signature:
    """Infer the signature: types, ranges and categories are those of the training rows.

    A feature may be missing if it was in the training or in the held-out rows, and scikit-learn
    answers such rows. Raises RecipeError for data that no client could send, or an estimator that
    is not fitted on it.
    """
    train = as_table(trained.X_train, "X_train")
    layout = layout_of(train, "X_train")
    held_out = as_table(trained.X_test, "X_test")
    check_table(layout, train, "X_train")
    check_table(layout, held_out, "X_test")
    check_target(trained.y_train, len(train), "y_train")
    check_target(trained.y_test, len(held_out), "y_test")
    check_estimator(trained.estimator, layout, train)
    titles = _titles(trained.feature_titles, layout.names)
    example = _example(trained.example, layout, held_out, trained.estimator)
    places = _places(layout.dtypes)
    closed = _closed(trained.estimator, layout, train)
    free = [
        index
        for index, dtype in enumerate(layout.dtypes)
        if dtype in ("float64", "int64") and index not in closed and layout.form != "vector"
    ]
    bounds = bounds_of(trained.estimator, layout, train, free)
    nullable = _nullable(trained.estimator, layout, (train, held_out))
    features = []
    for index, (name, dtype) in enumerate(zip(layout.names, layout.dtypes, strict=True)):
        seen = layout.column(train, index)
        features.append(
            Feature(
                name=name,
                dtype=dtype,
                input=places[index][0],  # type: ignore[arg-type]
                column=places[index][1],
                title=titles[index],
                nullable=index in nullable,
                closed=dtype == "string" and index in closed,
                example=example[name],
                **_seen(seen, dtype, closed=index in closed),
                **bounds.get(index, {}),
            )
        )
    return Signature(layout, tuple(features))


def _places(dtypes: Sequence[Dtype]) -> list[tuple[str, int]]:
    widths = {"numeric": 0, "string": 0}
    places = []
    for dtype in dtypes:
        tensor = "string" if dtype == "string" else "numeric"
        places.append((tensor, widths[tensor]))
        widths[tensor] += 1
    return places


def _seen(values: NDArray[Any], dtype: Dtype, *, closed: bool) -> dict[str, Any]:
    """Return the range, the categories or the only numbers that were seen in training."""
    present = values[~pd.isna(values)]
    if dtype == "string":
        categories = tuple(sorted(pd.unique(present)))
        listed = closed or len(categories) <= MOST_CATEGORIES
        return {"categories": categories if listed else None}
    finite = present[np.isfinite(present)]
    seen: dict[str, Any] = {"values": tuple(np.unique(finite).tolist())} if closed else {}
    if dtype != "bool" and len(finite):
        seen |= {"minimum": float(finite.min()), "maximum": float(finite.max())}
    return seen


def _nullable(estimator: Any, layout: Layout, tables: Sequence[Any]) -> set[int]:
    """Find the features that may be missing: they were in some row, and scikit-learn answers it.

    The first row of the first table is tried without each; what is refused there is tried in rows
    of the tables that lacked it.
    """
    lacked = {
        index: [np.flatnonzero(pd.isna(layout.column(table, index))) for table in tables]
        for index in range(len(layout.names))
    }
    absent = {
        index: np.array([None if layout.dtypes[index] == "string" else np.nan])
        for index, rows in lacked.items()
        if any(map(len, rows))
    }
    first = layout.split(layout.take(tables[0], slice(0, 1)))

    def answered(table: Any, rows: NDArray[np.int64]) -> bool:
        alone = (layout.split(layout.take(table, [row])) for row in rows[:MOST_LACKING])
        return any(not refuses(estimator, layout, columns) for columns in alone)

    return set(absent) - {
        index
        for index in refused(estimator, layout, first, absent)
        if not any(map(answered, tables, lacked[index]))
    }


def _closed(estimator: Any, layout: Layout, table: Any) -> set[int]:
    """Find the features whose unseen values scikit-learn refuses: ask it."""
    if layout.form == "vector":
        return set()
    row = layout.split(layout.take(table, slice(0, 1)))
    sources = layout.sources or (None,) * len(layout.names)
    unseen = {
        index: value
        for index, (dtype, source) in enumerate(zip(layout.dtypes, sources, strict=True))
        if (value := _unseen(layout.column(table, index), dtype, source)) is not None
    }
    return refused(estimator, layout, row, unseen)


def _unseen(values: NDArray[Any], dtype: Dtype, source: Any) -> NDArray[Any] | None:
    """Return a value within the range of a column that it does not hold; None if there is none.

    Categories are asked for one behind the last: XGBoost 3.2 refuses only these, and takes any
    other that it never saw for the next of those it knows.
    """
    if dtype == "string":
        return np.array(["\x7f never seen in training"], dtype=object)
    if isinstance(source, pd.CategoricalDtype):
        return np.array([source.categories.max() + 1.0])
    finite = values[np.isfinite(values)]
    seen = np.unique(finite[:MOST_LOOKED_AT])
    if len(seen) < 2:
        return None
    if dtype == "float64":
        between = seen[:-1] + np.diff(seen) / 2
        between = between[(between > seen[:-1]) & (between < seen[1:])]
    else:
        between = seen[:-1][np.diff(seen) > 1] + 1
    unseen = [value for value in between[:MOST_TRIED] if not (finite == value).any()]
    return np.array([unseen[0] if unseen else finite.max() + 1])


def _titles(titles: Sequence[str], names: Sequence[str]) -> list[str]:
    if not len(titles):
        return list(names)
    if len(titles) != len(names):
        problem = f"feature_titles has {len(titles)} titles; the data has {len(names)} columns."
        raise RecipeError("recipe", problem)
    return [str(title) for title in titles]


def _example(
    given: Mapping[str, Any], layout: Layout, table: Any, estimator: Any
) -> dict[str, Scalar]:
    """Return a row to show: the given one, else the first that lacks nothing and is answered."""
    if given:
        if set(given) != set(layout.names):
            problem = f"example has the fields {sorted(given)}; expected {sorted(layout.names)}."
            raise RecipeError("recipe", problem)
        return {
            name: as_sent(given[name], dtype, f"example's {name!r}")
            for name, dtype in zip(layout.names, layout.dtypes, strict=True)
        }
    source = layout.split(layout.take(table, slice(0, MOST_LOOKED_AT)))
    missing = np.column_stack([pd.isna(column) for column in source]).any(axis=1)
    whole = np.flatnonzero(~missing)[:MOST_TRIED]
    alone = ((row, [column[[row]] for column in source]) for row in whole)
    answered = (row for row, columns in alone if not refuses(estimator, layout, columns))
    row = next(answered, int(np.argmin(missing)))
    return {
        name: _scalars(column[row : row + 1], dtype)[0]
        for name, column, dtype in zip(layout.names, source, layout.dtypes, strict=True)
    }


def _scalars(values: NDArray[Any], dtype: Dtype) -> list[Scalar]:
    kinds = {"int64": int, "bool": bool, "float64": float, "string": str}
    kind = kinds[dtype]
    missing = pd.isna(values)
    return [None if gone else kind(v) for v, gone in zip(values, missing, strict=True)]


def _strings(columns: Columns) -> NDArray[Any]:
    table = np.empty((len(columns[0]), len(columns)), dtype=object)
    for index, values in enumerate(columns):
        table[:, index] = np.where(pd.isna(values), MISSING_STRING, values)
    return table
