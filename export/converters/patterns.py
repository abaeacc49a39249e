"""Token patterns of Python's `re`, as patterns of RE2 that find the same.

RE2 has its own idea of what a letter is, and of another version of Unicode than Python. So each
class of characters is written out, as the ranges of code points that Python puts into it.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.priorities import Choice, Expression, Many, One, finds_longest

CODE_POINTS = 0x110000
_WORD = r"\w"
_SURROGATES = slice(0xD800, 0xE000)
_MOST_REPEATS = 1_000
_MOST_RANGES = 6_000
"""From 12,000 on, RE2 runs out of memory, writes so to stderr for each text, and is slow."""

Members = NDArray[np.bool_]


class PatternError(ValueError):
    """A pattern that RE2 cannot express, with the reason."""


@dataclass(frozen=True)
class TokenPattern:
    """How tokens are found: matches of `find` of which those that match `keep` wholly stay."""

    find: str
    keep: str | None = None
    spaces: bool = False
    """Whether there may be a space in a token."""


@functools.cache
def members(pattern: str) -> Members:
    r"""Return which code points Python counts to a class of characters such as `\w`."""
    parsed = _internals()[0].parse(pattern)
    return _members(parsed.state, parsed[0])


def character_class(chosen: Members) -> str:
    """Return the RE2 class of the chosen code points."""
    pairs = list(zip(*_edges(chosen), strict=True))
    if not pairs:
        return rf"[^\x{{0}}-\x{{{CODE_POINTS - 1:X}}}]"
    return "[" + "".join(rf"\x{{{low:X}}}-\x{{{high - 1:X}}}" for low, high in pairs) + "]"


@functools.lru_cache(maxsize=8)
def token_pattern(pattern: str) -> TokenPattern:
    """Translate a token pattern. Raises PatternError for what RE2 would find otherwise."""
    parsed = _internals()[0].parse(pattern)
    items = _ungrouped(list(parsed))
    if parsed.getwidth()[0] == 0:
        raise PatternError("it also matches where there is nothing")
    read = functools.partial(_members, parsed.state)
    inside, boundaries = _unbounded(items)
    if boundaries:
        word = members(r"(?a)\w" if parsed.state.flags & re.ASCII else _WORD)
        of_word = functools.partial(_of_word, word=word)
        return _words(_expression(inside, lambda item: of_word(read(item))), word, boundaries)
    whole = _expression(items, read)
    if not finds_longest(whole):
        raise PatternError("it may find less than the longest match; ONNX Runtime finds that")
    return TokenPattern(_written(whole), spaces=_has(whole, " "))


def searching(pattern: str, flags: int, how: str) -> str:
    """Return the RE2 pattern of all texts that `contains`, `match` or `fullmatch` finds.

    Raises PatternError for what RE2 would read otherwise.
    """
    parsed = _internals()[0].parse(pattern, flags)
    read = functools.partial(_members, parsed.state)
    items = list(parsed)
    branch = len(items) == 1 and str(items[0][0]) == "BRANCH"
    ways = [list(way) for way in items[0][1][1]] if branch else [items]
    return "(?s:" + "|".join(_searched(way, read, how) for way in ways) + ")"


def _searched(items: list[Any], read: Callable[[Any], Members], how: str) -> str:
    begins = bool(items) and str(items[0]) == "(AT, AT_BEGINNING)"
    ends = bool(items) and str(items[-1]) == "(AT, AT_END)"
    inner = items[1 if begins else 0 : -1 if ends else None]
    written = _written(_expression(_uncaptured(inner), read))
    before = "" if begins or how != "contains" else ".*"
    after = "" if how == "fullmatch" else r"\n?" if ends else ".*"
    return f"{before}(?:{written}){after}"


def extraction(pattern: str, flags: int) -> tuple[str, int, int]:
    """Return the RE2 pattern of a text's part with a group in it, and how much is around that.

    Raises PatternError where what is before or behind the group is not always as long, or RE2
    would find another part.
    """
    parsed = _internals()[0].parse(pattern, flags)
    items = list(parsed)
    groups = [place for place, item in enumerate(items) if _is_group(item)]
    if len(groups) != 1 or parsed.state.groups != 2:
        raise PatternError("it has not one group, outside of others")
    place = groups[0]
    around = [_width(items[:place], parsed.state), _width(items[place + 1 :], parsed.state)]
    whole = _expression(_uncaptured(items), functools.partial(_members, parsed.state))
    if parsed.getwidth()[0] == 0 or not finds_longest(whole):
        raise PatternError("it may find less than the longest match; ONNX Runtime finds that")
    return _written(whole), around[0], around[1]


def finding(pattern: str, flags: int) -> str:
    """Return the RE2 pattern of all parts of a text that a pattern finds, one after the other.

    Raises PatternError where RE2 would find others.
    """
    parsed = _internals()[0].parse(pattern, flags)
    whole = _expression(_uncaptured(list(parsed)), functools.partial(_members, parsed.state))
    if parsed.getwidth()[0] == 0 or not finds_longest(whole):
        raise PatternError("it may find less than the longest match; ONNX Runtime finds that")
    return _written(whole)


def run_of(pattern: str) -> tuple[Members, bool]:
    """Return the class of characters that a pattern is, and whether it finds all side by side.

    Raises PatternError for other patterns.
    """
    parsed = _internals()[0].parse(pattern)
    items = _expression(_ungrouped(list(parsed)), functools.partial(_members, parsed.state))
    match items:
        case [One(members=chosen)]:
            return chosen, False
        case [Many(inner=[One(members=chosen)], least=1, most=None, greedy=True)]:
            return chosen, True
    raise PatternError("it is no class of characters, such as [^a-z] or \\s+")


def _is_group(item: Any) -> bool:
    return str(item[0]) == "SUBPATTERN" and item[1][0] is not None


def _width(items: list[Any], state: Any) -> int:
    least, most = _internals()[0].SubPattern(state, items).getwidth()
    if least != most:
        raise PatternError("what is around its group is not always as long")
    return int(least)


def _uncaptured(items: Any) -> list[Any]:
    """Take the groups of a pattern for what they match."""
    plain: list[Any] = []
    for name, argument in items:
        if str(name) == "SUBPATTERN":
            _, add, without, inner = argument
            plain.append((name, (None, add, without, _uncaptured(inner))))
        elif str(name) in ("MAX_REPEAT", "MIN_REPEAT"):
            plain.append((name, (*argument[:2], _uncaptured(argument[2]))))
        elif str(name) == "BRANCH":
            plain.append((name, (None, [_uncaptured(way) for way in argument[1]])))
        else:
            plain.append((name, argument))
    return plain


def _unbounded(items: list[Any]) -> tuple[list[Any], int]:
    r"""Take the \b at the ends of a pattern off, and count them."""
    ends = {0, len(items) - 1}
    bounds = [end for end in ends if str(items[end]) == "(AT, AT_BOUNDARY)"]
    rest = [item for index, item in enumerate(items) if index not in bounds]
    return _ungrouped(rest), len(bounds)


def _words(inside: Expression, word: Members, boundaries: int) -> TokenPattern:
    r"""Return the pattern of whole words: those that match what is `inside` its \b."""
    letter = character_class(word)
    least = _least(inside, lazy=boundaries == 2)
    if least is not None:
        return TokenPattern(f"{letter}{{{least},}}")
    if boundaries == 1:
        raise PatternError(r"it has \b at one end alone, and is not of any words")
    return TokenPattern(f"{letter}+", _written(inside))


def _of_word(chosen: Members, word: Members) -> Members:
    """Return a class of word characters as the shortest one that tells them apart from others."""
    if (chosen & ~word).any():
        raise PatternError(r"beside its \b there are characters that are not of words")
    return min(chosen, chosen | ~word, key=_count)


def _least(inside: Expression, *, lazy: bool) -> int | None:
    """Return the length from which on any word matches; None if more than its length decides.

    `lazy` says that what prefers few repeats has no choice.
    """
    least, unbounded = 0, False
    for part in inside:
        low, most, one = 1, 1, part
        if isinstance(part, Many) and len(part.inner) == 1:
            low, most, one = part.least, part.most or _MOST_REPEATS + 1, part.inner[0]
            if not (part.greedy or lazy):
                return None
        if not isinstance(one, One) or not one.members.all():
            return None
        least, unbounded = least + low, unbounded or most > _MOST_REPEATS
    return least if unbounded else None


def _count(chosen: Members) -> int:
    return len(_edges(chosen)[0])


def _internals() -> tuple[Any, Any]:
    """Return Python's own parser and compiler of patterns."""
    from re import _compiler, _parser  # type: ignore[attr-defined]  # noqa: PLC0415

    return _parser, _compiler


