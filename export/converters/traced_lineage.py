"""What rounded the columns that a function of the user's own answers (`export.converters.lineage`).

A column is made of exact operations alone, or rises with a number that is: then the tensor of that
number is the column's origin.
"""

from collections.abc import Callable, Mapping

import numpy as np

from export.converters.cells import Cell, Key, Value
from export.converters.graph import Graph
from export.converters.origins import Origin
from export.converters.rising import source_of
from export.converters.values import Block, Frame, TensorName

_ROUNDED = frozenset(("Parsed", "Pow", "Rounded"))
"""Operations, other than numpy's functions, that libraries round differently."""


class TracedLineage:
    """Knows what the columns are made of that the function is given."""

    def __init__(self, graph: Graph, frame: Frame, exact: Mapping[str, bool]) -> None:
        self._lineage = graph.lineage
        self._rounded = self._lineage.rounded(frame, exact=graph.exact)
        self._origins = self._lineage.origins(frame, self._rounded)
        self._graph = graph
        self._exact_functions = exact
        self._known: dict[Key, bool] = {}

    def remember(self, value: Value, part: Frame, number: Callable[[Value], TensorName]) -> None:
        """Remember it of one column of the answer; `number` returns the tensor of a value."""
        if self._is_exact(value):
            self._lineage.remember_rounded(part, np.array([False]))
            return
        source = source_of(value, self._is_known)
        if source is None:
            return
        origin = self._origins[source.number.args[0]] if not self._is_exact(source.number) else None
        if origin is None:
            tensor = number(source.number)
            tensor = self._graph.op("Neg", tensor) if source.opposite else tensor
            origin = Origin(Block(tensor, 1, is_string=False))
        elif source.opposite:
            return
        self._lineage.remember_origins(part, [origin.through(source.step, 0)])

    def _is_known(self, value: Cell) -> bool:
        """Tell whether a value is exact, or a column whose origin is known."""
        of_column = value.op == "Column" and self._origins[value.args[0]] is not None
        return of_column or self._is_exact(value)

    def _is_exact(self, value: Value) -> bool:
        if not isinstance(value, Cell):
            return True
        if value.op in ("Column", "Missing"):
            return value.op == "Missing" or not self._rounded[value.args[0]]
        if value.key not in self._known:
            exact = value.op not in _ROUNDED and self._exact_functions.get(value.op, True)
            self._known[value.key] = exact and all(map(self._is_exact, value.args))
        return self._known[value.key]
