"""Whether the match that Python prefers is always the longest one. Knows nothing of `re` or RE2.

Python tries the ways through a pattern one after another, and takes the first that fits; ONNX
Runtime's tokenizer takes the longest match. Both are followed here over all texts at once: as an
ordered list of the ways that are still open, and as the set of them (Cox, *Regular Expression
Matching: the Virtual Machine Approach*, 2009).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_MOST_STATES = 2_000
_MOST_PAIRS = 5_000


@dataclass(frozen=True, eq=False)
class One:
    """One character, of those that are members; bool [code points]."""

    members: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Many:
    """An expression several times; `most` is None for any number of times."""

    inner: "Expression"
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, eq=False)
class Choice:
    """One of several expressions, the first being tried first."""

    ways: list["Expression"]


Expression: TypeAlias = list[One | Many | Choice]


class _Machine:
    """The states of an expression: each eats one character, or leads on to others in order."""

    def __init__(self) -> None:
        self.eats: list[One | None] = []
        self.next: list[list[int]] = []
        self.end = self.state(None, [])

    def state(self, eats: One | None, leads_to: list[int]) -> int:
        if len(self.eats) >= _MOST_STATES:
            raise OverflowError
        self.eats.append(eats)
        self.next.append(leads_to)
        return len(self.eats) - 1

    def add(self, expression: Expression, after: int) -> int:
        """Add an expression that `after` follows, and return its first state."""
        for part in reversed(expression):
            after = self._part(part, after)
        return after

    def _part(self, part: One | Many | Choice, after: int) -> int:
        if isinstance(part, One):
            return self.state(part, [after])
        if isinstance(part, Choice):
            return self.state(None, [self.add(way, after) for way in part.ways])
        if part.most is None:
            start = self.state(None, [])
            self.next[start] = self._ordered(part, self.add(part.inner, start), after)
            after = start
        else:
            end = after
            for _ in range(part.most - part.least):
                after = self.state(None, self._ordered(part, self.add(part.inner, after), end))
        for _ in range(part.least):
            after = self.add(part.inner, after)
        return after

    @staticmethod
    def _ordered(part: Many, again: int, after: int) -> list[int]:
        return [again, after] if part.greedy else [after, again]

    def closed(self, states: tuple[int, ...]) -> tuple[int, ...]:
        """Return the states that eat, or the end, that lead on from these, in order."""
        found: dict[int, None] = {}
        seen: set[int] = set()
        todo = list(reversed(states))
        while todo:
            state = todo.pop()
            if state in seen:
                continue
            seen.add(state)
            if self.eats[state] is None and state != self.end:
                todo += reversed(self.next[state])
            else:
                found[state] = None
        return tuple(found)

    def after(self, states: tuple[int, ...], character: int) -> tuple[int, ...]:
        """Return the states after one character."""
        eaten = [
            self.next[state][0]
            for state in states
            if (one := self.eats[state]) is not None and one.members[character]
        ]
        return self.closed(tuple(eaten))


def finds_longest(expression: Expression) -> bool:
    """Tell whether the first match in the order of trying is the longest one, for every text.

    False, too, for an expression that is too large to tell.
    """
    machine = _Machine()
    try:
        start = machine.closed((machine.add(expression, machine.end),))
    except OverflowError:
        return False
    kinds = _kinds(machine)
    todo = [(_cut(machine, start), frozenset(start))]
    seen = set(todo)
    while todo:
        first, every = todo.pop()
        if machine.end in every and machine.end not in first:
            return False
        for character in kinds:
            pair = (
                _cut(machine, machine.after(first, character)),
                frozenset(machine.after(tuple(sorted(every)), character)),
            )
            if pair not in seen:
                seen.add(pair)
                todo.append(pair)
        if len(seen) > _MOST_PAIRS:
            return False
    return True


def _cut(machine: _Machine, states: tuple[int, ...]) -> tuple[int, ...]:
    """Drop the states behind the end: what matched is not given up for a way tried later."""
    if machine.end in states:
        return states[: states.index(machine.end) + 1]
    return states


def _kinds(machine: _Machine) -> list[int]:
    """Return one character of each kind that the expression tells apart."""
    classes = {id(one.members): one.members for one in machine.eats if one is not None}
    codes = np.zeros(len(next(iter(classes.values()))), dtype=np.int64)
    for members in classes.values():
        _, codes = np.unique(codes * 2 + members, return_inverse=True)
    _, places = np.unique(codes, return_index=True)
    return [int(place) for place in places]
