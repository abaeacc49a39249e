"""Functions of one number that never make a lesser number of a greater one."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from export.converters.cells import NUMBERS, Cell, Value

Operation = Callable[[NDArray[np.float64]], NDArray[np.float64]]

FUNCTIONS: set[Any] = {
    np.arcsinh,
    np.arctan,
    np.cbrt,
    np.exp,
    np.exp2,
    np.expm1,
    np.log,
    np.log10,
    np.log1p,
    np.log2,
    np.sinh,
    np.sqrt,
    np.tanh,
    special.expit,
}
"""Which rise wherever they answer a number, and answer NaN only below there."""
_BY_NAME = {function.__name__: function for function in FUNCTIONS}
_ARITHMETIC = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Rising:
    """A step of one column: operations, one after another, which rise or, an even number, fall."""

    operations: tuple[Operation, ...]
    n_features_in_: ClassVar[int] = 1

    def transform(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Answer the numbers; what is none, such as the root of -1, is less than all others."""
        for operation in self.operations:
            table = operation(table)
            table = np.where(np.isnan(table), -np.inf, table)
        return table


@dataclass(frozen=True)
class Source:
    """A number, and the step that makes another of it; or that does of its opposite."""

    number: Cell
    opposite: bool
    step: Rising


def source_of(value: Cell, is_known: Callable[[Cell], bool]) -> Source | None:
    """Return the first number that `is_known` on the way back to what a value is made of.

    None where the value does not rise, or fall, with it alone.
    """
    operations: list[Operation] = []
    falls = False
    while not is_known(value):
        undone = _undone(value)
        if undone is None or not isinstance(undone[0], Cell):
            return None
        value, operation, falling = undone
        operations.insert(0, operation)
        falls ^= falling
    if falls:
        operations.insert(0, np.negative)
    return Source(value, falls, Rising(tuple(operations)))


def _undone(value: Cell) -> tuple[Value, Operation, bool] | None:
    """Return what an operation was done to, the operation, and whether it falls."""
    if value.op in _BY_NAME:
        return value.args[0], _BY_NAME[value.op], False
    if value.op == "Neg":
        return value.args[0], np.negative, True
    if value.op in _ARITHMETIC or value.op == "Pow":
        first, second = value.args
        if _is_finite(second):
            return _with_number(value.op, first, float(second))
        if _is_finite(first):
            return _of_number(value.op, float(first), second)
    return None


def _with_number(op: str, value: Value, number: float) -> tuple[Value, Operation, bool] | None:
    """Return the same of a sum, a product, a quotient or a power."""
    if op == "Pow":
        if number == _HALF:
            return value, np.sqrt, False
        rises = number > 0 and not number.is_integer()
        return (value, lambda x: np.power(x, number), False) if rises else None
    if op in ("Mul", "Div") and number == 0:
        return None
    function = _ARITHMETIC[op]
    return value, lambda x: function(x, number), op in ("Mul", "Div") and number < 0


def _of_number(op: str, number: float, value: Value) -> tuple[Value, Operation, bool] | None:
    """Return the same where the number comes first; a quotient falls but where it jumps, at 0."""
    if op in ("Div", "Pow") or (op == "Mul" and number == 0):
        return None
    function = _ARITHMETIC[op]
    return value, functools.partial(function, number), op == "Sub" or (op == "Mul" and number < 0)


def _is_finite(value: Value) -> bool:
    return isinstance(value, NUMBERS) and bool(np.isfinite(value))
