"""Strings that are not known yet: what their methods answer, as operations on cells.

A constant is given to pandas itself; what a missing string becomes, the graph knows likewise.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas import Series

from export.converters.cells import (
    PIECES,
    TEXT,
    TRUTH,
    WHOLE,
    Cell,
    MissingString,
    UntraceableError,
    Value,
    cell,
    is_missing,
)
from export.converters.operations import is_absent, where

CLASSES = ("isalnum", "isalpha", "isdecimal", "isdigit", "isnumeric", "isspace")
CASES = ("lower", "upper", "casefold")
_SIDES = {"strip": (True, True), "lstrip": (True, False), "rstrip": (False, True)}


def of_text(name: str, value: Value, args: tuple[Any, ...], options: dict[str, Any]) -> Value:
    """Return what a method of strings answers. Raises UntraceableError if it is not followed."""
    if not isinstance(value, Cell):
        return _of_constant(name, value, args, options)
    if name not in METHODS or value.dtype not in (TEXT, PIECES):
        message = f"it calls .{name} of strings; those that can be followed are "
        raise UntraceableError(message + ", ".join(sorted(METHODS)))
    if value.dtype == PIECES and name not in ("get", "len"):
        message = f"it calls .{name} of the pieces of a string; take one of them first, by .str[0]"
        raise UntraceableError(message)
    try:
        return METHODS[name](value, *args, **options)
    except TypeError as error:
        message = f"it calls .{name} of strings with settings that are not followed ({error})"
        raise UntraceableError(message) from error


def _of_constant(name: str, value: Value, args: Any, options: Any) -> Value:
    if name == "get" and isinstance(value, (str, list)):
        place = args[0]
        return value[place] if -len(value) <= place < len(value) else np.nan
    dtype = pd.StringDtype(na_value=np.nan) if isinstance(value, MissingString) else object
    found = getattr(Series([value], dtype=dtype).str, name)(*args, **options).iloc[0]
    return value if is_missing(value) and is_missing(found) else found


def _case(name: str) -> Callable[[Cell], Value]:
    return lambda value: cell("Case", value, (name,), dtype=TEXT)


def _class(name: str) -> Callable[[Cell], Value]:
    return lambda value: cell("IsOfClass", value, (name,), dtype=TRUTH)


def _stripped(name: str) -> Callable[..., Value]:
    def strip(value: Cell, to_strip: str | None = None) -> Value:
        return cell("Strip", value, (to_strip, *_SIDES[name]), dtype=TEXT)

    return strip


def _length(value: Cell) -> Value:
    if value.dtype == PIECES:
        return cell("PieceCount", value.args[0], value.args[1], dtype=WHOLE)
    return cell("Length", value, dtype=WHOLE)


def _slice(value: Cell, start: Any = None, stop: Any = None, step: Any = None) -> Value:
    if step not in (None, 1):
        message = "it takes every so many characters of a string, with a step"
        raise UntraceableError(message)
    return cell("Slice", value, (start or 0, stop), dtype=TEXT)


def _get(value: Cell, place: int) -> Value:
    if value.dtype == PIECES:
        return cell("Piece", value.args[0], (*value.args[1], place), dtype=TEXT)
    return cell("At", value, (place,), dtype=TEXT)


def _split(value: Cell, pat: str | None = None, n: int = -1, **options: Any) -> Value:
    if n not in (-1, 0) or options.get("expand") or options.get("regex"):
        message = "it splits strings into a table, by a pattern or a number of times; use "
        raise UntraceableError(message + '.str.split(",").str[0]')
    return cell("Pieces", value, (pat,), dtype=PIECES)


def _found(how: str) -> Callable[..., Value]:
    def find(  # noqa: PLR0917 - in the order in which pandas has them
        value: Cell, pat: Any, case: bool = True, flags: int = 0, na: Any = None, regex: bool = True
    ) -> Value:
        pattern, more = (pat, 0) if isinstance(pat, str) else (pat.pattern, pat.flags)
        literal = how == "contains" and not regex
        settings = (how, pattern, bool(case), int(flags | more), literal)
        matches = cell("Matches", value, settings, dtype=TRUTH)
        return matches if na is None else where(is_absent(value), na, matches)

    return find


def _bordered(how: str) -> Callable[..., Value]:
    def border(value: Cell, pat: Any, na: Any = None) -> Value:
        parts = tuple(pat) if isinstance(pat, tuple) else (pat,)
        matches = cell("Matches", value, (how, *parts), dtype=TRUTH)
        return matches if na is None else where(is_absent(value), na, matches)

    return border


def _replace(value: Cell, pat: Any, repl: Any, n: int = -1, regex: bool = False, **_: Any) -> Value:
    if regex or n != -1 or not isinstance(pat, str) or not isinstance(repl, str) or not pat:
        message = "it replaces parts of strings by a pattern, a function or so many times; use "
        raise UntraceableError(message + ".str.replace with a string, and regex=False")
    return cell("Replace", value, (pat, repl), dtype=TEXT)


def _count(value: Cell, pat: str, flags: int = 0) -> Value:
    if flags or set(pat) & set(".^$*+?{}[]\\|()") or not pat:
        message = "it counts a pattern in strings; a string can be counted"
        raise UntraceableError(message)
    return cell("PieceCount", value, (pat,), dtype=WHOLE) - 1


def _extract(value: Cell, pat: str, flags: int = 0, expand: bool = True) -> Value:
    if expand:
        message = "it extracts parts of strings into a table; use expand=False"
        raise UntraceableError(message)
    return cell("Extract", value, (pat, int(flags)), dtype=TEXT)


METHODS: dict[str, Callable[..., Value]] = {
    **{name: _case(name) for name in CASES},
    **{name: _class(name) for name in CLASSES},
    **{name: _stripped(name) for name in _SIDES},
    **{name: _found(name) for name in ("contains", "match", "fullmatch")},
    **{name: _bordered(name) for name in ("startswith", "endswith")},
    "len": _length,
    "slice": _slice,
    "get": _get,
    "split": _split,
    "replace": _replace,
    "extract": _extract,
    "count": _count,
}
"""The methods of strings that are followed."""
Cell.text = staticmethod(of_text)
