"""Text to tokens, as scikit-learn's vectorizers cut it.

Everything is done with tables made from Python's own: no locale, and no other version of
Unicode. Only cutting a string is left to ONNX Runtime's `Tokenizer`.
"""

from typing import Any, NamedTuple

import numpy as np

from export.converters.graph import Graph
from export.converters.patterns import (
    PatternError,
    TokenPattern,
    token_pattern,
)
from export.converters.values import TensorName


class Tokens(NamedTuple):
    """The tokens of texts, strings [N, most]; "" behind the last."""

    found: TensorName
    dropped: TensorName | None = None
    """Which of them are passed over, bool [N, most]; None where none are."""


class Run(NamedTuple):
    """Tokens that follow each other, joined: strings [N, runs]."""

    strings: TensorName
    there: TensorName
    """Which of them there are, bool [N, runs]."""


def text(value: str) -> Any:
    """Return a string as a constant tensor."""
    return np.array(value, dtype=object)


def matches(graph: Graph, texts: TensorName, pattern: str) -> TensorName:
    """Cut strings [N] into the matches of an RE2 pattern, [N, most]; "" behind the last."""
    return _cut(graph, texts, tokenexp=pattern)


def characters(graph: Graph, texts: TensorName) -> TensorName:
    """Cut strings [N] into their characters, [N, most]; "" behind the last."""
    return _cut(graph, texts, separators=[""])


def closed(graph: Graph, pieces: TensorName) -> TensorName:
    """Put a "" behind the last piece of each row, so that there is one: [N, most + 1]."""
    rows = graph.op("Slice", graph.op("Shape", pieces), np.array([0]), np.array([1]))
    shape = graph.op("Concat", rows, np.array([1]), axis=0)
    return graph.concat([pieces, graph.op("Expand", text(""), shape)])


def is_empty(graph: Graph, strings: TensorName) -> TensorName:
    """Tell which strings are empty."""
    return graph.op("Equal", strings, text(""))


def is_space(graph: Graph, letters: TensorName) -> TensorName:
    """Tell which characters are the space."""
    return graph.op("Equal", letters, text(" "))


def words(graph: Graph, step: Any, texts: TensorName) -> Tokens:
    """Cut texts [N] into their tokens, and tell which are dropped, as stop words are."""
    pattern = pattern_of(graph, step)
    found = _cut(graph, texts, tokenexp=pattern.find)
    dropped: TensorName | None = None
    if pattern.keep is not None:
        kept = graph.op("RegexFullMatch", found, pattern=pattern.keep)
        dropped = graph.op("Not", kept)
    stop_words = step.get_stop_words()
    if stop_words:
        stopped = lookup(graph, found, dict.fromkeys(sorted(stop_words), 1), 0)
        stopped = graph.cast(stopped, np.bool_)
        dropped = stopped if dropped is None else graph.op("Or", dropped, stopped)
    return Tokens(found, dropped)


def pattern_of(graph: Graph, step: Any) -> TokenPattern:
    """Return how the vectorizer finds words. Raises ConversionError where no graph can."""
    try:
        return token_pattern(step.token_pattern)
    except PatternError as error:
        raise graph.refuse(
            step, f"its token_pattern {step.token_pattern!r} has no exact form: {error}."
        ) from None


def closed_up(
    graph: Graph, tokens: TensorName, dropped: TensorName | None, nothing: str | int
) -> TensorName:
    """Move what is not dropped of [N, most] together, [N, most + 1], nothing behind the last."""
    if dropped is None:
        return tokens
    left = graph.cast(graph.op("Not", dropped), np.int64)
    place = graph.op("Sub", graph.op("CumSum", left, np.array(1)), 1)
    shape = graph.op("Add", graph.op("Shape", tokens), np.array([0, 1]))
    last = graph.op("Sub", graph.op("Gather", shape, np.array(1)), 1)
    place = graph.op("Where", dropped, last, place)
    none = np.array(nothing, dtype=object if isinstance(nothing, str) else np.int64)
    kept = graph.op("Where", dropped, none, tokens)
    return graph.op("ScatterElements", graph.op("Expand", none, shape), place, kept, axis=1)


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
) -> list[Run]:
    """Return the runs of 1, 2, ... `longest` tokens [N, most], joined.

    There is none that would go beyond the last token of its text, nor beyond a token of `ends`,
    at which runs begin and end.
    """
    there = graph.op("Not", is_empty(graph, tokens))
    runs = [Run(tokens, there)]
    firsts = graph.op("StringConcat", tokens, text(separator)) if separator else tokens
    within: TensorName | None = None
    for length in range(2, longest + 1):
        first, rest = part(graph, firsts, 0, 1 - length), part(graph, runs[-1].strings, 1)
        known = part(graph, there, length - 1)
        if ends is not None and length > 2:
            inner = graph.op("Not", part(graph, ends, length - 2, -1))
            within = graph.op("And", part(graph, within, 0, -1), inner) if within else inner
            known = graph.op("And", known, within)
        runs.append(Run(graph.op("StringConcat", first, rest), known))
    return runs


def _cut(graph: Graph, texts: TensorName, **how: Any) -> TensorName:
    return graph.op(
        "Tokenizer", texts, domain="com.microsoft", mark=0, mincharnum=1, pad_value="", **how
    )


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
