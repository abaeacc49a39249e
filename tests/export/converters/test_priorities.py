"""What is tried first is told from what is longest."""

import numpy as np
import pytest

from export.converters.priorities import Choice, Expression, Many, One, finds_longest


def _one(*letters: int) -> One:
    members = np.zeros(4, dtype=bool)
    members[list(letters)] = True
    return One(members)


A, B, AB, ANY = _one(0), _one(1), _one(0, 1), _one(0, 1, 2, 3)


def _some(*inner: One, greedy: bool = True) -> Many:
    return Many(list(inner), 1, None, greedy=greedy)


def _maybe(*inner: One, greedy: bool = True) -> Many:
    return Many(list(inner), 0, 1, greedy=greedy)


LONGEST: dict[str, Expression] = {
    "one": [A],
    "as many as there are": [_some(A)],
    "the longer way first": [Choice([[A, B], [A]])],
    "ways that begin otherwise": [Choice([[A, _some(B)], [B]])],
    "a few, and if there is more, that too": [A, _maybe(B)],
    "few, where nothing else may follow": [Many([A], 2, 2, greedy=False), B],
    "repeated choices": [Many([Choice([[A], [B]])], 1, None, greedy=True)],
    "nothing repeated": [Many([_maybe(A)], 0, None, greedy=True)],
}
SHORTER: dict[str, Expression] = {
    "the shorter way first": [Choice([[A], [A, B]])],
    "as few as will do": [_some(A, greedy=False)],
    "rather nothing": [A, _maybe(B, greedy=False)],
    "a way that leads nowhere else": [Choice([[A], [_some(AB)]])],
    "a long way that is tried second": [Choice([[ANY], [A, B, A]])],
}


@pytest.mark.parametrize("expression", LONGEST.values(), ids=LONGEST)
def test_the_first_match_is_the_longest(expression: Expression) -> None:
    """Whatever the text is, nothing longer matches than what is tried first."""
    assert finds_longest(expression)


@pytest.mark.parametrize("expression", SHORTER.values(), ids=SHORTER)
def test_a_longer_match_is_not_the_first(expression: Expression) -> None:
    """There is a text of which Python takes less than could match."""
    assert not finds_longest(expression)


def test_what_is_too_large_to_tell_is_not_told() -> None:
    """Too many states, or too many ways to be in several of them at once."""
    assert not finds_longest([Many([A], 3000, None, greedy=True)])
    assert not finds_longest([Many([AB], 0, None, greedy=True), A, *[AB] * 12])
