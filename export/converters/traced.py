"""A function of the user's own as nodes of the graph, from what `tracing` found of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from export.converters.cells import (
    COMPARISONS,
    NUMBERS,
    Cell,
    Key,
    UntraceableError,
    Value,
    is_missing,
)
from export.converters.graph import Graph
from export.converters.tracing import Traced
from export.converters.values import Frame, TensorName
from runtime.manifest import MISSING_STRING

Build = Callable[[Graph, TensorName], TensorName]

_HALF = 0.5
_NODES = frozenset(("Add", "Sub", "Mul", "Div", "Neg", "Abs", "Floor", "Ceil"))


def follow(
    graph: Graph,
    function: Callable[[Any], Any],
    names: Sequence[str] | None,
    frame: Frame,
    functions: Mapping[str, tuple[Build, bool]],
) -> Frame:
    """Answer what the function does; `functions` are those of numpy, and whether they are exact.

    Raises UntraceableError where that cannot be said.
    """
    if frame.sparse or any(block.places is not None for block in frame.blocks):
        message = "it is given a sparse matrix"
        raise UntraceableError(message)
    values, framed = Traced(function, names, frame.absent).values()
    nodes = _Nodes(graph, frame, functions)
    parts = [nodes.part(value) for value in values]
    answer = Frame.concat(parts)
    return answer if framed else answer.as_array()


class _Nodes:
    """Makes nodes of values, each of which is made once."""

    def __init__(
        self, graph: Graph, frame: Frame, functions: Mapping[str, tuple[Build, bool]]
    ) -> None:
        self._graph = graph
        self._frame = frame
        self._functions = functions
        self._made: dict[Key, TensorName] = {}
        self._columns: dict[int, TensorName] = {}

    def part(self, value: Value) -> Frame:
        """Return a column of the answer; one that is passed on stays what it is."""
        if isinstance(value, Cell) and value.op == "Column":
            return self._frame.select([value.args[0]])
        text = self._is_text(value)
        tensor = self._texts(value) if text else self._number(value)
        if not isinstance(value, Cell):
            rows = self._graph.op("Shape", self._column(0))
            tensor = self._graph.op("Expand", tensor, rows)
        return Frame.of(tensor, 1, is_string=text)

    def _is_text(self, value: Value) -> bool:
        if not isinstance(value, Cell):
            return isinstance(value, str)
        if value.op == "Column":
            return bool(self._frame.string_columns[value.args[0]])
        if value.op != "Where":
            return False
        sides = [each for each in value.args[1:] if isinstance(each, Cell) or not is_missing(each)]
        kinds = {self._is_text(each) for each in sides}
        if len(kinds) > 1:
            message = "it answers a string for some rows and a number for others"
            raise UntraceableError(message)
        return kinds.pop()

    def _texts(self, value: Value) -> TensorName:
        """Return strings, [N, 1] or, of a constant, [1, 1]."""
        if not isinstance(value, Cell):
            content = value if isinstance(value, str) else MISSING_STRING
            return self._graph.operand(np.array([[content]], dtype=object))
        if value.op == "Column":
            return self._column(value.args[0])
        return self._once(value, lambda: self._choice(value, self._texts))

    def _number(self, value: Value) -> TensorName:
        """Return doubles, [N, 1] or, of a constant, [1, 1]."""
        if not isinstance(value, Cell):
            if is_missing(value):
                value = np.nan
            if not isinstance(value, NUMBERS):
                message = f"it computes with the string {value!r}"
                raise UntraceableError(message)
            return self._graph.operand(np.array([[value]], dtype=np.float64))
        return self._once(value, lambda: self._numeric_node(value))

    def _once(self, value: Cell, make: Callable[[], TensorName]) -> TensorName:
        if value.key not in self._made:
            self._made[value.key] = make()
        return self._made[value.key]

    def _choice(self, value: Cell, of: Callable[[Value], TensorName]) -> TensorName:
        condition, yes, no = value.args
        return self._graph.op("Where", self._truth(condition), of(yes), of(no))

    def _truth(self, value: Cell) -> TensorName:
        """Return which rows a comparison is true of, bool [N, 1]."""
        return self._once(value, lambda: self._comparison(value))

    def _comparison(self, value: Cell) -> TensorName:
        if value.op == "Missing":
            return self._missing(value.args[0])
        if value.op == "Not":
            return self._graph.op("Not", self._truth(value.args[0]))
        texts = {self._is_text(each) for each in value.args}
        if texts == {True, False} or (texts == {True} and value.op != "Equal"):
            message = "it compares strings otherwise than whether one is another"
            raise UntraceableError(message)
        of = self._texts if texts == {True} else self._compared
        return self._graph.op(value.op, *[of(each) for each in value.args])

    def _missing(self, column: int) -> TensorName:
        tensor = self._column(column)
        if self._frame.string_columns[column]:
            return self._graph.op("Equal", tensor, np.array([[MISSING_STRING]], dtype=object))
        return self._graph.op("IsNaN", tensor)

    def _compared(self, value: Value) -> TensorName:
        """Return a number that is only compared, which any dtype is as it is."""
        if isinstance(value, Cell) and value.op == "Column":
            return self._column(value.args[0])
        return self._number(value)

    def _numeric_node(self, value: Cell) -> TensorName:
        graph = self._graph
        if value.op == "Column":
            self._check(value.args[0])
            return self._column(value.args[0])
        if value.op in COMPARISONS:
            return graph.cast(self._comparison(value), np.float64)
        if value.op == "Where":
            return self._choice(value, self._compared)
        if value.op in ("FloorDiv", "Mod"):
            return self._division(value)
        return self._computed(value, *[self._number(each) for each in value.args])

    def _computed(self, value: Cell, *args: TensorName) -> TensorName:
        """Return a number that is one operator of others, or numpy's function of one."""
        graph = self._graph
        if value.op in _NODES:
            return graph.op(value.op, *args)
        if value.op == "Pow":
            graph.exact = False
            root = isinstance(value.args[1], float) and value.args[1] == _HALF
            return graph.op("Sqrt", args[0]) if root else graph.op("Pow", *args)
        build, exact = self._functions[value.op]
        graph.exact = graph.exact and exact
        return build(graph, args[0])

    def _division(self, value: Cell) -> TensorName:
        """Return what `//` or `%` answers, computed as numpy does, of a number that is not 0."""
        dividend, divisor = value.args
        if isinstance(divisor, (Cell, str)) or not divisor:
            message = "it divides by what may be 0, with // or %"
            raise UntraceableError(message)
        graph, by = self._graph, np.array([[divisor]], dtype=np.float64)
        x = self._number(dividend)
        left = graph.op("Mod", x, by, fmod=1)
        differs = graph.op("Greater" if divisor < 0 else "Less", left, 0.0)
        zero = graph.op("Equal", left, 0.0)
        if value.op == "Mod":
            left = graph.op("Where", differs, graph.op("Add", left, by), left)
            return graph.op("Where", graph.op("Not", zero), left, np.copysign(0.0, divisor))
        whole = graph.op("Div", graph.op("Sub", x, left), by)
        whole = graph.op("Where", differs, graph.op("Sub", whole, 1.0), whole)
        floor = graph.op("Floor", whole)
        off = graph.op("Greater", graph.op("Sub", whole, floor), 0.5)
        floor = graph.op("Where", off, graph.op("Add", floor, 1.0), floor)
        signed = graph.op("Mul", graph.op("Div", x, by), 0.0)
        return graph.op("Where", graph.op("Not", graph.op("Equal", whole, 0.0)), floor, signed)

    def _check(self, column: int) -> None:
        """Refuse to compute with what is not computed as doubles are."""
        if self._frame.string_columns[column]:
            message = "it computes with strings"
            raise UntraceableError(message)
        dtype = self._frame.dtypes[column]
        if dtype is not None and dtype not in (np.float64, np.int64):
            message = (
                f"it computes with {dtype.name}, not as with doubles; make float64 of the column, "
                "with astype(float), before the fit"
            )
            raise UntraceableError(message)

    def _column(self, index: int) -> TensorName:
        """Return a column of the frame, [N, 1]."""
        if index not in self._columns:
            column = self._frame.select([index])
            text = self._frame.string_columns[index]
            tensor = self._graph.string(column, None) if text else self._graph.numeric(column, None)
            self._columns[index] = tensor
        return self._columns[index]
