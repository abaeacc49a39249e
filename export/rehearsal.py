"""Run a recipe without its training time: every outermost `fit` sees a few rows only."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing

from export.group import evenly

MOST_ROWS = 200
FEWEST_PER_CLASS = 6
"""Enough for five folds of cross-validation, with one to spare."""


@contextmanager
def rehearsing(rows: int = MOST_ROWS) -> Iterator[None]:
    """Make scikit-learn estimators fit on at most about `rows` of the rows they are given.

    Where the target has few distinct values, some rows of each are kept. Fits inside other
    fits (the steps of a pipeline, the folds of a search) see what the outermost was left.
    """
    running: list[object] = []
    replaced: list[tuple[type, str, Any]] = []
    for cls in _estimators(BaseEstimator):
        for method, rehearsed in (("fit", _few), ("fit_transform", _fit_few_transform_all)):
            original = vars(cls).get(method)
            if callable(original):
                replaced.append((cls, method, original))
                setattr(cls, method, rehearsed(original, rows, running))
    try:
        yield
    finally:
        for cls, method, original in replaced:
            setattr(cls, method, original)


def _estimators(cls: type) -> Iterator[type]:
    subclass: type
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _estimators(subclass)


def _few(fit: Callable[..., Any], rows: int, running: list[object]) -> Callable[..., Any]:
    @functools.wraps(fit)
    def few(self: object, X: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        if running:
            return fit(self, X, *(() if y is None else (y,)), *args, **kwargs)
        chosen = chosen_rows(X, y, rows)
        running.append(self)
        try:
            count = len(kwargs) and _rows(X)
            kwargs = {
                name: _safe_indexing(value, chosen) if _rows(value) == count else value
                for name, value in kwargs.items()
            }
            some = [_safe_indexing(X, chosen)] + ([] if y is None else [_safe_indexing(y, chosen)])
            return fit(self, *some, *args, **kwargs)
        finally:
            running.pop()

    return few


def _fit_few_transform_all(
    fit_transform: Callable[..., Any], _: int, running: list[object]
) -> Callable[..., Any]:
    @functools.wraps(fit_transform)
    def transformed(self: Any, X: Any, y: Any = None, **kwargs: Any) -> Any:
        given = () if y is None else (y,)
        if running:
            return fit_transform(self, X, *given, **kwargs)
        return self.fit(X, *given, **kwargs).transform(X)

    return transformed


def chosen_rows(X: Any, y: Any, rows: int) -> list[int]:
    """Return the positions of about `rows` rows, in order, spread evenly over the data."""
    count = _rows(X) or 0
    chosen = set(evenly(count, rows).tolist())
    labels = None if y is None else np.asarray(y)
    if labels is not None and labels.ndim == 1 and labels.dtype.kind != "f":
        for label in list(dict.fromkeys(labels.tolist()))[:rows]:
            places = np.flatnonzero(labels == label)
            chosen.update(places[:FEWEST_PER_CLASS].tolist())
    return sorted(chosen)


def _rows(data: Any) -> int | None:
    """Return how many rows there are; None for what has none, such as a flag."""
    if hasattr(data, "shape"):
        return int(data.shape[0]) if data.shape else None
    return len(data) if hasattr(data, "__len__") and not isinstance(data, str) else None
