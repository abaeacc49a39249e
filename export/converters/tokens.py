"""Text to tokens, as scikit-learn's vectorizers cut it.

Everything is done with tables made from Python's own: no locale, and no other version of
Unicode. Only cutting a string is left to ONNX Runtime's `Tokenizer`.
"""

from typing import Any

import numpy as np

from export.converters.graph import Graph
from export.converters.patterns import (
    PatternError,
    character_class,
    members,
    token_pattern,
)
from export.converters.values import TensorName

_WHITE = r"\s"
_SPACED = "(?s)"


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
        stopped = lookup(graph, found, dict.fromkeys(sorted(stop_words), 1), 0)
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


def lookup(graph: Graph, strings: TensorName, table: dict[str, Any], default: Any) -> TensorName:
    """Look strings up in a table of strings or of integers."""
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
