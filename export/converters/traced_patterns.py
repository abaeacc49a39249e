"""Methods of strings that look for patterns, as nodes of the graph."""

import re
from collections.abc import Callable
from typing import Any

from export.converters.cells import UntraceableError
from export.converters.patterns import (
    PatternError,
    character_class,
    extraction,
    finding,
    run_of,
    searching,
)
from export.converters.tokens import closed, is_empty, matches, text
from export.converters.traced_texts import CUT_BYTES, TextNode, in_case, lengths, within
from export.converters.values import TensorName
from runtime.manifest import MISSING_STRING

_CASES_OF_I = frozenset("iI\u0130\u0131")


def _occurrences(node: TextNode, pattern: str, flags: int) -> TensorName:
    """Return how often a pattern is found."""
    try:
        found = finding(pattern, flags)
    except PatternError as error:
        message = f"it counts the pattern {pattern!r} in strings, which has no exact form: {error}"
        raise UntraceableError(message) from error
    graph = node.graph
    graph.takes(character=CUT_BYTES)
    pieces = closed(graph, matches(graph, graph.reshape(node.texts, -1), found))
    return node.number(lengths(graph, pieces))


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
    graph.takes(character=CUT_BYTES)
    chosen, others = character_class(one), character_class(~one)
    cut = f"{chosen}{'+' if together else ''}|{others}+"
    pieces = closed(graph, matches(graph, graph.reshape(node.texts, -1), cut))
    found = graph.op("RegexFullMatch", pieces, pattern=f"{chosen}+")
    return node.joined(graph.op("Where", found, text(new), pieces))


def _matches(node: TextNode, how: str, *settings: Any) -> TensorName:
    arrow = node.arrow
    if how == "contains":
        wanted, case, flags, literal = settings
        if literal and not case and (flags or not arrow):  # Python compares capitals
            capitals = TextNode(node.graph, node.texts, arrow=False)
            node = TextNode(node.graph, in_case(capitals, "upper"), arrow=False)
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
    node.graph.takes(character=CUT_BYTES)
    first = graph.column(closed(graph, matches(graph, graph.reshape(node.texts, -1), found)), 0)
    inner = TextNode(graph, first, node.arrow)
    group = inner.joined(within(inner, inner.letters(), before, -after or None))
    gone = is_empty(graph, first)
    return node.kept(graph.op("Where", gone, text(MISSING_STRING), group))


def _literally(value: str) -> str:
    return "".join(rf"\x{{{ord(character):X}}}" for character in value)


OF_PATTERNS: dict[str, Callable[..., TensorName]] = {
    "Occurrences": _occurrences,
    "ReplaceRuns": _replace_runs,
    "Matches": _matches,
    "Extract": _extract,
}
"""Operations on strings that look for patterns, and their nodes."""
