"""Text to tokens, as scikit-learn's vectorizers cut it.

Everything is done with tables made from Python's own: no locale, and no other version of
Unicode. Only cutting a string is left to ONNX Runtime's `Tokenizer`.
"""

import functools
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from export.converters.graph import Graph
from export.converters.patterns import (
    CODE_POINTS,
    PatternError,
    character_class,
    members,
    token_pattern,
)
from export.converters.values import TensorName

SIGMAS = frozenset("\u03c3\u03c2")
"""The small sigma, and the one that ends a word."""
_AS_IT_IS = "\ufdd1"
_WHITE = r"\s"
_SPACED = "(?s)"
_MOST_TURNS = 64


def text(value: str) -> Any:
    """Return a string as a constant tensor."""
    return np.array(value, dtype=object)


def tokenize(graph: Graph, texts: TensorName, pattern: str) -> TensorName:
    """Cut strings [N] into the matches of an RE2 pattern, [N, most + 1], then ""."""
    return _closed(graph, _cut(graph, texts, tokenexp=pattern))


def characters(graph: Graph, texts: TensorName) -> TensorName:
    """Cut strings [N] into their characters, [N, most + 1], then ""."""
    return _closed(graph, _cut(graph, texts, separators=[""]))


def is_empty(graph: Graph, strings: TensorName) -> TensorName:
    """Tell which strings are empty."""
    return graph.op("Equal", strings, text(""))


def preprocess(graph: Graph, step: Any, texts: TensorName, *, sigmas: bool) -> TensorName:
    """Lower the case and strip the accents of texts [N], as far as the vectorizer does.

    `sigmas` says that a final sigma is told from another: where no term has either, it need
    not be.
    """
    strip = _stripper(graph, step)
    if not step.lowercase and strip is None:
        return texts
    letters = characters(graph, texts)
    mapped = _mapped(graph, step, letters, strip)
    if step.lowercase and sigmas and step.strip_accents != "ascii":
        mapped = graph.op("Where", final_sigmas(graph, letters), text("\u03c2"), mapped)
    return joined(graph, mapped)


def words(graph: Graph, step: Any, texts: TensorName) -> TensorName:
    """Return the tokens of texts [N] that are left of stop words, [N, most], then ""."""
    try:
        pattern = token_pattern(step.token_pattern)
    except PatternError as error:
        raise graph.refuse(
            step, f"its token_pattern {step.token_pattern!r} has no exact form: {error}."
        ) from None
    found = tokenize(graph, texts, pattern.find)
    stop_words = step.get_stop_words()
    if pattern.keep is None and not stop_words:
        return found
    dropped = is_empty(graph, found)
    if pattern.keep is not None:
        kept = graph.op("RegexFullMatch", found, pattern=pattern.keep)
        dropped = graph.op("Or", dropped, graph.op("Not", kept))
    if stop_words:
        stopped = _lookup(graph, found, dict.fromkeys(sorted(stop_words), 1), 0)
        dropped = graph.op("Or", dropped, graph.op("Equal", stopped, 1))
    return _closed_up(graph, found, dropped)


def spaced_characters(graph: Graph, texts: TensorName) -> TensorName:
    """Return the characters of texts [N], several white ones being one space: [N, most]."""
    return _with_spaces(graph, texts, f"{character_class(members(_WHITE))}{{2,}}")


def spaced_words(graph: Graph, texts: TensorName) -> TensorName:
    """Return the characters of the words of texts [N], a space around each: [N, most], then "".

    Between two words there is one space; where there is no word, one is all there is.
    """
    apart = graph.op("StringConcat", graph.op("StringConcat", text(" "), texts), text(" "))
    return _with_spaces(graph, apart, f"{character_class(members(_WHITE))}+")


def is_space(graph: Graph, letters: TensorName) -> TensorName:
    """Tell which characters are the space."""
    return graph.op("Equal", letters, text(" "))


def part(graph: Graph, tokens: TensorName, start: int, stop: int | None = None) -> TensorName:
    """Return tokens [N, most] from one place up to another."""
    stop = 2**31 if stop is None else stop
    return graph.op("Slice", tokens, np.array([start]), np.array([stop]), np.array([1]))


