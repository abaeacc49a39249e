"""The methods of strings as nodes of the graph: each takes strings [N, 1], and answers [N, 1].

What a character becomes, and which characters are of a class, is asked of pandas, which knows
Unicode as Python does or, of a column of strings in Arrow, as Arrow.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from export.converters.cells import UntraceableError
from export.converters.graph import Graph
from export.converters.letters import final_sigmas, joined, replaced_characters
from export.converters.patterns import (
    CODE_POINTS,
    PatternError,
    character_class,
    extraction,
    finding,
    run_of,
    searching,
)
from export.converters.tokens import characters, closed, is_empty, lookup, matches, text
from export.converters.values import TensorName
from runtime.manifest import MISSING_STRING

_CUT_BYTES = 200
"""What cutting and joining take for a character (docs/exactness.md)."""
_NUMBER = r"\s*[+-]?(\d{1,99}\.?\d{0,99}|\.\d{1,99})([eE][+-]?0*(\d{1,2}|1\d\d))?\s*"
"""Up to 1e298 and down to 1e-298: by what no double holds ONNX Runtime fails."""
_SIGMA = "\u03a3"
_CASES_OF_I = frozenset("iI\u0130\u0131")


@dataclass(frozen=True)
class TextNode:
    """Strings of a graph, and whether pandas asks Arrow about them."""

    graph: Graph
    texts: TensorName
    arrow: bool

    def letters(self) -> TensorName:
        """Return the characters of each string, [N, most + 1], then ""."""
        self.graph.takes(character=_CUT_BYTES)
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


def _case(node: TextNode, method: str) -> TensorName:
    graph, letters = node.graph, node.letters()
    if method in ("title", "capitalize"):
        begins = _begins(node, letters, method)
        first = replaced_characters(graph, letters, _cases(method, node.arrow)[0])
        return node.joined(graph.op("Where", begins, first, _small(node, letters, "lower")))
    return node.joined(_small(node, letters, method))


def _small(node: TextNode, letters: TensorName, method: str) -> TensorName:
    """Return what a method makes of letters, whatever is beside them but for the capital sigma."""
    table, sigmas = _cases(method, node.arrow)
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
    inner = lookup(graph, letters, dict.fromkeys(_within_words(node.arrow), 1), 0)
    before = graph.op("Pad", inner, np.array([0, 1, 0, -1]), np.array(0))
    return graph.op("Equal", before, np.array(0))


def _of_class(node: TextNode, method: str) -> TensorName:
    pattern = f"{_class(method, node.arrow)}+"
    return node.there(node.graph.op("RegexFullMatch", node.texts, pattern=pattern))


def _strip(node: TextNode, strip: str | None, left: bool, right: bool) -> TensorName:
    graph, letters = node.graph, node.letters()
    chosen = np.zeros(CODE_POINTS, dtype=np.bool_)
    chosen[[ord(c) for c in (_white(node.arrow) if strip is None else strip)]] = True
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


def _lengths(graph: Graph, letters: TensorName) -> TensorName:
    """Return how many of the letters [N, most] are not "", [N, 1]."""
    there = graph.cast(graph.op("Not", is_empty(graph, letters)), np.int64)
    return graph.op("ReduceSum", there, np.array([1]), keepdims=1)


def _places(graph: Graph, letters: TensorName) -> TensorName:
    """Return the place of each letter, [1, most]."""
    width = graph.op("Gather", graph.op("Shape", letters), np.array(1))
    return graph.reshape(graph.op("Range", np.array(0), width, np.array(1)), 1, -1)


def _length(node: TextNode) -> TensorName:
    return node.number(_lengths(node.graph, node.letters()))


def _within(node: TextNode, letters: TensorName, start: int, stop: int | None) -> TensorName:
    """Return the letters from one place to another, which may be counted from the end."""
    graph, places = node.graph, _places(node.graph, letters)
    length = _lengths(graph, letters)

    def place(number: int) -> Any:
        if number >= 0:
            return np.array([[number]])
        return graph.op("Max", graph.op("Add", length, np.array([[number]])), np.array([[0]]))

    inside = graph.op("GreaterOrEqual", places, place(start))
    if stop is not None:
        inside = graph.op("And", inside, graph.op("Less", places, place(stop)))
    return graph.op("Where", inside, letters, text(""))


def _slice(node: TextNode, start: int, stop: int | None) -> TensorName:
    return node.joined(_within(node, node.letters(), start, stop))


def _at(node: TextNode, place: int) -> TensorName:
    """Return one character; where there is none, nothing."""
    letters = node.letters()
    found = _picked(node.graph, letters, _lengths(node.graph, letters), place)
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
    graph.takes(character=_CUT_BYTES)
    flat = graph.reshape(node.texts, -1)
    if separator is None:
        white = np.zeros(CODE_POINTS, dtype=np.bool_)
        white[[ord(c) for c in _white(node.arrow)]] = True
        pieces = closed(graph, matches(graph, flat, f"{character_class(~white)}+"))
        return pieces, _lengths(graph, pieces)
    pieces, counts = graph.ops("StringSplit", flat, outputs=2, delimiter=separator)
    empty = graph.op("Equal", node.texts, text(""))
    counted = graph.op("Where", empty, np.array(1), graph.reshape(counts, -1, 1))
    return closed(graph, pieces), counted


def _piece(node: TextNode, separator: str | None, place: int) -> TensorName:
    pieces, count = _split(node, separator)
    return node.kept(_picked(node.graph, pieces, count, place))


def _piece_count(node: TextNode, separator: str | None) -> TensorName:
    return node.number(_split(node, separator)[1])


def _occurrences(node: TextNode, pattern: str, flags: int) -> TensorName:
    """Return how often a pattern is found."""
    try:
        found = finding(pattern, flags)
    except PatternError as error:
        message = f"it counts the pattern {pattern!r} in strings, which has no exact form: {error}"
        raise UntraceableError(message) from error
    graph = node.graph
    graph.takes(character=_CUT_BYTES)
    pieces = closed(graph, matches(graph, graph.reshape(node.texts, -1), found))
    return node.number(_lengths(graph, pieces))


def _replace_runs(node: TextNode, pattern: str, new: str) -> TensorName:
    """Replace characters of a class, each by itself or all that are side by side."""
    try:
        one, together = run_of(pattern)
    except PatternError as error:
        message = f"it replaces the pattern {pattern!r} in strings, which has no exact form: "
        raise UntraceableError(f"{message}{error}") from error
    if "\\" in new:
        message = "it replaces parts of strings by what was found there, with a \\ in what comes "
        raise UntraceableError(f"{message}in their place")
    graph = node.graph
    graph.takes(character=_CUT_BYTES)
    chosen, others = character_class(one), character_class(~one)
    cut = f"{chosen}{'+' if together else ''}|{others}+"
    pieces = closed(graph, matches(graph, graph.reshape(node.texts, -1), cut))
    found = graph.op("RegexFullMatch", pieces, pattern=f"{chosen}+")
    return node.joined(graph.op("Where", found, text(new), pieces))


def _replace(node: TextNode, old: str, new: str) -> TensorName:
    graph = node.graph
    pieces, count = _split(node, old)
    before_last = graph.op("Less", _places(graph, pieces), graph.op("Sub", count, np.array(1)))
    between = graph.op("Where", before_last, text(new), text(""))
    return node.joined(graph.op("StringConcat", pieces, between))


def _matches(node: TextNode, how: str, *settings: Any) -> TensorName:
    arrow = node.arrow
    if how == "contains":
        wanted, case, flags, literal = settings
        if literal and not case and (flags or not arrow):  # Python compares capitals
            capitals = TextNode(node.graph, node.texts, arrow=False)
            node = TextNode(node.graph, _case(capitals, "upper"), arrow=False)
            settings = wanted.upper(), True, 0, True
    pattern = _any_case(how, settings) if arrow else None
    pattern = pattern or _pattern(how, settings)
    return node.there(node.graph.op("RegexFullMatch", node.texts, pattern=pattern))


def _any_case(how: str, settings: Any) -> str | None:
    """Return the pattern of strings that Arrow finds in any case; None where it is as Python's.

    To Python a dotted I and one without a dot are cases of i, too; to RE2, which is Arrow's, not.
    """
    if how not in ("contains", "match", "fullmatch"):
        return None
    pattern, case, flags, literal = settings
    if case or flags or not (set(pattern) & _CASES_OF_I or (not literal and "[" in pattern)):
        return None
    if not literal and re.escape(pattern).replace("\\ ", " ") != pattern:
        message = (
            f"it looks for the pattern {pattern!r} in any case, of which Arrow and Python know "
        )
        raise UntraceableError(f"{message}other ones; look for small letters in .str.lower()")
    before = "(?s:.*)" if how == "contains" else ""
    after = "" if how == "fullmatch" else "(?s:.*)"
    return f"{before}(?i:{_literally(pattern)}){after}"


def _pattern(how: str, settings: Any) -> str:
    """Return the RE2 pattern of strings that are found."""
    if how in ("startswith", "endswith"):
        ways = "|".join(map(_literally, settings))
        return f"(?s:(?:{ways}).*)" if how == "startswith" else f"(?s:.*(?:{ways}))"
    pattern, case, flags, literal = settings
    if literal and case:
        return f"(?s:.*{_literally(pattern)}.*)"
    if literal:
        pattern = re.escape(pattern)
    try:
        return searching(pattern, flags | (0 if case else re.IGNORECASE), how)
    except PatternError as error:
        message = f"it looks for the pattern {pattern!r} in strings, which has no exact form: "
        raise UntraceableError(f"{message}{error}") from error


def _extract(node: TextNode, pattern: str, flags: int) -> TensorName:
    try:
        found, before, after = extraction(pattern, flags)
    except PatternError as error:
        message = f"it extracts the pattern {pattern!r} of strings, which has no exact form: "
        raise UntraceableError(f"{message}{error}") from error
    graph = node.graph
    node.graph.takes(character=_CUT_BYTES)
    first = graph.column(closed(graph, matches(graph, graph.reshape(node.texts, -1), found)), 0)
    inner = TextNode(graph, first, node.arrow)
    group = inner.joined(_within(inner, inner.letters(), before, -after or None))
    gone = is_empty(graph, first)
    return node.kept(graph.op("Where", gone, text(MISSING_STRING), group))


def _parsed(node: TextNode) -> TensorName:
    graph = node.graph
    number = graph.op("RegexFullMatch", node.texts, pattern=_NUMBER)
    return graph.op("Cast", graph.op("Where", number, node.texts, text("nan")), to=11)


def _literally(value: str) -> str:
    return "".join(rf"\x{{{ord(character):X}}}" for character in value)


@functools.cache
def _cases(method: str, arrow: bool) -> tuple[dict[str, str], bool]:
    """Return what characters become, and whether a final sigma is told from another."""
    became = getattr(_series(_characters(), arrow).str, method)()
    table = dict(zip(_characters(), became, strict=True))
    word = getattr(_series((f"A{_SIGMA}",), arrow).str, method)().iloc[0]
    return {a: b for a, b in table.items() if a != b}, word.endswith("\u03c2")


@functools.cache
def _within_words(arrow: bool) -> tuple[str, ...]:
    """Return the characters behind which `title` makes no capitals."""
    titled = _series(tuple(f"{c}a" for c in _characters()), arrow).str.title()
    return tuple(c for c, word in zip(_characters(), titled, strict=True) if word.endswith("a"))


@functools.cache
def _class(method: str, arrow: bool) -> str:
    chosen = np.zeros(CODE_POINTS, dtype=np.bool_)
    of_it = getattr(_series(_characters(), arrow).str, method)()
    chosen[[ord(c) for c, yes in zip(_characters(), of_it, strict=True) if yes]] = True
    return character_class(chosen)


@functools.cache
def _white(arrow: bool) -> tuple[str, ...]:
    left = _series(_characters(), arrow).str.strip()
    return tuple(c for c, rest in zip(_characters(), left, strict=True) if not rest)


@functools.cache
def _characters() -> tuple[str, ...]:
    """Return all that may be in a string: Arrow knows letters that are too new for Python."""
    every = map(chr, range(CODE_POINTS))
    return tuple(c for c in every if unicodedata.category(c) != "Cs")


def _series(values: tuple[str, ...], arrow: bool) -> Any:
    dtype: Any = pd.StringDtype("pyarrow", na_value=np.nan) if arrow else object
    return pd.Series(list(values), dtype=dtype)


OF_TEXTS: dict[str, Callable[..., TensorName]] = {
    "Case": _case,
    "IsOfClass": _of_class,
    "Strip": _strip,
    "Length": _length,
    "Slice": _slice,
    "At": _at,
    "Piece": _piece,
    "PieceCount": _piece_count,
    "Occurrences": _occurrences,
    "Replace": _replace,
    "ReplaceRuns": _replace_runs,
    "Matches": _matches,
    "Extract": _extract,
    "Parsed": _parsed,
}
"""Operations on strings, and their nodes."""
