"""Bisection to the last bit: the last number, of a kind, before what is refused begins."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = NDArray[Any]
_STEPS = 64
"""After which two doubles of any size are neighbours."""


def last_answered(
    answers: Callable[[Value], NDArray[np.bool_]], inside: Value, outside: Value, *, whole: bool
) -> NDArray[np.float64]:
    """Return the last numbers on the way that are answered, NaN where not even the first is.

    Each of the numbers goes its own way; all are asked at once.
    """
    near = [_place(number, whole) for number in inside]
    far = [_place(number, whole) for number in outside]
    answered = answers(inside)
    for _ in range(_STEPS):
        middle = [
            (n + f) // 2 if f > n else -((-n - f) // 2) for n, f in zip(near, far, strict=True)
        ]
        within = answers(np.array([_number(place, whole) for place in middle]))
        near = [m if yes else n for n, m, yes in zip(near, middle, within, strict=True)]
        far = [f if yes else m for f, m, yes in zip(far, middle, within, strict=True)]
    return np.where(answered, [_number(place, whole) for place in near], np.nan)


def _place(number: float, whole: bool) -> int:
    """Return where a number stands among all whole ones, or all doubles."""
    if whole:
        return int(number)
    bits = int(np.float64(number).view(np.int64))
    return bits if bits >= 0 else -(bits & (2**63 - 1))


def _number(place: int, whole: bool) -> float:
    """Return the number that stands there."""
    if whole:
        return float(place)
    size = float(np.int64(abs(place)).view(np.float64))
    return size if place >= 0 else -size
