"""What rises or falls with one number is found in what a function of the user's own does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from export.converters.cells import Cell, Way
from export.converters.rising import source_of

NUMBERS = np.concatenate([-np.geomspace(50.0, 1e-9, 500), np.geomspace(1e-9, 50.0, 500)])


def source(function: Callable[[Any], Any]) -> Any:
    """Return what a function of one number is found to be made of."""
    return source_of(function(cell()), lambda cell: cell.op == "Column")


def cell() -> Any:
    """Return a number that is not known yet."""
    return Cell("Column", (0,), 0, Way([], {}))


@pytest.mark.parametrize(
    ("function", "falls"),
    [
        (np.log, False),
        (lambda x: 2 * np.sqrt(x) - 1, False),
        (lambda x: -np.log10(x), True),
        (lambda x: 1 - np.exp(-x), False),
        (lambda x: 3 - np.tanh(x) / 2, True),
        (lambda x: x**0.5 / -2 + 1, True),
        (lambda x: x**0.7 * -0.1, True),
    ],
)
def test_what_rises_or_falls_is_computed_again(function: Any, falls: bool) -> None:
    """To the bit; what falls, of the opposite numbers, so that it rises."""
    found = source(function)
    assert (found.number.op, found.opposite) == ("Column", falls)
    with np.errstate(all="ignore"):
        expected = function(NUMBERS)
        answered = found.step.transform(-NUMBERS if falls else NUMBERS)
    there = ~np.isnan(expected)
    assert np.array_equal(answered[there], expected[there])
    order = np.argsort(-NUMBERS if falls else NUMBERS)
    assert (answered[order][1:] >= answered[order][:-1]).all()


@pytest.mark.parametrize(
    "function",
    [
        np.cos,
        lambda x: np.log(x) * np.log(x),
        lambda x: 1 / np.log(x),
        lambda x: np.log(x) * 0,
        lambda x: np.log(x) / np.inf,
        lambda x: x**-0.5,
        lambda x: 2.0**x,
        lambda x: 0 * np.exp(x),
    ],
)
def test_of_the_rest_nothing_is_said(function: Any) -> None:
    """What turns, jumps, or looks at a number twice."""
    assert source(function) is None
