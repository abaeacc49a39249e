"""Several numbers of one row at once: sums and means, the greatest, products with matrices."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from export.converters.cell_arrays import OVER_ROWS, each, objects, settled
from export.converters.cells import (
    ALONE,
    DOUBLE,
    OF_ROWS,
    TRUTH,
    WHOLE,
    Cell,
    UntraceableError,
    Value,
)
from export.converters.operations import compute, converted, is_absent, kind_of, neither, where

_NAMED: dict[np.ufunc, str] = {np.add: "sum or mean", np.maximum: "maximum", np.minimum: "minimum"}
"""What those who call these functions over rows call them."""
IN_PAIRS = 8
"""From so many numbers on, numpy adds in another order than one after the other."""


def total(values: Sequence[Value]) -> Value:
    """Add up numbers of one row, as numpy does; of many, only the last bits are not the same."""
    summed = reduce(lambda one, other: compute(np.add, one, other), map(_countable, values))
    if not isinstance(summed, Cell) or summed.dtype != DOUBLE:
        return summed
    if len(values) < IN_PAIRS:
        return compute(np.add, summed, 0.0)  # as numpy begins with 0, which -0.0 alone becomes
    return in_any_order(summed)


def in_any_order(summed: Value) -> Value:
    """Return a sum whose numbers were added up in another order: its last bits are not known."""
    if not isinstance(summed, Cell) or summed.dtype != DOUBLE or summed.op == "Rounded":
        return summed
    return Cell("Rounded", [summed], summed.row, summed.way)


def over_columns(answer: Callable[[Sequence[Value]], Value], table: Any, name: str) -> Any:
    """Return what is answered of each row of a table [rows, columns]."""
    rows = objects(table)
    if rows.ndim != 2:
        raise UntraceableError(OF_ROWS.format(name))
    done = np.empty(len(rows), dtype=object)
    for number, row in enumerate(rows):
        done[number] = answer(list(row))
    return settled(done)


def present(function: Callable[[Sequence[Value]], Value]) -> Callable[[Sequence[Value]], Value]:
    """Return a function of the numbers of a row that takes those that are missing for 0."""
    return lambda row: function([where(is_absent(value), 0.0, value) for value in row])


def count_present(row: Sequence[Value]) -> Value:
    """Return how many numbers of a row there are."""
    return total([neither(is_absent(value)) for value in row])


def mean(row: Sequence[Value]) -> Value:
    """Return the mean of the numbers of a row that there are."""
    return compute(np.divide, present(total)(row), count_present(row))


def variance(row: Sequence[Value]) -> Value:
    """Return the variance of the numbers of a row that there are, of a sample as pandas has it."""
    middle, count = mean(row), count_present(row)
    apart = [compute(np.subtract, middle, value) for value in row]
    squares = present(total)([compute(np.multiply, each_, each_) for each_ in apart])
    several = compute(np.greater, count, 1)
    return compute(np.divide, squares, where(several, compute(np.subtract, count, 1), np.nan))


def greatest(row: Sequence[Value]) -> Value:
    """Return the greatest number of a row that there is."""
    return reduce(lambda one, other: compute(np.fmax, one, other), row)


def least(row: Sequence[Value]) -> Value:
    """Return the least number of a row that there is."""
    return reduce(lambda one, other: compute(np.fmin, one, other), row)


def _reduced(
    function: np.ufunc,
    values: Any,
    axis: Any = 0,
    keepdims: bool = False,
    **options: Any,
) -> Any:
    """Reduce an array along one axis: all others stay."""
    options.pop("dtype", None)
    unknown = {name for name, value in options.items() if value not in (None, np._NoValue)}
    every = objects(values)
    if unknown or not isinstance(axis, (int, np.integer)) or axis % every.ndim == 0:
        raise UntraceableError(OF_ROWS.format(_NAMED.get(function, function.__name__)))
    lines = np.moveaxis(every, axis, -1)
    done = np.empty(lines.shape[:-1], dtype=object)
    for place in np.ndindex(done.shape):
        line = list(lines[place])
        done[place] = (
            total(line)
            if function is np.add
            else reduce(lambda one, other: compute(function, one, other), line)
        )
    return settled(np.expand_dims(done, axis) if keepdims else done)


def _accumulated(function: np.ufunc, values: Any, axis: int = 0, **_: Any) -> Any:
    every = objects(values)
    if axis % every.ndim == 0:
        message = f"it takes numpy's {function.__name__} of all rows so far, {ALONE}"
        raise UntraceableError(message)
    lines = np.moveaxis(every, axis, -1).copy()
    for place in range(1, lines.shape[-1]):
        lines[..., place] = objects(
            each(lambda *both_: compute(function, *both_), lines[..., place - 1], lines[..., place])
        )
    return settled(np.moveaxis(lines, -1, axis))


def product(one: Any, other: Any) -> Any:
    """Multiply rows by a matrix of constants; libraries add in orders of their own."""
    rows, weights = objects(one), objects(other)
    if rows.ndim != 2 or any(isinstance(weight, Cell) for weight in weights.flat):
        message = "it multiplies matrices, other than the rows by numbers that are known"
        raise UntraceableError(message)
    columns = weights.reshape(len(weights), -1).T
    done = np.empty((len(rows), len(columns)), dtype=object)
    for place in np.ndindex(done.shape):
        terms = [
            compute(np.multiply, x, w)
            for x, w in zip(rows[place[0]], columns[place[1]], strict=True)
        ]
        done[place] = in_any_order(total(terms))
    return settled(done if weights.ndim > 1 else done[:, 0])


def _countable(value: Value) -> Value:
    """Return yes and no as 1 and 0, as they are added."""
    return converted(value, WHOLE) if kind_of(value) == TRUTH else value


OVER_ROWS["reduce", None] = _reduced
OVER_ROWS["accumulate", None] = _accumulated
OVER_ROWS["__call__", np.matmul] = lambda _, one, other, **__: product(one, other)
