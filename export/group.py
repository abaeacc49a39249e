"""Groups of rows to compare, and what such rows are made from. Knows nothing of graphs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.reference import Reference
from export.signature import Signature
from export.table import Columns

Positions = slice | NDArray[np.int64]
HELD_OUT = "held-out"
TRAINING = "training"
"""The names of the groups of all rows that were held out, and of some of training."""

MOST_HELD_OUT = 5_000
MOST_TRAINED = 20_000
MOST_CELLS = 8_000_000
"""Rows are made from so many held-out and training rows at most, spread evenly over the table,
and from fewer of wide tables."""


@dataclass(frozen=True)
class Group:
    """Some rows and the question that they ask; made part by part, as there may be millions."""

    name: str
    rows: int
    part: Callable[[Positions], Columns]

    @classmethod
    def of(cls, name: str, columns: Columns) -> "Group":
        """Return the group of rows that are in memory."""
        return cls(name, len(columns[0]), lambda positions: take(columns, positions))

    @classmethod
    def changed(
        cls,
        name: str,
        base: Columns,
        rows: NDArray[np.int64],
        features: NDArray[np.int64],
        values: NDArray[Any],
    ) -> "Group":
        """Return the group of some rows of `base`, each with one of its features changed."""

        def part(positions: Positions) -> Columns:
            columns = take(base, rows[positions])
            changed, new = features[positions], values[positions]
            for index in np.unique(changed):
                here = changed == index
                columns[index][here] = new[here].astype(columns[index].dtype)
            return columns

        return cls(name, len(rows), part)

    @classmethod
    def joined(cls, name: str, groups: Sequence["Group"], width: int) -> "Group":
        """Return the rows of several groups, of `width` columns, one under another."""
        ends = np.cumsum([0, *(group.rows for group in groups)])

        def part(positions: Positions) -> Columns:
            places = np.arange(ends[-1])[positions]
            owner = np.searchsorted(ends, places, side="right") - 1
            return stack(
                [
                    groups[number].part(places[owner == number] - ends[number])
                    for number in np.unique(owner)
                ],
                width,
            )

        return cls(name, int(ends[-1]), part)

    def parts(self, rows: int) -> Iterator[tuple[int, Columns]]:
        """Yield all rows in order, at most so many at once, and where each part begins."""
        for start in range(0, self.rows, rows):
            yield start, self.part(slice(start, min(start + rows, self.rows)))


@dataclass(frozen=True)
class Ground:
    """What rows are made from: the estimator, its signature, and some of its data."""

    reference: Reference
    signature: Signature
    held_out: Columns
    trained: Columns
    exact: bool
    """Whether every bit is promised: then rows stand at the very edge of a decision."""

    @classmethod
    def of(
        cls, reference: Reference, signature: Signature, train: Any, held_out: Any, *, exact: bool
    ) -> "Ground":
        """Take some rows of the training and of the held-out table."""
        layout = signature.layout
        most = max(MOST_CELLS // max(len(signature.features), 1), 1)
        some, trained = (
            layout.split(layout.take(table, evenly(len(table), min(count, most))))
            for table, count in ((held_out, MOST_HELD_OUT), (train, MOST_TRAINED))
        )
        return cls(reference, signature, some, trained, exact)

    def table(self, columns: Columns) -> Any:
        """Return columns as the table that scikit-learn is fed."""
        return self.signature.layout.build(columns)


def take(columns: Columns, rows: Any) -> Columns:
    """Return some rows, by position or mask."""
    return [column[rows] for column in columns]


def stack(parts: Sequence[Columns], width: int) -> Columns:
    """Return rows one under another; no rows of `width` columns where there is no part."""
    if not parts:
        return [np.empty(0)] * width
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def evenly(count: int, wanted: int) -> NDArray[np.int64]:
    """Return at most `wanted` of the positions up to `count`, spread evenly, in order."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).astype(np.int64))
