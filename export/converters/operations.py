"""What numpy's functions make of single cells: operations, or others that they are made of."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from export.converters.cells import (
    DOUBLE,
    PIECES,
    TEXT,
    TRUTH,
    WHOLE,
    Cell,
    MissingString,
    UntraceableError,
    Value,
    cell,
    is_missing,
    key_of,
)

ADVICE = "make float64 of the column, with astype(float), before the fit"
_FULL_SIZE = 8
"""Bytes of the numbers that a graph computes with."""

NAMES: dict[np.ufunc, str] = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.floor_divide: "FloorDiv",
    np.remainder: "Mod",
    np.negative: "Neg",
    np.absolute: "Abs",
    np.less: "Less",
    np.less_equal: "LessOrEqual",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.equal: "Equal",
}
"""Functions that have an operation of their own; all others are called as numpy calls them."""
_BY_NAME = {name: function for function, name in NAMES.items()}


def compute(function: np.ufunc, *values: Value) -> Value:
    """Return what a function of numpy answers, of cells and constants."""
    if not any(isinstance(each, Cell) for each in values):
        return _of_constants(function, values)
    if any(each is pd.NA for each in values):
        return pd.NA
    if any(is_text(each) for each in values):
        return _of_texts(function, values)
    if function in _MADE_OF:
        return _MADE_OF[function](*values)
    *given, dtype = _dtypes(function, values)
    _check_precision(function, values, given, dtype)
    if dtype == TRUTH and function in (np.add, np.multiply):
        return (either if function is np.add else both)(*values)
    return cell(NAMES.get(function, function.__name__), *values, dtype=dtype)


def is_text(value: Value) -> bool:
    """Tell whether a value is a string, or a cell that will be one."""
    return (
        value.dtype == TEXT if isinstance(value, Cell) else isinstance(value, (str, MissingString))
    )


def kind_of(value: Value) -> Any:
    """Return the dtype of a value, or the type of a number that takes the dtype of another."""
    if isinstance(value, (Cell, np.generic)):
        return value.dtype
    if is_missing(value):
        return DOUBLE
    return TRUTH if isinstance(value, bool) else type(value)


def dtype_of(values: Sequence[Value]) -> "np.dtype[Any]":
    """Return the dtype of an array of values, TEXT if any of them is a string."""
    if any(is_text(each) for each in values):
        return TEXT
    python = {int: WHOLE, float: DOUBLE}
    kinds = {python.get(kind, kind) for kind in map(kind_of, values)}
    return np.result_type(*kinds) if kinds else DOUBLE


def where(condition: Value, yes: Value, no: Value) -> Value:
    """Choose one of two values."""
    if not isinstance(condition, Cell):
        return yes if condition else no
    if key_of(yes) == key_of(no):
        return yes
    return cell("Where", truth(condition), yes, no, dtype=dtype_of([yes, no]))


def truth(value: Value) -> Value:
    """Return a number as yes or no, which it is but for 0; a string, or pieces, but for none."""
    if not isinstance(value, Cell):
        return bool(value)
    if value.dtype == PIECES:
        value = Cell.text("len", value, (), {})
    return value if value.dtype == TRUTH else compute(np.not_equal, value, _nothing(value))


def _nothing(value: Cell) -> Value:
    return "" if value.dtype == TEXT else 0


def neither(value: Value) -> Value:
    """Return the opposite of yes or no."""
    value = truth(value)
    if not isinstance(value, Cell):
        return not value
    return value.args[0] if value.op == "Not" else cell("Not", value, dtype=TRUTH)


def both(one: Value, other: Value) -> Value:
    """Return whether both are true."""
    return _joined("And", one, other, decides=False)


def either(one: Value, other: Value) -> Value:
    """Return whether one of two is true."""
    return _joined("Or", one, other, decides=True)


def is_absent(value: Value) -> Value:
    """Return whether a value is missing."""
    if not isinstance(value, Cell):
        return is_missing(value)
    if value.dtype == TRUTH and value.op != "Column":
        return False
    return cell("IsAbsent" if is_text(value) else "IsNaN", value, dtype=TRUTH)


def converted(value: Value, dtype: "np.dtype[Any]") -> Value:
    """Return a number in another dtype, as `astype` has it."""
    if not isinstance(value, Cell):
        if value is None or value is pd.NA:
            return value
        with np.errstate(invalid="ignore"):
            return np.asarray(value).astype(dtype)[()]
    if is_text(value):
        message = f"it makes {dtype} of strings, with astype; pandas.to_numeric can be followed"
        raise UntraceableError(message)
    if dtype.kind not in "biuf":
        message = f"it makes {dtype} of numbers, with astype"
        raise UntraceableError(message)
    if value.dtype == dtype:
        return value
    if dtype == TRUTH:
        return truth(value)
    if dtype.kind in "iu" and not (dtype == WHOLE or value.dtype == TRUTH):
        message = f"it makes {dtype} of numbers, which may not hold them; use int64"
        raise UntraceableError(message)
    if dtype.kind == "f" and dtype.itemsize < _FULL_SIZE and dtype != np.float32:
        message = f"it makes {dtype} of numbers; use float64"
        raise UntraceableError(message)
    if dtype.kind in "iu" and value.dtype.kind == "f":
        return cell("Whole", value, dtype=dtype)
    return cell("Single" if dtype == np.float32 else "Same", value, dtype=dtype)


def repeated(value: Cell, constants: Sequence[Value]) -> Value:
    """Return what the operation of a cell makes of constants."""
    if value.op == "Rounded":
        return constants[0]
    if value.op in ("Same", "Whole", "Single"):
        return converted(constants[0], value.dtype)
    function = _BY_NAME.get(value.op, getattr(np, value.op, None))
    if isinstance(function, np.ufunc) and not any(isinstance(x, str) for x in constants):
        return compute(function, *constants)
    return Cell(value.op, constants, value.row, value.way, value.dtype)


def _of_constants(function: np.ufunc, values: Sequence[Value]) -> Value:
    if any(isinstance(each, str) for each in values) and function in (np.equal, np.not_equal):
        return (values[0] == values[1]) == (function is np.equal)
    if any(each is None for each in values) and function in (np.equal, np.not_equal):
        return (values[0] is values[1]) == (function is np.equal)
    if any(each is pd.NA for each in values):
        return pd.NA
    with np.errstate(all="ignore"):
        return function(*values)


def _of_texts(function: np.ufunc, values: Sequence[Value]) -> Value:
    """Compare strings, or join them; nothing else is followed."""
    if function is np.not_equal:
        return neither(compute(np.equal, *values))
    if function is np.equal:
        if not all(is_text(each) for each in values):
            return False
        same = cell("Equal", *values, dtype=TRUTH)
        several = all(isinstance(each, Cell) for each in values)
        return both(same, neither(is_absent(values[0]))) if several else same
    if function is np.add and all(is_text(each) or is_missing(each) for each in values):
        one, other = values
        joined = cell("Join", one, other, dtype=TEXT)
        return where(either(is_absent(one), is_absent(other)), None, joined)
    if function in (np.less, np.less_equal, np.greater, np.greater_equal):
        message = "it compares strings otherwise than whether one is another"
        raise UntraceableError(message)
    message = f"it computes numpy's {function.__name__} with strings"
    raise UntraceableError(message)


def _dtypes(function: np.ufunc, values: Sequence[Value]) -> "tuple[np.dtype[Any], ...]":
    """Return the dtypes in which numpy computes, and that of the answer."""
    if function.nout != 1:
        message = f"numpy's {function.__name__} answers several numbers at once"
        raise UntraceableError(message)
    return function.resolve_dtypes((*map(kind_of, values), None))


def _check_precision(
    function: np.ufunc,
    values: Sequence[Value],
    given: "Sequence[np.dtype[Any]]",
    dtype: "np.dtype[Any]",
) -> None:
    """Refuse what numpy computes with fewer bits than a graph."""
    compares = dtype == TRUTH and all(isinstance(each, Cell) for each in values)
    for each in (dtype, *(() if compares else given)):
        narrow = each.itemsize < _FULL_SIZE and each.kind == "f"
        if narrow or (each is dtype and each.kind in "iu" and each != WHOLE):
            message = f"it computes with {each.name}, not as with doubles "
            raise UntraceableError(f"{message}(numpy.{function.__name__}); {ADVICE}")


def _joined(op: str, one: Value, other: Value, *, decides: bool) -> Value:
    one, other = truth(one), truth(other)
    for each, rest in ((one, other), (other, one)):
        if not isinstance(each, Cell):
            return each if each == decides else rest
    return one if one.key == other.key else cell(op, one, other, dtype=TRUTH)


def _greater(one: Value, other: Value) -> Value:
    """Return the greater of two numbers; one that is missing, if any is."""
    chosen = where(compute(np.greater, one, other), one, other)
    return where(is_absent(one), one, where(is_absent(other), other, chosen))


def _lesser(one: Value, other: Value) -> Value:
    chosen = where(compute(np.less, one, other), one, other)
    return where(is_absent(one), one, where(is_absent(other), other, chosen))


def _unless_missing(choose: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    """Return a choice between two numbers that passes over a missing one."""
    return lambda one, other: where(
        is_absent(one), other, where(is_absent(other), one, choose(one, other))
    )


def _clip(value: Value, low: Value, high: Value) -> Value:
    if isinstance(low, Cell) or isinstance(high, Cell) or is_absent(low) or is_absent(high):
        return _lesser(_greater(value, low), high)
    value = where(compute(np.less, value, low), low, value)  # which keeps -0.0 at the bound 0
    return where(compute(np.greater, value, high), high, value)


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, (int, float, np.number)) and exponent == 2:
        return compute(np.multiply, base, base)
    return _rounded_power(base, exponent)


def _rounded_power(base: Value, exponent: Value) -> Value:
    """Return a power as the C library computes it, a square being no product."""
    dtype = _dtypes(np.power, [base, exponent])[-1]
    return cell("Pow", base, exponent, dtype=dtype)


def _whole_bits(function: np.ufunc, of_truth: Callable[..., Value]) -> Callable[..., Value]:
    """Return what an operation on bits is of yes and no; of other numbers it is not followed."""

    def made(*values: Value) -> Value:
        if all(kind_of(each) == TRUTH for each in values):
            return of_truth(*values)
        if any(is_missing(each) for each in values):
            message = f"{function.__name__} of a missing value"
            raise TypeError(message)
        message = f"it computes with the bits of numbers ({function.__name__})"
        raise UntraceableError(message)

    return made


def _differ(one: Value, other: Value) -> Value:
    one, other = truth(one), truth(other)
    return either(both(one, neither(other)), both(neither(one), other))


def _infinite(value: Value) -> Value:
    return compute(np.equal, compute(np.absolute, value), np.inf)


_CLIP = np._core.umath.clip  # type: ignore[attr-defined]
"""What numpy.clip calls; it has no other name."""
_MADE_OF: dict[np.ufunc, Callable[..., Value]] = {
    np.not_equal: lambda one, other: neither(compute(np.equal, one, other)),
    np.logical_and: both,
    np.logical_or: either,
    np.logical_not: neither,
    np.logical_xor: _differ,
    np.bitwise_and: _whole_bits(np.bitwise_and, both),
    np.bitwise_or: _whole_bits(np.bitwise_or, either),
    np.bitwise_xor: _whole_bits(np.bitwise_xor, _differ),
    np.invert: _whole_bits(np.invert, neither),
    np.maximum: _greater,
    np.minimum: _lesser,
    np.fmax: _unless_missing(_greater),
    np.fmin: _unless_missing(_lesser),
    _CLIP: _clip,
    np.power: _power,
    np.float_power: lambda base, exponent: _rounded_power(converted(base, DOUBLE), exponent),
    np.square: lambda value: compute(np.multiply, value, value),
    np.positive: lambda value: value,
    np.conjugate: lambda value: value,
    np.isnan: is_absent,
    np.isinf: _infinite,
    np.isfinite: lambda value: compute(np.less, compute(np.absolute, value), np.inf),
}
"""Functions that are made of other operations."""
Cell.truth = staticmethod(truth)