def grams(
    graph: Graph,
    tokens: TensorName,
    longest: int,
    separator: str = "",
    ends: TensorName | None = None,
) -> list[TensorName]:
    """Return the runs of 1, 2, ... `longest` tokens [N, most], joined; "" where one ends.

    A run that would go beyond the last token of its text is "", and so is one that would go
    beyond a token of `ends`, at which runs begin and end.
    """
    runs = [tokens]
    beyond: TensorName | None = None
    for length in range(2, longest + 1):
        first = part(graph, runs[-1], 0, -1)
        last = part(graph, tokens, length - 1)
        none = is_empty(graph, last)
        if ends is not None and length > 2:
            inner = part(graph, ends, length - 2, -1)
            beyond = graph.op("Or", part(graph, beyond, 0, -1), inner) if beyond else inner
            none = graph.op("Or", none, beyond)
        if separator:
            first = graph.op("StringConcat", first, text(separator))
        run = graph.op("StringConcat", first, last)
        runs.append(graph.op("Where", none, text(""), run))
    return runs


def _with_spaces(graph: Graph, texts: TensorName, white: str) -> TensorName:
    """Return the characters of texts [N], with one space for what matches `white`."""
    letters = tokenize(graph, texts, f"{_SPACED}{white}|.")
    return graph.op("Where", graph.op("RegexFullMatch", letters, pattern=white), text(" "), letters)


def _cut(graph: Graph, texts: TensorName, **how: Any) -> TensorName:
    return graph.op(
        "Tokenizer", texts, domain="com.microsoft", mark=0, mincharnum=1, pad_value="", **how
    )


def _closed(graph: Graph, tokens: TensorName) -> TensorName:
    """Put a "" after the last token of each string: so there is one, even where all are empty."""
    rows = graph.op("Slice", graph.op("Shape", tokens), np.array([0]), np.array([1]))
    shape = graph.op("Concat", rows, np.array([1]), axis=0)
    return graph.concat([tokens, graph.op("Expand", text(""), shape)])


def _stripper(graph: Graph, step: Any) -> Callable[[str], str] | None:
    """Return what the vectorizer does to accents, as a function of one character."""
    if step.strip_accents is None:
        return None
    if step.strip_accents == "unicode":
        return _without_marks
    if step.strip_accents == "ascii":
        return lambda c: unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    raise graph.refuse(step, "its strip_accents is a function; use 'unicode' or 'ascii'.")


def _without_marks(letters: str) -> str:
    normal = unicodedata.normalize("NFKD", letters)
    return "".join(each for each in normal if not unicodedata.combining(each))


def _mapped(
    graph: Graph, step: Any, letters: TensorName, strip: Callable[[str], str] | None
) -> TensorName:
    """Replace each character by what it becomes, which may be nothing or several."""
    ascii_only = step.strip_accents == "ascii"
    table = {}
    for letter in assigned():
        became = letter.lower() if step.lowercase else letter
        became = became if strip is None else strip(became)
        if became != ("" if ascii_only else letter):
            table[letter] = became
    return (
        _lookup(graph, letters, table, "")
        if ascii_only
        else replaced_characters(graph, letters, table)
    )


def replaced_characters(graph: Graph, letters: TensorName, table: dict[str, str]) -> TensorName:
    """Return what characters become; those that the table lacks stay what they are."""
    mapped = _lookup(graph, letters, table, _AS_IT_IS)
    return graph.op("Where", graph.op("Equal", mapped, text(_AS_IT_IS)), letters, mapped)


@functools.cache
def assigned() -> tuple[str, ...]:
    """Return the characters of Python's version of Unicode; all others are left as they are."""
    every = map(chr, range(CODE_POINTS))
    return tuple(c for c in every if unicodedata.category(c) not in ("Cn", "Co", "Cs"))


@functools.cache
def _cased() -> dict[str, int]:
    """Return 1 for characters that have case, 2 for those that are passed over beside them."""
    table = {}
    for letter in assigned():
        if f"{letter}\u03a3".lower().endswith("\u03c2"):
            table[letter] = 1
        elif f"a{letter}\u03a3".lower().endswith("\u03c2"):
            table[letter] = 2
    return table


