"""What a function of the user's own computes, found by giving it rows that are not known yet.

Knows numpy and pandas, and nothing of ONNX. The function is called with a table whose numbers
are `Cell`s, which remember what is done with them. Where it asks which of two numbers is greater,
it is called again for the other answer, until all its ways are known; and so it is with a missing
value in each column of which it makes something else than arithmetic would.
"""

import functools
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from export.converters.cell_arrays import Cells
from export.converters.cell_columns import CellArray
from export.converters.cell_frames import CellFrame
from export.converters.cells import (
    NUMBERS,
    TEXT,
    TRUTH,
    Cell,
    Key,
    Missing,
    MissingString,
    UntraceableError,
    Value,
    Way,
    is_missing,
    key_of,
)
from export.converters.operations import (
    both,
    dtype_of,
    either,
    is_absent,
    neither,
    repeated,
    where,
)
from export.converters.reaching import reaching

MOST_WAYS = 256
_ROWS = 2
"""Of which each must be answered by itself, and alike."""
_COLUMNS = "it answers now more columns, now fewer"


class RaisedError(UntraceableError):
    """A function that raises an error of its own, or of a library that it gives cells."""


@dataclass(frozen=True)
class Traced:
    """A function, and the table that it is given: a data frame where there are `names`."""

    function: Callable[[Any], Any]
    names: Sequence[str] | None
    absent: Sequence[Any]
    """What stands for a missing value in each column."""
    dtypes: Sequence[Any]
    """The dtype of each column, numpy's or, of strings, that of pandas."""
    known: dict[Key, int] = field(default_factory=dict)
    noticed: dict[tuple[int, ...], tuple[Value, ...]] = field(default_factory=dict)

    def values(self) -> tuple[tuple[Value, ...], bool]:
        """Return what each column of the answer is computed from, and whether it is a data frame.

        Raises UntraceableError for a function that cannot be followed.
        """
        row, framed = self._answer()
        noticed: list[set[int]] = [set() for _ in row]
        for some in _halves(len(self.absent)):
            self._find(row, some, noticed)
        values = [
            self._noticing(tuple(sorted(columns)))[place] if columns else row[place]
            for place, columns in enumerate(noticed)
        ]
        return tuple(values), framed

    def _find(
        self, row: tuple[Value, ...], columns: Sequence[int], noticed: Sequence[set[int]]
    ) -> None:
        """Find, by halves, in which columns missing values are noticed, for each of the answer."""
        ignored = self._ignored(row, columns)
        if all(ignored):
            return
        if len(columns) == 1:
            for place, each in enumerate(ignored):
                if not each:
                    noticed[place].add(columns[0])
            return
        middle = len(columns) // 2
        self._find(row, columns[:middle], noticed)
        self._find(row, columns[middle:], noticed)

    def _noticing(self, columns: tuple[int, ...]) -> tuple[Value, ...]:
        """Return the answer, by which of these columns lack a value."""
        if columns not in self.noticed:
            self.noticed[columns], _ = self._answer(columns)
        return self.noticed[columns]

    def _ignored(self, row: tuple[Value, ...], columns: Sequence[int]) -> list[bool]:
        """Tell where missing values are to the function what they are to its arithmetic.

        Where it raises an error at a missing value, there are no answers that could differ.
        """
        try:
            there, _ = self._answer(missing=columns)
        except RaisedError:
            return [len(columns) == 1] * len(row)
        if len(there) != len(row):
            raise UntraceableError(_COLUMNS)
        done: dict[Key, Value] = {}
        return [
            key_of(_without(value, columns, done)) == key_of(_without(found, columns, done))
            for value, found in zip(row, there, strict=True)
        ]

    def _answer(
        self, noticed: Sequence[int] = (), missing: Sequence[int] = ()
    ) -> tuple[tuple[Value, ...], bool]:
        """Go all ways, with and without what `noticed` columns lack, and without `missing`."""
        ways: list[tuple[Way, tuple[Value, ...]]] = []
        framed = False
        for way in _ways(self.known):
            if len(ways) == MOST_WAYS:
                message = f"it goes more than {MOST_WAYS} ways, by what it compares; choose with "
                message += "numpy.where or numpy.select in place of if"
                raise UntraceableError(message)
            answer = self._called(self._table(way, noticed, missing))
            framed = isinstance(answer, pd.DataFrame)
            ways.append((way, _row(answer)))
        if len({len(row) for _, row in ways}) > 1:
            raise UntraceableError(_COLUMNS)
        return _merged(ways, 0), framed

    def _called(self, table: Any) -> Any:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"), reaching():
                warnings.simplefilter("ignore")
                return self.function(table)
        except UntraceableError as error:
            message = f"{error}{_place(error, self.function)}"
            raise type(error)(message) from error
        except RecursionError:
            raise
        except Exception as error:
            if isinstance(error.__cause__, UntraceableError):  # which numpy raises another from
                raise UntraceableError(
                    f"{error.__cause__}{_place(error, self.function)}"
                ) from error
            message = f"it raises {type(error).__name__} ({error}){_place(error, self.function)}"
            raise RaisedError(message) from error

    def _table(self, way: Way, noticed: Sequence[int], missing: Sequence[int]) -> Any:
        cells = np.empty((_ROWS, len(self.absent)), dtype=object)
        for row in range(_ROWS):
            for column, (marker, dtype) in enumerate(zip(self.absent, self.dtypes, strict=True)):
                kind = dtype if isinstance(dtype, np.dtype) else TEXT
                lacks = Cell("Missing", (column,), row, way, TRUTH)
                gone = column in missing or (column in noticed and way.decide(lacks))
                there = Cell("Column", (column,), row, way, kind)
                cells[row, column] = _lacking(marker, dtype) if gone else there
        if self.names is None:
            return cells.view(Cells)
        columns = {
            place: CellArray(cells[:, place], dtype) for place, dtype in enumerate(self.dtypes)
        }
        return CellFrame(columns).set_axis(list(self.names), axis=1)


