"""What characters become, and of which class they are: asked of pandas.

It knows Unicode as Python does or, of a column of strings in Arrow, as Arrow does.
"""

import functools
import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from export.converters.patterns import CODE_POINTS, character_class

_SIGMA = "\u03a3"


@functools.cache
def cases(method: str, arrow: bool) -> tuple[dict[str, str], bool]:
    """Return what characters become, and whether a final sigma is told from another."""
    became = getattr(_series(_characters(), arrow).str, method)()
    table = dict(zip(_characters(), became, strict=True))
    word = getattr(_series((f"A{_SIGMA}",), arrow).str, method)().iloc[0]
    return {a: b for a, b in table.items() if a != b}, word.endswith("\u03c2")


@functools.cache
def within_words(arrow: bool) -> tuple[str, ...]:
    """Return the characters behind which `title` makes no capitals."""
    titled = _series(tuple(f"{c}a" for c in _characters()), arrow).str.title()
    return tuple(c for c, word in zip(_characters(), titled, strict=True) if word.endswith("a"))


@functools.cache
def class_of(method: str, arrow: bool) -> str:
    """Return the pattern of one character of a class, as `isdigit` has it."""
    chosen = np.zeros(CODE_POINTS, dtype=np.bool_)
    of_it = getattr(_series(_characters(), arrow).str, method)()
    chosen[[ord(c) for c, yes in zip(_characters(), of_it, strict=True) if yes]] = True
    return character_class(chosen)


@functools.cache
def white_space(arrow: bool) -> tuple[str, ...]:
    """Return the characters that `strip` takes off."""
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