def _ungrouped(items: list[Any]) -> list[Any]:
    """Take the one group around all of a pattern off: `findall` answers what is in it."""
    if len(items) == 1 and str(items[0][0]) == "SUBPATTERN" and not any(items[0][1][1:3]):
        return list(items[0][1][3])
    return items


def _expression(items: Any, read: Callable[[Any], Members]) -> Expression:
    """Return a parsed pattern as an expression over classes of characters."""
    return [_item(str(item[0]), item[1], item, read) for item in items]


def _item(name: str, argument: Any, item: Any, read: Callable[[Any], Members]) -> Any:
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        low, high, inner = argument
        if low > _MOST_REPEATS:
            raise PatternError(f"it repeats more than {_MOST_REPEATS:,} times")
        most = None if high > _MOST_REPEATS else int(high)
        return Many(_expression(inner, read), int(low), most, greedy=name == "MAX_REPEAT")
    if name == "BRANCH":
        return Choice([_expression(each, read) for each in argument[1]])
    if name == "SUBPATTERN":
        if argument[0] is not None:
            raise PatternError("it captures a part of the token")
        if argument[1] or argument[2]:
            raise PatternError("a part of it has flags of its own")
        return Choice([_expression(argument[3], read)])
    if name == "AT":
        raise PatternError(r"it has anchors other than \b at its ends")
    if name not in ("ANY", "LITERAL", "NOT_LITERAL", "IN"):
        raise PatternError(f"it has {name.lower()}")
    return One(read(item))


