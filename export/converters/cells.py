"""Numbers that are not known yet: cells of a table that remember what is done with them.

What Python, numpy and pandas ask of an object, a `Cell` answers with another. Only to a question,
such as which of two numbers is greater, it answers yes or no: the `Way` says which.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

NUMBERS = (bool, int, float, np.bool_, np.integer, np.floating)
METHODS = """
arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh deg2rad degrees exp exp2 expm1 fabs
log log10 log1p log2 rad2deg radians rint sin sinh sqrt tan tanh
""".split()  # noqa: SIM905 - one name a line would fill a page
"""What numpy calls on each element of an array of objects: its functions by name."""

Value = Any
"""A Cell or a constant: a number, a string, or what stands for a missing value."""
Key = tuple[Any, ...]


class UntraceableError(Exception):
    """A function that does what no graph can follow."""


@dataclass
class Way:
    """The answers given so far to what the function asks, in their order."""

    plan: list[bool]
    known: dict[Key, int]
    """A number for each thing that was ever computed, on any way."""
    asked: dict[Key, tuple["Cell", bool]] = field(default_factory=dict)

    def decide(self, condition: "Cell") -> bool:
        """Answer as planned; yes where nothing is planned yet, and as before where asked again."""
        if condition.key not in self.asked:
            place = len(self.asked)
            answer = self.plan[place] if place < len(self.plan) else True
            self.asked[condition.key] = condition, answer
        return self.asked[condition.key][1]


class Cell:
    """A number, or a string, of one row: an operator of ONNX and what it is computed from."""

    def __init__(self, op: str, args: Sequence[Value], row: int, way: Way) -> None:
        self.op, self.args, self.row, self.way = op, tuple(args), row, way
        computed = (op, *map(key_of, args))
        self.key: Key = ("Cell", way.known.setdefault(computed, len(way.known)))

    def _with(self, op: str, *args: Any) -> Any:
        if any(each is pd.NA for each in args):
            return pd.NA
        for each in args:
            if isinstance(each, Cell) and each.row != self.row:
                message = (
                    "it computes with several rows at once, and a graph answers each by itself"
                )
                raise UntraceableError(message)
            if not isinstance(each, (Cell, str, *NUMBERS)):
                message = f"it computes with {type(each).__name__}"
                raise UntraceableError(message)
        return Cell(op, args, self.row, self.way)

    def __bool__(self) -> bool:
        known = self.op in COMPARISONS
        return self.way.decide(self if known else self._with("Not", self._with("Equal", self, 0.0)))

    def __getattr__(self, name: str) -> Callable[[], Any]:
        if name not in METHODS:
            raise AttributeError(name)
        return lambda: self._with(name, self)

    def __pow__(self, other: Any) -> Any:
        return self._with("Mul", self, self) if _is(other, 2) else self._with("Pow", self, other)

    def __pos__(self) -> "Cell":
        return self

    def __ne__(self, other: object) -> Any:
        return self._with("Not", self._with("Equal", self, other))

    def __repr__(self) -> str:
        return "a number that is not known yet"

    __hash__ = None  # type: ignore[assignment]


class Missing(float):
    """A missing number, which stays one whatever is computed with it."""

    def _stays(self, *_: object) -> "Missing":
        return self


COMPARISONS = ("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Not", "Missing")
_BINARY = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "truediv": "Div",
    "floordiv": "FloorDiv",
    "mod": "Mod",
}
_COMPARED = dict(zip(("lt", "le", "gt", "ge", "eq"), COMPARISONS[:5], strict=True))
_UNARY = {"neg": "Neg", "abs": "Abs", "floor": "Floor", "ceil": "Ceil"}


def _forward(op: str) -> Callable[[Cell, Any], Any]:
    return lambda self, other: self._with(op, self, other)


def _backward(op: str) -> Callable[[Cell, Any], Any]:
    return lambda self, other: self._with(op, other, self)


def _alone(op: str) -> Callable[[Cell], Any]:
    return lambda self: self._with(op, self)


for _name, _op in (_BINARY | _COMPARED).items():
    setattr(Cell, f"__{_name}__", _forward(_op))
for _name, _op in (_BINARY | {"pow": "Pow"}).items():
    setattr(Cell, f"__r{_name}__", _backward(_op))
for _name, _op in _UNARY.items():
    setattr(Cell, f"__{_name}__", _alone(_op))
for _name in (*_BINARY, "pow"):
    setattr(Missing, f"__{_name}__", Missing._stays)
    setattr(Missing, f"__r{_name}__", Missing._stays)
for _name in _UNARY:
    setattr(Missing, f"__{_name}__", Missing._stays)
for _name in METHODS:
    setattr(Missing, _name, Missing._stays)


def is_missing(value: Value) -> bool:
    """Tell whether a constant stands for a missing value."""
    return value is None or value is pd.NA or (isinstance(value, float) and bool(np.isnan(value)))


def key_of(value: Value) -> Key:
    """Return what is equal where two values are computed alike, of whichever rows."""
    return value.key if isinstance(value, Cell) else (type(value).__name__, str(value))


def _is(value: Any, number: int) -> bool:
    return isinstance(value, NUMBERS) and value == number
