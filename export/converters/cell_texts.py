"""Strings that are not known yet: what their methods answer, as operations on cells.

The methods of Python's strings and those of pandas' `.str` share their names, not always what they
do; and of a column of strings in Arrow pandas asks Arrow, which knows another Unicode than Python.
So each operation says first whether it is Arrow's. A constant is given to pandas itself; what a
missing string becomes, the graph knows likewise.
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
    UntraceableError,
    Value,
    cell,
    is_missing,
)
from export.converters.operations import is_absent, where

CLASSES = ("isalnum", "isalpha", "isdecimal", "isdigit", "isnumeric", "isspace")
CASES = ("lower", "upper", "casefold", "title", "capitalize")
_SIDES = {"strip": (True, True), "lstrip": (True, False), "rstrip": (False, True)}


def of_pandas(
    name: str, value: Value, args: tuple[Any, ...], options: dict[str, Any], dtype: Any
) -> Value:
    """Return what a method of `.str` answers, of a column of this dtype.

    Raises UntraceableError if it is not followed.
    """
    if not isinstance(value, Cell):
        return _of_constant(name, value, args, options, dtype)
    arrow = isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow"
    return _answered(METHODS, name, value, (arrow, *args), options)


def of_python(name: str, value: Cell, args: tuple[Any, ...], options: dict[str, Any]) -> Value:
    """Return what a method of a string of Python answers. Raises as `of_pandas`."""
    return _answered(METHODS | _OF_PYTHON, name, value, (False, *args), options)


def _answered(
    methods: dict[str, Callable[..., Value]], name: str, value: Cell, args: Any, options: Any
) -> Value:
    if name not in methods or value.dtype not in (TEXT, PIECES):
        message = f"it calls .{name} of strings; those that can be followed are "
        raise UntraceableError(message + ", ".join(sorted(methods)))
    if value.dtype == PIECES and name not in ("get", "len"):
        message = f"it calls .{name} of the pieces of a string; take one of them first, by .str[0]"
        raise UntraceableError(message)
    try:
        return methods[name](value, *args, **options)
    except TypeError as error:
        message = f"it calls .{name} of strings with settings that are not followed ({error})"
        raise UntraceableError(message) from error


def _of_constant(name: str, value: Value, args: Any, options: Any, dtype: Any) -> Value:
    if name == "extract":
        options = {"expand": False}
    if name == "get" and isinstance(value, (str, list)):
        place = args[0]
        return value[place] if -len(value) <= place < len(value) else np.nan
    one = Series([value], dtype=dtype if isinstance(dtype, pd.StringDtype) else object)
    found = getattr(one.str, name)(*args, **options).iloc[0]
    return value if is_missing(value) and is_missing(found) else found


def _case(name: str) -> Callable[[Cell, bool], Value]:
    return lambda value, arrow: cell("Case", value, (arrow, name), dtype=TEXT)


def _class(name: str) -> Callable[[Cell, bool], Value]:
    return lambda value, arrow: cell("IsOfClass", value, (arrow, name), dtype=TRUTH)


def _stripped(name: str) -> Callable[..., Value]:
    def strip(value: Cell, arrow: bool, to_strip: str | None = None) -> Value:
        return cell("Strip", value, (arrow, to_strip, *_SIDES[name]), dtype=TEXT)

    return strip


def _length(value: Cell, arrow: bool) -> Value:
    if value.dtype == PIECES:
        return cell("PieceCount", value.args[0], value.args[1], dtype=WHOLE)
    return cell("Length", value, (arrow,), dtype=WHOLE)


def _slice(
    value: Cell, arrow: bool, start: Any = None, stop: Any = None, step: Any = None
) -> Value:
    if step not in (None, 1):
        message = "it takes every so many characters of a string, with a step"
        raise UntraceableError(message)
    return cell("Slice", value, (arrow, start or 0, stop), dtype=TEXT)


def _get(value: Cell, arrow: bool, place: int) -> Value:
    if value.dtype == PIECES:
        return cell("Piece", value.args[0], (*value.args[1], place), dtype=TEXT)
    return cell("At", value, (arrow, place), dtype=TEXT)


def _split(
    value: Cell,
    arrow: bool,
    pat: str | None = None,
    *,
    n: int = -1,
    expand: bool = False,
    regex: bool | None = None,
) -> Value:
    """Cut at a string; pandas takes one of several characters for a pattern, unless it is told."""
    is_pattern = regex or (regex is None and pat is not None and len(pat) > 1)
    if n not in (-1, 0) or expand or pat == "" or (is_pattern and not _is_literal(pat)):
        message = "it splits strings into a table, by a pattern or a number of times; use "
        raise UntraceableError(message + '.str.split(",").str[0], and regex=False')
    return cell("Pieces", value, (arrow, pat), dtype=PIECES)


def _split_by_python(value: Cell, arrow: bool, sep: str | None = None, maxsplit: int = -1) -> Value:
    return _split(value, arrow, sep, n=maxsplit, regex=False)


def _is_literal(pattern: Any) -> bool:
    """Tell whether a pattern finds itself and nothing else."""
    return isinstance(pattern, str) and not set(pattern) & set(".^$*+?{}[]\\|()")


def _found(how: str) -> Callable[..., Value]:
    def find(  # noqa: PLR0917 - in the order in which pandas has them
        value: Cell,
        arrow: bool,
        pat: Any,
        case: bool = True,
        flags: int = 0,
        na: Any = None,
        regex: bool = True,
    ) -> Value:
        pattern, more = (pat, 0) if isinstance(pat, str) else (pat.pattern, pat.flags)
        literal = how == "contains" and not regex
        settings = (arrow, how, pattern, bool(case), int(flags | more), literal)
        matches = cell("Matches", value, settings, dtype=TRUTH)
        return matches if na is None else where(is_absent(value), na, matches)

    return find


def _bordered(how: str) -> Callable[..., Value]:
    def border(value: Cell, arrow: bool, pat: Any, na: Any = None) -> Value:
        parts = tuple(pat) if isinstance(pat, tuple) else (pat,)
        matches = cell("Matches", value, (arrow, how, *parts), dtype=TRUTH)
        return matches if na is None else where(is_absent(value), na, matches)

    return border


def _replace(  # noqa: PLR0917 - in the order in which pandas has them
    value: Cell,
    arrow: bool,
    pat: Any,
    repl: Any,
    n: int = -1,
    case: bool | None = None,
    flags: int = 0,
    regex: bool = False,
) -> Value:
    of_strings = isinstance(pat, str) and isinstance(repl, str) and pat
    if not of_strings or n != -1 or flags or case is False:
        message = "it replaces parts of strings in any case, by a function or so many times; use "
        raise UntraceableError(message + ".str.replace with a string, or a class of characters")
    if not regex or (_is_literal(pat) and "\\" not in repl):
        return cell("Replace", value, (arrow, pat, repl), dtype=TEXT)
    return cell("ReplaceRuns", value, (arrow, pat, repl), dtype=TEXT)


def _replace_by_python(value: Cell, arrow: bool, old: str, new: str, count: int = -1) -> Value:
    return _replace(value, arrow, old, new, count)


def _count(value: Cell, arrow: bool, pat: str, flags: int = 0) -> Value:
    if not flags and _is_literal(pat) and pat:
        return _count_by_python(value, arrow, pat)
    return cell("Occurrences", value, (arrow, pat, int(flags)), dtype=WHOLE)


def _count_by_python(value: Cell, arrow: bool, sub: str) -> Value:
    if not sub:
        message = "it counts the empty string in strings, which is .str.len() + 1"
        raise UntraceableError(message)
    return cell("PieceCount", value, (arrow, sub), dtype=WHOLE) - 1


def _extract(value: Cell, arrow: bool, pat: str, flags: int = 0) -> Value:
    return cell("Extract", value, (arrow, pat, int(flags)), dtype=TEXT)


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
_OF_PYTHON: dict[str, Callable[..., Value]] = {
    "split": _split_by_python,
    "replace": _replace_by_python,
    "count": _count_by_python,
}
"""Those that Python and pandas call alike, but which take no patterns here."""
Cell.text = staticmethod(of_python)