def _lacking(marker: Any, dtype: Any) -> Any:
    """Return what is in the place of a missing value."""
    if not isinstance(marker, float):
        return marker
    return (Missing if isinstance(dtype, np.dtype) else MissingString)("nan")


def _place(error: Exception, function: Any) -> str:
    """Name the line of the user's own file where an error came from, as far as there is one."""
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(function, "__code__", getattr(type(function).__call__, "__code__", None))
    lines = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename
    ]
    return f", in line {lines[-1].lineno}, {lines[-1].line}" if lines else ""


def _ways(known: dict[Key, int]) -> Iterator[Way]:
    """Yield one way after the other, each with the last yes of the one before made a no."""
    plan: list[bool] = []
    while True:
        way = Way(plan, known)
        yield way
        plan = [answer for _, answer in way.asked.values()]
        while plan and not plan[-1]:
            plan.pop()
        if not plan:
            return
        plan[-1] = False


def _row(answer: Any) -> tuple[Value, ...]:
    """Return the first row of an answer, whose other must be alike."""
    if not isinstance(answer, (pd.DataFrame, np.ndarray)) or np.ndim(answer) != _ROWS:
        message = f"it answers {type(answer).__name__}, and no table [rows, columns]"
        raise UntraceableError(message)
    table: NDArray[Any] = np.asarray(answer, dtype=object)
    first, *others = [tuple(row) for row in table.tolist()]
    alike = len(others) == _ROWS - 1 and all(_keys(first) == _keys(row) for row in others)
    if not alike or any(_strays(row, number) for number, row in enumerate(table)):
        message = "it answers rows by others than themselves"
        raise UntraceableError(message)
    return first


def _strays(row: Sequence[Value], number: int) -> bool:
    for value in row:
        if isinstance(value, Cell) and value.row != number:
            return True
        if not (isinstance(value, (Cell, str, *NUMBERS)) or is_missing(value)):
            message = f"it answers {type(value).__name__}"
            raise UntraceableError(message)
    return False


def _keys(row: Sequence[Value]) -> list[Key]:
    return [key_of(value) for value in row]


def _merged(ways: Sequence[tuple[Way, tuple[Value, ...]]], depth: int) -> tuple[Value, ...]:
    """Join all ways into one, which chooses by what the function asked."""
    (_, row), *others = ways
    if not others:
        return row
    asked = [list(each.asked.values())[depth : depth + 1] for each, _ in ways]
    sides = [
        [each for each, found in zip(ways, asked, strict=True) if [yes for _, yes in found] == side]
        for side in ([True], [False])
    ]
    if not all(sides):
        message = "it asks otherwise when it is called again"
        raise UntraceableError(message)
    condition = asked[0][0][0]
    merged = [_merged(side, depth + 1) for side in sides]
    return tuple(_chosen(condition, yes, no) for yes, no in zip(*merged, strict=True))


def _chosen(condition: Cell, yes: Value, no: Value) -> Value:
    """Return one of two values; a column is what it was, whether it lacks a value or not."""
    if key_of(yes) == key_of(no):
        return yes
    is_column = isinstance(no, Cell) and no.op == "Column"
    if is_column and condition.op == "Missing" and no.args == condition.args and is_missing(yes):
        return no
    dtype = dtype_of([yes, no])
    return Cell("Where", (condition, yes, no), condition.row, condition.way, dtype)


def _halves(count: int) -> Iterator[list[int]]:
    """Yield sets of columns; of any two columns each is in one that the other is not in."""
    for bit in range(max(1, (count - 1).bit_length())):
        for side in (0, 1):
            yield [column for column in range(count) if column >> bit & 1 == side]


def _without(value: Value, columns: Sequence[int], done: dict[Key, Value]) -> Value:
    """Return what is left of a value where columns lack a value; `done` are some others."""
    if not isinstance(value, Cell):
        return None if is_missing(value) else value
    if value.op == "Column":
        return None if value.args[0] in columns else value
    if value.key not in done:
        args = [_without(each, columns, done) for each in value.args]
        done[value.key] = _folded(value, args)
    return done[value.key]


def _folded(value: Cell, args: Sequence[Value]) -> Value:
    """Return an operation on other values: a constant, where a missing value decides it."""
    if value.op in _DECIDING:
        return _DECIDING[value.op](*args)
    if any(each is None for each in args):
        return False if value.op in _FALSE_OF_MISSING else None
    if not any(isinstance(each, Cell) for each in args):
        return repeated(value, args)
    return Cell(value.op, args, value.row, value.way, value.dtype)


_DECIDING: dict[str, Callable[..., Value]] = {
    "Where": where,
    "Not": neither,
    "And": both,
    "Or": either,
    "IsNaN": is_absent,
    "IsAbsent": is_absent,
}
"""Operations that know what to make of a missing value."""
_FALSE_OF_MISSING = (
    *("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"),
    *("Matches", "IsOfClass"),
)
