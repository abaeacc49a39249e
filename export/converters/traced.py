"""A function of the user's own as nodes of the graph, from what `tracing` found of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from export.converters.cells import (
    NUMBERS,
    TEXT,
    TRUTH,
    Cell,
    Key,
    UntraceableError,
    Value,
    is_missing,
)
from export.converters.graph import Graph
from export.converters.operations import dtype_of, is_text
from export.converters.traced_lineage import TracedLineage
from export.converters.traced_patterns import OF_PATTERNS
from export.converters.traced_texts import OF_TEXTS, TextNode
from export.converters.tracing import Traced
from export.converters.values import Frame, TensorName
from runtime.manifest import MISSING_STRING

Build = Callable[..., TensorName]

_OF_TEXTS = OF_TEXTS | OF_PATTERNS
_HALF = 0.5
_NODES = frozenset(("Add", "Sub", "Mul", "Div", "Neg", "Abs", "Floor", "Ceil"))
_COMPARING = frozenset(("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"))
_SIGNED_ZEROS = frozenset(("Mul", "Neg", "Div", "FloorDiv", "Mod", "Whole"))
"""What makes -0.0 of whole numbers, which have no such number."""


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
    dtypes = [
        _dtype(dtype, text) for dtype, text in zip(frame.dtypes, frame.string_columns, strict=True)
    ]
    values, framed = Traced(function, names, frame.absent, dtypes).values()
    if not values:
        message = "it answers no columns"
        raise UntraceableError(message)
    nodes = _Nodes(graph, frame, functions)
    answer = Frame.concat([nodes.part(value) for value in values])
    return answer if framed else answer.as_array()


def _dtype(dtype: Any, text: bool) -> Any:
    if text:
        return dtype if isinstance(dtype, pd.StringDtype) else TEXT
    return np.dtype(np.float64) if dtype is None else dtype


class _Nodes:
    """Makes nodes of values, each of which is made once."""

    def __init__(
        self, graph: Graph, frame: Frame, functions: Mapping[str, tuple[Build, bool]]
    ) -> None:
        self._graph = graph
        self._frame = frame
        self._functions = functions
        exact = {name: is_exact for name, (_, is_exact) in functions.items()}
        self._lineage = TracedLineage(graph, frame, exact)
        self._made: dict[Key, TensorName] = {}
        self._columns: dict[int, TensorName] = {}

    def part(self, value: Value) -> Frame:
        """Return a column of the answer; one that is passed on stays what it is."""
        if isinstance(value, Cell) and value.op == "Column":
            return self._frame.select([value.args[0]])
        text = is_text(value)
        tensor = self._texts(value) if text else self._number(value)
        if not isinstance(value, Cell):
            rows = self._graph.op("Shape", self._column(0))
            tensor = self._graph.op("Expand", tensor, rows)
        dtype = dtype_of([value])
        dtypes = () if text or dtype == np.float64 else (dtype,)
        absent = (self._marker(value),) if text else ()
        part = Frame.of(tensor, 1, is_string=text, absent=absent, dtypes=dtypes)
        self._lineage.remember(value, part, self._number)
        return part

    def _marker(self, value: Value) -> Any:
        """Return what stands for a missing string: as in the column that a value is made of."""
        if not isinstance(value, Cell):
            return value if is_missing(value) else np.nan
        if value.op == "Column":
            return self._frame.absent[value.args[0]]
        sides = value.args[1:] if value.op == "Where" else value.args
        cells = [each for each in sides if isinstance(each, Cell) and is_text(each)]
        gone = [each for each in sides if not isinstance(each, Cell) and is_missing(each)]
        return self._marker(cells[0]) if cells else (*gone, np.nan)[0]

    def _texts(self, value: Value) -> TensorName:
        """Return strings, [N, 1] or, of a constant, [1, 1]."""
        if not isinstance(value, Cell):
            if not isinstance(value, str) and not is_missing(value):
                message = "it answers a string for some rows and a number for others"
                raise UntraceableError(message)
            content = value if isinstance(value, str) else MISSING_STRING
            return self._graph.operand(np.array([[content]], dtype=object))
        if value.op == "Column" and value.dtype == TEXT:
            return self._column(value.args[0])
        if value.dtype != TEXT:
            message = "it answers a string for some rows and a number for others"
            raise UntraceableError(message)
        return self._once(value, lambda: self._text_node(value))

    def _text_node(self, value: Cell) -> TensorName:
        graph = self._graph
        if value.op == "Where":
            return self._choice(value, self._texts)
        if value.op == "Join":
            return graph.op("StringConcat", *map(self._texts, value.args))
        if value.op == "Digits":
            whole = graph.cast(self._number(value.args[0]), np.int64)
            return graph.op("Cast", whole, to=8)
        return self._of_text(value)

    def _of_text(self, value: Cell) -> TensorName:
        """Return what a method of strings answers."""
        source, (arrow, *settings) = value.args
        node = TextNode(self._graph, self._texts(source), arrow)
        return _OF_TEXTS[value.op](node, *settings)

    def _number(self, value: Value) -> TensorName:
        """Return doubles, [N, 1] or, of a constant, [1, 1]."""
        if not isinstance(value, Cell):
            if is_missing(value):
                value = np.nan
            if not isinstance(value, NUMBERS):
                message = f"it computes with the string {value!r}"
                raise UntraceableError(message)
            return self._graph.operand(np.array([[value]], dtype=np.float64))
        if is_text(value):
            message = "it answers a string for some rows and a number for others"
            raise UntraceableError(message)
        return self._once(value, lambda: self._numeric_node(value))

    def _once(self, value: Cell, make: Callable[[], TensorName]) -> TensorName:
        if value.key not in self._made:
            self._made[value.key] = make()
        return self._made[value.key]

    def _choice(self, value: Cell, of: Callable[[Value], TensorName]) -> TensorName:
        condition, yes, no = value.args
        return self._graph.op("Where", self._truth(condition), of(yes), of(no))

    def _chosen_number(self, value: Cell) -> TensorName:
        """Choose one of two numbers; ONNX Runtime's Where keeps -0.0 only in its last operand."""
        graph, (condition, yes, no) = self._graph, value.args
        if not (isinstance(yes, Cell) or _is_negative_zero(yes)):
            return self._choice(value, self._number)
        if not (isinstance(no, Cell) or _is_negative_zero(no)):
            opposite = self._opposite(self._truth(condition))
            return graph.op("Where", opposite, self._number(no), self._number(yes))
        place = graph.cast(self._truth(condition), np.int64)
        pair = graph.concat(
            [graph.op("Expand", self._number(each), graph.op("Shape", place)) for each in (no, yes)]
        )
        return graph.op("GatherElements", pair, place, axis=1)

    def _truth(self, value: Cell) -> TensorName:
        """Return which rows something is true of, bool [N, 1]."""
        if value.op in ("Where", "Column", "Same"):
            number = self._number(value)
            return self._opposite(self._graph.op("Equal", number, 0.0))
        key = ("truth", value.key)
        if key not in self._made:
            self._made[key] = self._comparison(value)
        return self._made[key]

    def _comparison(self, value: Cell) -> TensorName:
        graph = self._graph
        if value.op == "Missing":
            return self._missing(value.args[0])
        if value.op == "IsAbsent":
            marker = np.array([[MISSING_STRING]], dtype=object)
            return graph.op("Equal", self._texts(value.args[0]), marker)
        if value.op == "IsNaN":
            return graph.op("IsNaN", self._number(value.args[0]))
        if value.op in ("Not", "And", "Or"):
            truths = map(self._truth, value.args)
            return self._opposite(*truths) if value.op == "Not" else graph.op(value.op, *truths)
        if value.op in _COMPARING:
            of = self._texts if any(map(is_text, value.args)) else self._number
            return graph.op(value.op, *map(of, value.args))
        if value.op in _OF_TEXTS:
            return self._of_text(value)
        message = f"it computes {value.op} of yes and no"
        raise UntraceableError(message)

    def _missing(self, column: int) -> TensorName:
        tensor = self._column(column)
        if self._frame.string_columns[column]:
            return self._graph.op("Equal", tensor, np.array([[MISSING_STRING]], dtype=object))
        return self._graph.op("IsNaN", tensor)

    def _numeric_node(self, value: Cell) -> TensorName:
        graph = self._graph
        if value.op == "Column":
            return self._column(value.args[0])
        if value.op == "Where":
            return self._chosen_number(value)
        if value.op in _OF_TEXTS and value.dtype != TRUTH:
            graph.exact = graph.exact and value.op != "Parsed"
            return self._of_text(value)
        if value.dtype == TRUTH and value.op != "Same":
            return graph.cast(self._truth(value), np.float64)
        if value.op in ("FloorDiv", "Mod"):
            answer = self._division(value)
        elif value.op == "Add" and any(_is_positive_zero(each) for each in value.args):
            # ONNX Runtime takes it for nothing to add, but of -0.0 it makes 0.0.
            one, other = value.args
            answer = self._number(other if _is_positive_zero(one) else one)
            answer = graph.op("Where", graph.op("Equal", answer, 0.0), 0.0, answer)
        else:
            answer = self._computed(value, *[self._number(each) for each in value.args])
        if value.dtype.kind in "iu" and value.op in _SIGNED_ZEROS:
            answer = graph.op("Where", graph.op("Equal", answer, 0.0), 0.0, answer)
        return answer

    def _computed(self, value: Cell, *args: TensorName) -> TensorName:
        """Return a number that is one operation of others, or numpy's function of them."""
        graph = self._graph
        if value.op in _NODES:
            return graph.op(value.op, *args)
        if value.op in ("Same", "Rounded"):
            graph.exact = graph.exact and value.op == "Same"
            return args[0]
        if value.op == "Single":
            return graph.as_float32(args[0])
        if value.op == "Whole":
            return self._whole(args[0])
        if value.op == "Pow":
            graph.exact = False
            root = isinstance(value.args[1], float) and value.args[1] == _HALF
            return graph.op("Sqrt", args[0]) if root else graph.op("Pow", *args)
        if value.op not in self._functions:
            message = f"it calls numpy's {value.op}, which is none of those that are followed"
            raise UntraceableError(message)
        build, exact = self._functions[value.op]
        graph.exact = graph.exact and exact
        return build(graph, *args)

    def _whole(self, x: TensorName) -> TensorName:
        """Cut off what is behind the point, as numpy does here with numbers beyond 2^63, too."""
        with np.errstate(invalid="ignore"):
            gone, most, least = np.array([np.nan, np.inf, -np.inf]).astype(np.int64)
        graph = self._graph
        build, _ = self._functions["trunc"]
        answer = graph.op("Where", graph.op("IsNaN", x), float(gone), build(graph, x))
        beyond = graph.op("GreaterOrEqual", x, 2.0**63)
        answer = graph.op("Where", beyond, float(most), answer)
        return graph.op("Where", graph.op("Less", x, -(2.0**63)), float(least), answer)

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
            return graph.op("Where", self._opposite(zero), left, np.copysign(0.0, divisor))
        whole = graph.op("Div", graph.op("Sub", x, left), by)
        whole = graph.op("Where", differs, graph.op("Sub", whole, 1.0), whole)
        floor = graph.op("Floor", whole)
        off = graph.op("Greater", graph.op("Sub", whole, floor), 0.5)
        floor = graph.op("Where", off, graph.op("Add", floor, 1.0), floor)
        signed = graph.op("Mul", graph.op("Div", x, by), 0.0)
        return graph.op("Where", self._opposite(graph.op("Equal", whole, 0.0)), floor, signed)

    def _opposite(self, condition: TensorName) -> TensorName:
        """Return the opposite of a condition, for choosing by it.

        Of Not and Where, ONNX Runtime makes a Where with its sides exchanged, which loses -0.0.
        """
        return self._graph.op("Xor", condition, np.array([[True]]))

    def _column(self, index: int) -> TensorName:
        """Return a column of the frame, [N, 1]."""
        if index not in self._columns:
            column = self._frame.select([index])
            text = self._frame.string_columns[index]
            tensor = self._graph.string(column, None) if text else self._graph.numeric(column, None)
            self._columns[index] = tensor
        return self._columns[index]


def _is_negative_zero(value: Value) -> bool:
    return isinstance(value, NUMBERS) and value == 0 and bool(np.signbit(value))


def _is_positive_zero(value: Value) -> bool:
    return isinstance(value, NUMBERS) and value == 0 and not np.signbit(value)
