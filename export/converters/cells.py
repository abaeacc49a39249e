"""Values that are not known yet: cells of a table that remember what is done with them.

What Python, numpy and pandas ask of an object, a `Cell` answers with another. Only to a question
that needs yes or no, such as `if`, it answers so: the `Way` says which.
"""

from abc import ABCMeta
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin

NUMBERS = (bool, int, float, np.bool_, np.integer, np.floating)
METHODS = """
arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil conjugate cos cosh deg2rad degrees
exp exp2 expm1 fabs floor hypot log log10 log1p log2 rad2deg radians rint sin sinh sqrt tan tanh
trunc
""".split()  # noqa: SIM905 - one name a line would fill a page
"""What numpy calls on each element of an array of objects: its functions by name."""

Value = Any
"""A Cell or a constant: a number, a string, or what stands for a missing value."""
Key = tuple[Any, ...]
TRUTH, WHOLE, DOUBLE = np.dtype(np.bool_), np.dtype(np.int64), np.dtype(np.float64)
TEXT = np.dtype(object)
"""The dtype of strings."""
PIECES = np.dtype(np.void)
"""The dtype of lists of strings, which a text is split into."""
ALONE = "and a graph answers each row by itself"
OF_ROWS = "it takes the {} of all rows, " + ALONE + "; compute it before, and give the function "
OF_ROWS += "what came out"


class UntraceableError(Exception):
    """A function that does what no graph can follow."""


class UnknownError(UntraceableError, TypeError):
    """What Python cannot know yet; numpy and pandas try whether it does."""


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


class Cell(NDArrayOperatorsMixin):
    """A value of one row: the name of an operation, and what it is computed from."""

    truth: ClassVar[Callable[..., Any]]
    """Whether a cell is true to Python (`export.converters.operations`)."""
    ufunc: ClassVar[Callable[..., Any]]
    """What numpy's functions answer of cells (`export.converters.cell_arrays`)."""
    text: ClassVar[Callable[..., Any]]
    """What the methods of strings answer of cells (`export.converters.cell_texts`)."""

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Return a cell; a `Text` where it is of strings."""
        dtype = options.get("dtype", args[-1])
        kind: Any = Text if dtype == TEXT else cls
        return super().__new__(kind)  # type: ignore[no-any-return]

    def __init__(
        self, op: str, args: Sequence[Value], row: int, way: Way, dtype: "np.dtype[Any]" = DOUBLE
    ) -> None:
        self.op, self.args, self.row, self.way, self.dtype = op, tuple(args), row, way, dtype
        computed = (op, *map(key_of, args))
        self.key: Key = ("Cell", way.known.setdefault(computed, len(way.known)))

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return Cell.ufunc(function, method, inputs, options)

    def __bool__(self) -> bool:
        return self.way.decide(Cell.truth(self))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in METHODS:
            return lambda *others: getattr(np, name)(self, *others)
        if name.startswith("_") or self.dtype != TEXT or not hasattr(str, name):
            raise AttributeError(name)
        return lambda *args, **options: Cell.text(name, self, args, options)

    def __getitem__(self, place: Any) -> Any:
        name = "slice" if isinstance(place, slice) else "get"
        args = (place.start, place.stop, place.step) if isinstance(place, slice) else (place,)
        return Cell.text(name, self, args, {})

    def __pow__(self, exponent: Any) -> Any:
        """Return a power of one number, which is rounded; only of arrays numpy makes squares."""
        power = super().__pow__(exponent)
        squared = isinstance(power, Cell) and power.op == "Mul" and power.dtype.kind == "f"
        return cell("Pow", self, exponent, dtype=power.dtype) if squared else power

    def __hash__(self) -> int:
        message = (
            "it looks a value up in a dictionary or a set, or groups rows by it; a dictionary can "
            "be given to .map or .replace, and a list to .isin"
        )
        raise UnknownError(message)

    def __contains__(self, part: Any) -> bool:
        return bool(Cell.text("contains", self, (part,), {"regex": False}))

    def __len__(self) -> int:
        message = "it asks for the length of a string, with len; use .str.len, or .apply(len)"
        raise UnknownError(message)

    def __float__(self) -> float:
        message = (
            "it makes a number of Python, or of an array of them, of what is not known yet; use "
            "numpy's functions, .astype, and arrays that are made of its columns"
        )
        raise UntraceableError(message)

    __int__ = __float__

    def __format__(self, spec: str) -> str:
        message = "it writes a value into a string, with str or f'...'; join strings with +"
        raise UntraceableError(message)

    def __str__(self) -> str:
        return self.__format__("")

    def __round__(self, digits: int | None = None) -> float:
        message = "it rounds with Python's round; numpy.round and .round can be followed"
        raise UntraceableError(message)

    __iter__ = None
    """So that pandas takes it for no list."""

    def __repr__(self) -> str:
        return "a value that is not known yet"


class _Alike(ABCMeta):
    """The type of types that are equal to one of Python's, as in `type(x) == str`."""

    alike: type

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.alike

    def __hash__(cls) -> int:
        return hash(cls.alike)


class Text(Cell, metaclass=_Alike):
    """A string that is not known yet: to `isinstance`, and to `type(x) == str`, one of Python's."""

    alike = str
    __class__ = property(lambda _: str)
    __hash__ = Cell.__hash__


class Missing(float, metaclass=_Alike):
    """A missing number, which stays one whatever is computed with it; to Python, a float."""

    alike = float

    def _stays(self, *_: object) -> "Missing":
        return self


class MissingString(Missing):
    """The same of a column of strings, where pandas has a dtype for them."""


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Missing, f"__{_name}__", Missing._stays)
    setattr(Missing, f"__r{_name}__", Missing._stays)
for _name in ("neg", "abs", "floor", "ceil"):
    setattr(Missing, f"__{_name}__", Missing._stays)
for _name in METHODS:
    setattr(Missing, _name, Missing._stays)


def cell(op: str, *args: Value, dtype: "np.dtype[Any]") -> Cell:
    """Return what an operation makes of values of one row. Raises UntraceableError if of others."""
    sources = [each for each in args if isinstance(each, Cell)]
    if len({each.row for each in sources}) > 1:
        message = f"it computes with several rows at once, {ALONE}"
        raise UntraceableError(message)
    for each in args:
        if not (isinstance(each, (Cell, str, tuple, *NUMBERS)) or is_missing(each)):
            message = f"it computes with {type(each).__name__}"
            raise UntraceableError(message)
    return Cell(op, args, sources[0].row, sources[0].way, dtype)


def is_missing(value: Value) -> bool:
    """Tell whether a constant stands for a missing value."""
    return value is None or value is pd.NA or (isinstance(value, float) and bool(np.isnan(value)))


def key_of(value: Value) -> Key:
    """Return what is equal where two values are computed alike, of whichever rows."""
    if isinstance(value, Cell):
        return value.key
    if isinstance(value, NUMBERS) and not is_missing(value):
        return (np.dtype(type(value)).kind, str(float(value)))
    return (type(value).__name__, str(value))
