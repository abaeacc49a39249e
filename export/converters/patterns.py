"""Token patterns of Python's `re`, as patterns of RE2 that find the same.

RE2 has its own idea of what a letter is, and of another version of Unicode than Python. So each
class of characters is written out, as the ranges of code points that Python puts into it.
"""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CODE_POINTS = 0x110000
_SURROGATES = slice(0xD800, 0xE000)
_MOST_REPEATS = 1_000

Members = NDArray[np.bool_]


class PatternError(ValueError):
    """A pattern that RE2 cannot express, with the reason."""


@dataclass(frozen=True)
class TokenPattern:
    """How tokens are found: matches of `find` of which those that match `keep` wholly stay."""

    find: str
    keep: str | None = None


@functools.cache
def members(kind: str) -> Members:
    """Return which code points are word characters, decimal digits or white space to Python."""
    tests = {
        "WORD": lambda c: c.isalnum() or c == "_",
        "DIGIT": str.isdecimal,
        "SPACE": str.isspace,
    }
    test = tests[kind]
    return np.fromiter((test(chr(code)) for code in range(CODE_POINTS)), np.bool_, CODE_POINTS)


def character_class(chosen: Members) -> str:
    """Return the RE2 class of the chosen code points."""
    chosen = chosen.copy()
    chosen[_SURROGATES] = False
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0))
    pairs = zip(edges[::2], edges[1::2] - 1, strict=True)
    return "[" + "".join(rf"\x{{{low:X}}}-\x{{{high:X}}}" for low, high in pairs) + "]"


@functools.lru_cache(maxsize=8)
def token_pattern(pattern: str) -> TokenPattern:
    """Translate a token pattern. Raises PatternError for what RE2 would find otherwise."""
    parsed = _parser().parse(pattern)
    flags = parsed.state.flags
    if flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL | re.ASCII | re.LOCALE):
        raise PatternError("it has flags")
    items = _ungrouped(list(parsed))
    if parsed.getwidth()[0] == 0:
        raise PatternError("it matches nothing at all")
    boundaries = [str(name) == "AT" for name, _ in items]
    if any(boundaries):
        return _bounded(items, boundaries)
    return TokenPattern(_translated(items))


def _parser() -> Any:
    from re import _parser  # type: ignore[attr-defined]  # noqa: PLC0415

    return _parser


def _ungrouped(items: list[Any]) -> list[Any]:
    """Take the one group around all of a pattern off: `findall` answers what is in it."""
    if len(items) == 1 and str(items[0][0]) == "SUBPATTERN" and not any(items[0][1][1:3]):
        return list(items[0][1][3])
    return items


def _bounded(items: list[Any], boundaries: list[bool]) -> TokenPattern:
    r"""Translate `\b`, a run of one class of word characters, `\b`: words wholly of that class."""
    ends = boundaries[0] and boundaries[-1] and str(items[0][1]) == str(items[-1][1])
    if not ends or any(boundaries[1:-1]) or str(items[0][1]) != "AT_BOUNDARY":
        raise PatternError(r"it has anchors other than \b at both its ends")
    least, unbounded, chosen = 0, False, None
    for name, argument in items[1:-1]:
        low, high, inner = 1, 1, (name, argument)
        if str(name) == "MAX_REPEAT":
            low, high, (inner,) = argument[0], argument[1], argument[2]
        found = _members(*inner)
        if chosen is not None and not np.array_equal(chosen, found):
            raise PatternError(r"between its \b there is more than one class of characters")
        chosen, least = found, least + low
        unbounded = unbounded or high > _MOST_REPEATS
    word = members("WORD")
    if chosen is None or not unbounded or (chosen & ~word).any():
        raise PatternError(r"between its \b there is no run of word characters")
    if np.array_equal(chosen, word):
        return TokenPattern(f"{character_class(word)}{{{least},}}")
    return TokenPattern(f"{character_class(word)}+", f"{character_class(chosen)}{{{least},}}")


def _translated(items: Iterable[tuple[Any, Any]]) -> str:
    return "".join(_item(str(name), argument) for name, argument in items)


def _item(name: str, argument: Any) -> str:
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        low, high, inner = argument
        most = "" if high > _MOST_REPEATS else str(int(high))
        lazy = "?" if name == "MIN_REPEAT" else ""
        return f"(?:{_translated(inner)}){{{int(low)},{most}}}{lazy}"
    if name == "BRANCH":
        return "(?:" + "|".join(_translated(each) for each in argument[1]) + ")"
    if name == "SUBPATTERN":
        if argument[0] is not None:
            raise PatternError("it captures a part of the token")
        return f"(?:{_translated(argument[3])})"
    return character_class(_members(name, argument))


def _members(name: Any, argument: Any) -> Members:
    """Return the code points that one item of a parsed pattern matches."""
    name = str(name)
    chosen: Members = np.zeros(CODE_POINTS, dtype=np.bool_)
    if name == "ANY":
        chosen[:] = True
        chosen[ord("\n")] = False
    elif name in ("LITERAL", "NOT_LITERAL"):
        chosen[argument] = True
    elif name == "RANGE":
        chosen[argument[0] : argument[1] + 1] = True
    elif name == "CATEGORY":
        kind = str(argument).removeprefix("CATEGORY_")
        chosen |= members(kind.removeprefix("NOT_"))
        return ~chosen if kind.startswith("NOT_") else chosen
    elif name == "IN":
        return _union(argument)
    else:
        raise PatternError(f"it has {name.lower()}")
    return ~chosen if name == "NOT_LITERAL" else chosen


def _union(items: Sequence[tuple[Any, Any]]) -> Members:
    negated = str(items[0][0]) == "NEGATE"
    chosen = functools.reduce(np.logical_or, (_members(*each) for each in items[negated:]))
    return ~chosen if negated else chosen