def final_sigmas(graph: Graph, letters: TensorName) -> TensorName:
    """Tell which capital sigmas [N, letters] end a word, and become final (Unicode 16, table 3-17).

    Those after a cased letter and not before one, apart from marks and points between them.
    """
    kinds = _lookup(graph, letters, _cased(), 0)
    solid = graph.cast(graph.op("Not", graph.op("Equal", kinds, 2)), np.int64)
    cased = graph.cast(graph.op("Equal", kinds, 1), np.int64)
    rank = graph.op("CumSum", solid, np.array(1))
    shape = graph.op("Add", graph.op("Shape", letters), np.array([0, 2]))
    last = graph.op("Sub", graph.op("Gather", shape, np.array(1)), 1)
    place = graph.op("Where", graph.op("Equal", solid, 1), rank, last)
    row = graph.op("ScatterElements", graph.op("Expand", 0, shape), place, cased, axis=1)
    before = graph.op("GatherElements", row, graph.op("Max", graph.op("Sub", rank, 1), 0), axis=1)
    after = graph.op("GatherElements", row, graph.op("Add", rank, 1), axis=1)
    ends = graph.op("Greater", before, after)
    return graph.op("And", ends, graph.op("Equal", letters, text("\u03a3")))


def _lookup(graph: Graph, strings: TensorName, table: dict[str, Any], default: Any) -> TensorName:
    kind = "strings" if isinstance(default, str) else "int64s"
    attributes = {
        f"values_{kind}": list(table.values()),
        "default_string" if kind == "strings" else "default_int64": default,
    }
    return graph.op(
        "LabelEncoder", strings, domain="ai.onnx.ml", keys_strings=list(table), **attributes
    )


def _closed_up(graph: Graph, tokens: TensorName, dropped: TensorName) -> TensorName:
    """Move the tokens that are not dropped together, [N, most + 1], then ""."""
    kept = graph.cast(graph.op("Not", dropped), np.int64)
    place = graph.op("Sub", graph.op("CumSum", kept, np.array(1)), 1)
    shape = graph.op("Add", graph.op("Shape", tokens), np.array([0, 1]))
    last = graph.op("Sub", graph.op("Gather", shape, np.array(1)), 1)
    place = graph.op("Where", dropped, last, place)
    left = graph.op("Where", dropped, text(""), tokens)
    return graph.op("ScatterElements", graph.op("Expand", text(""), shape), place, left, axis=1)


def joined(graph: Graph, pieces: TensorName) -> TensorName:
    """Join the strings of each row of [N, pieces], two by two until one is left: [N]."""
    count = graph.op("Gather", graph.op("Shape", pieces), np.array(1))
    several = graph.op("Greater", count, 1)
    whole = graph.op("Loop", _MOST_TURNS, several, pieces, body=_halving(graph))
    return graph.reshape(whole, -1)


def _halving(graph: Graph) -> Any:
    """Return the body of the loop that joins: each string with its right neighbour."""
    names = [graph.name() for _ in range(16)]
    turn, going, row, shape, rows, odd, pad, empty, even, pairs, new, left, right, out, n, on = (
        names
    )
    constants = {
        "one": np.array(1),
        "axis": np.array([1]),
        "zero": np.array([0]),
        "first": np.array(0),
        "two": np.array([2]),
        "nothing": text(""),
        "rest": np.array([-1]),
    }
    held = {key: graph.operand(value) for key, value in constants.items()}
    make = helper.make_node
    nodes = [
        make("Shape", [row], [shape]),
        make("Gather", [shape, held["zero"]], [rows], axis=0),
        make("Gather", [shape, held["axis"]], [n], axis=0),
        make("Mod", [n, held["two"]], [odd]),
        make("Concat", [rows, odd], [pad], axis=0),
        make("Expand", [held["nothing"], pad], [empty]),
        make("Concat", [row, empty], [even], axis=1),
        make("Concat", [rows, held["rest"], held["two"]], [f"{pad}p"], axis=0),
        make("Reshape", [even, f"{pad}p"], [pairs]),
        make("Gather", [pairs, held["first"]], [left], axis=2),
        make("Gather", [pairs, held["one"]], [right], axis=2),
        make("StringConcat", [left, right], [out]),
        make("Greater", [n, held["two"]], [new]),
        make("Squeeze", [new], [on]),
    ]
    flag = helper.make_tensor_value_info
    return helper.make_graph(
        nodes,
        graph.name(),
        [
            flag(turn, TensorProto.INT64, []),
            flag(going, TensorProto.BOOL, []),
            flag(row, TensorProto.STRING, [None, None]),
        ],
        [flag(on, TensorProto.BOOL, []), flag(out, TensorProto.STRING, [None, None])],
    )