def _members(state: Any, item: Any) -> Members:
    """Return the code points that one item of a parsed pattern matches: ask Python."""
    parser, compiler = _internals()
    matched = compiler.compile(parser.SubPattern(state, [item]), state.flags).finditer(_every())
    chosen: Members = np.zeros(CODE_POINTS, dtype=np.bool_)
    chosen[[match.start() for match in matched]] = True
    return chosen


@functools.cache
def _every() -> str:
    return "".join(map(chr, range(CODE_POINTS)))


def _has(expression: Expression, letter: str) -> bool:
    """Tell whether a character is in any class of an expression."""
    return any(
        part.members[ord(letter)]
        if isinstance(part, One)
        else any(
            _has(each, letter) for each in (part.ways if isinstance(part, Choice) else [part.inner])
        )
        for part in expression
    )


def _edges(chosen: Members) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of chosen code points begins, and behind its end."""
    chosen = chosen.copy()
    chosen[_SURROGATES] = False
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0))
    return edges[::2], edges[1::2]


def _written(expression: Expression) -> str:
    """Write an expression as RE2 reads it."""
    if _ranges(expression) > _MOST_RANGES:
        raise PatternError("it is too long for ONNX Runtime once its repeats are written out")
    return "".join(_part(part) for part in expression)


def _part(part: One | Many | Choice) -> str:
    if isinstance(part, One):
        return character_class(part.members)
    if isinstance(part, Choice):
        return "(?:" + "|".join(_written(each) for each in part.ways) + ")"
    most = "" if part.most is None else part.most
    return f"(?:{_written(part.inner)}){{{part.least},{most}}}"


def _ranges(expression: Expression) -> int:
    """Count the ranges of all classes, as often as they are repeated."""
    total = 0
    for part in expression:
        if isinstance(part, One):
            total += _count(part.members)
        elif isinstance(part, Many):
            total += max(part.most or part.least, 1) * _ranges(part.inner)
        else:
            total += sum(_ranges(each) for each in part.ways)
    return total
