"""The methods of strings as nodes of the graph: each takes strings [N, 1], and answers [N, 1].

What a character becomes, and which characters are of a class, is asked of pandas, which knows
Unicode as Python does or, of a column of strings in Arrow, as Arrow.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from export.converters.characters import cases, class_of, white_space, within_words
from export.converters.graph import Graph
from export.converters.letters import final_sigmas, joined, replaced_characters
from export.converters.patterns import (
    CODE_POINTS,
    character_class,
)
from export.converters.tokens import characters, closed, is_empty, lookup, matches, text
from export.converters.values import TensorName
from runtime.manifest import MISSING_STRING

CUT_BYTES = 200
"""What cutting and joining take for a character (docs/exactness.md)."""
_NUMBER = r"\s*[+-]?(\d{1,99}\.?\d{0,99}|\.\d{1,99})([eE][+-]?0*(\d{1,2}|1\d\d))?\s*"
"""Up to 1e298 and down to 1e-298: by what no double holds ONNX Runtime fails."""


@dataclass(frozen=True)
class TextNode:
    """Strings of a graph, and whether pandas asks Arrow about them."""

    graph: Graph
    texts: TensorName
    arrow: bool

    def letters(self) -> TensorName:
        """Return the characters of each string, [N, most + 1], then ""."""
        self.graph.takes(character=CUT_BYTES)
        return closed(self.graph, characters(self.graph, self.graph.reshape(self.texts, -1)))

    def joined(self, letters: TensorName) -> TensorName:
        """Join characters to strings, but for those that are missing."""
        return self.kept(self.graph.reshape(joined(self.graph, letters), -1, 1))

    def kept(self, answer: TensorName) -> TensorName:
        """Return an answer, but what is missing where the string is."""
        return self.graph.op("Where", self.absent(), text(MISSING_STRING), answer)

    def absent(self) -> TensorName:
        """Tell which strings are missing, [N, 1]."""
        return self.graph.op("Equal", self.texts, text(MISSING_STRING))

    def there(self, answer: TensorName) -> TensorName:
        """Return what is true of strings, and never of a missing one."""
        return self.graph.op("And", answer, self.graph.op("Not", self.absent()))

    def number(self, answer: TensorName) -> TensorName:
        """Return a number [N, 1] of whole ones [N], NaN where the string is missing."""
        whole = self.graph.reshape(self.graph.cast(answer, np.float64), -1, 1)
        return self.graph.op("Where", self.absent(), np.nan, whole)


def in_case(node: TextNode, method: str) -> TensorName:
    """Return strings in small letters, in capitals, or with some at the beginning of words."""
    graph, letters = node.graph, node.letters()
    if method in ("title", "capitalize"):
        begins = _begins(node, letters, method)
        first = replaced_characters(graph, letters, cases(method, node.arrow)[0])
        return node.joined(graph.op("Where", begins, first, _small(node, letters, "lower")))
    return node.joined(_small(node, letters, method))


def _small(node: TextNode, letters: TensorName, method: str) -> TensorName:
    """Return what a method makes of letters, whatever is beside them but for the capital sigma."""
    table, sigmas = cases(method, node.arrow)
    mapped = replaced_characters(node.graph, letters, table)
    if sigmas:
        ends = final_sigmas(node.graph, letters)
        mapped = node.graph.op("Where", ends, text("\u03c2"), mapped)
    return mapped


def _begins(node: TextNode, letters: TensorName, method: str) -> TensorName:
    """Tell which letters begin a word, of which `title` makes capitals; or the whole string."""
    graph, places = node.graph, _places(node.graph, letters)
    if method == "capitalize":
        return graph.op("Equal", places, np.array([[0]]))
    inner = lookup(graph, letters, dict.fromkeys(within_words(node.arrow), 1), 0)
    before = graph.op("Pad", inner, np.array([0, 1, 0, -1]), np.array(0))
    return graph.op("Equal", before, np.array(0))


def _of_class(node: TextNode, method: str) -> TensorName:
    pattern = f"{class_of(method, node.arrow)}+"
    return node.there(node.graph.op("RegexFullMatch", node.texts, pattern=pattern))


def _strip(node: TextNode, strip: str | None, left: bool, right: bool) -> TensorName:
    graph, letters = node.graph, node.letters()
    chosen = np.zeros(CODE_POINTS, dtype=np.bool_)
    chosen[[ord(c) for c in (white_space(node.arrow) if strip is None else strip)]] = True
    off = graph.op("RegexFullMatch", letters, pattern=character_class(chosen))
    off = graph.op("Or", off, is_empty(graph, letters))
    kept = graph.cast(graph.op("Not", off), np.int64)
    outside = [
        graph.op("Equal", graph.op("CumSum", kept, np.array(1), reverse=int(reverse)), 0)
        for reverse, wanted in ((False, left), (True, right))
        if wanted
    ]
    gone = functools.reduce(lambda one, other: graph.op("Or", one, other), outside)
    return node.joined(graph.op("Where", gone, text(""), letters))


def lengths(graph: Graph, letters: TensorName) -> TensorName:
    """Return how many of the letters [N, most] are not "", [N, 1]."""
    there = graph.cast(graph.op("Not", is_empty(graph, letters)), np.int64)
    return graph.op("ReduceSum", there, np.array([1]), keepdims=1)


def _places(graph: Graph, letters: TensorName) -> TensorName:
    """Return the place of each letter, [1, most]."""
    width = graph.op("Gather", graph.op("Shape", letters), np.array(1))
    return graph.reshape(graph.op("Range", np.array(0), width, np.array(1)), 1, -1)


def _length(node: TextNode) -> TensorName:
    return node.number(lengths(node.graph, node.letters()))


def within(node: TextNode, letters: TensorName, start: int, stop: int | None) -> TensorName:
    """Return the letters from one place to another, which may be counted from the end."""
    graph, places = node.graph, _places(node.graph, letters)
    length = lengths(graph, letters)

    def place(number: int) -> Any:
        if number >= 0:
            return np.array([[number]])
        return graph.op("Max", graph.op("Add", length, np.array([[number]])), np.array([[0]]))

    inside = graph.op("GreaterOrEqual", places, place(start))
    if stop is not None:
        inside = graph.op("And", inside, graph.op("Less", places, place(stop)))
    return graph.op("Where", inside, letters, text(""))


def _slice(node: TextNode, start: int, stop: int | None) -> TensorName:
    return node.joined(within(node, node.letters(), start, stop))


def _at(node: TextNode, place: int) -> TensorName:
    """Return one character; where there is none, nothing."""
    letters = node.letters()
    found = _picked(node.graph, letters, lengths(node.graph, letters), place)
    return node.kept(found)


def _picked(graph: Graph, parts: TensorName, count: TensorName, place: int) -> TensorName:
    """Return one of the first `count` [N, 1] parts [N, most], missing where there is none."""
    wanted: Any = np.array([[place]])
    if place < 0:
        wanted = graph.op("Add", count, wanted)
    is_it = graph.op("Equal", _places(graph, parts), wanted)
    left = graph.op("Where", is_it, parts, text(""))
    found = graph.reshape(joined(graph, left), -1, 1)
    there = graph.op(
        "And", graph.op("Less", wanted, count), graph.op("GreaterOrEqual", wanted, np.array([[0]]))
    )
    return graph.op("Where", there, found, text(MISSING_STRING))


def _split(node: TextNode, separator: str | None) -> tuple[TensorName, TensorName]:
    """Return the pieces of strings, [N, most], then "", and how many there are, [N, 1]."""
    graph = node.graph
    graph.takes(character=CUT_BYTES)
    flat = graph.reshape(node.texts, -1)
    if separator is None:
        white = np.zeros(CODE_POINTS, dtype=np.bool_)
        white[[ord(c) for c in white_space(node.arrow)]] = True
        pieces = closed(graph, matches(graph, flat, f"{character_class(~white)}+"))
        return pieces, lengths(graph, pieces)
    pieces, counts = graph.ops("StringSplit", flat, outputs=2, delimiter=separator)
    empty = graph.op("Equal", node.texts, text(""))
    counted = graph.op("Where", empty, np.array(1), graph.reshape(counts, -1, 1))
    return closed(graph, pieces), counted


def _piece(node: TextNode, separator: str | None, place: int) -> TensorName:
    pieces, count = _split(node, separator)
    return node.kept(_picked(node.graph, pieces, count, place))


def _piece_count(node: TextNode, separator: str | None) -> TensorName:
    return node.number(_split(node, separator)[1])


def _replace(node: TextNode, old: str, new: str) -> TensorName:
    graph = node.graph
    pieces, count = _split(node, old)
    before_last = graph.op("Less", _places(graph, pieces), graph.op("Sub", count, np.array(1)))
    between = graph.op("Where", before_last, text(new), text(""))
    return node.joined(graph.op("StringConcat", pieces, between))


def _parsed(node: TextNode) -> TensorName:
    graph = node.graph
    number = graph.op("RegexFullMatch", node.texts, pattern=_NUMBER)
    return graph.op("Cast", graph.op("Where", number, node.texts, text("nan")), to=11)


OF_TEXTS: dict[str, Callable[..., TensorName]] = {
    "Case": in_case,
    "IsOfClass": _of_class,
    "Strip": _strip,
    "Length": _length,
    "Slice": _slice,
    "At": _at,
    "Piece": _piece,
    "PieceCount": _piece_count,
    "Replace": _replace,
    "Parsed": _parsed,
}
"""Operations on strings, and their nodes."""
