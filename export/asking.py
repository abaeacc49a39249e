"""How scikit-learn is asked about rows, some of which it may refuse or decide by chance."""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from export.finiteness import finiteness
from export.group import evenly, take
from export.reference import REFUSALS, Answers, Reference, quietly
from export.signature import Signature
from export.table import Columns
from export.ties import deciding

MOST_REFUSED = 10_000
"""So many times, divided by the number of columns, scikit-learn may refuse parts of a table, a
wide one FEWEST_REFUSALS times: to ask it again takes as long as there are columns."""
FEWEST_REFUSALS = 32
ASKED_ALONE = 8
"""Of rows whose numbers are alike not finite, so many are asked alone before all are left out."""


class Asked(NamedTuple):
    """The rows that scikit-learn answers, and its answers."""

    rows: NDArray[np.int64]
    sure: NDArray[np.bool_]
    """Of each of them, whether anything but chance decides its answer (`export.ties`)."""
    answers: Answers


def ask(reference: Reference, signature: Signature, columns: Columns, finest: int = 0) -> Asked:
    """Ask scikit-learn for its answers, but to the rows that it refuses, and so does the service.

    It refuses a whole table for one row, so the rest is found by setting apart the rows whose
    numbers are no longer finite, behind a logarithm or a quotient, and then by halving, the largest
    parts first, down to `finest` rows, and as often as MOST_REFUSED lets it.
    """
    found: list[Asked] = []
    within = np.flatnonzero(signature.within(columns))
    todo = deque([_Part(within)] if len(within) else [])
    refusals = max(MOST_REFUSED // len(columns), FEWEST_REFUSALS)
    while todo:
        part = todo.popleft()
        rows = part.rows
        table = signature.layout.build(
            take(columns, rows) if len(rows) < len(columns[0]) else columns
        )
        try:
            with quietly(), deciding(reference.estimator, len(rows)) as sure:
                answers = reference.answer(table)
        except REFUSALS:
            refusals -= 1
            if len(rows) > max(finest, 1) and refusals > 0:
                todo += part.parts(reference, table)
            continue
        found.append(Asked(rows, sure, answers))
    if not found:
        return Asked(np.empty(0, np.int64), np.empty(0, bool), {})
    found.sort(key=lambda part: part.rows[:1].tolist())
    return Asked(
        np.concatenate([part.rows for part in found]),
        np.concatenate([part.sure for part in found]),
        stacked([part.answers for part in found]),
    )


class _Part(NamedTuple):
    """Rows to ask about."""

    rows: NDArray[np.int64]
    kind: int | None = None
    """How finite their numbers are to the step that refuses them, where that was looked for."""

    def parts(self, reference: Reference, table: Any) -> list["_Part"]:
        """Return the rows in parts, after they were refused: by what they are, then by halves.

        Nothing of rows that are alike not finite, where some of them were asked alone in vain.
        """
        if self.kind is None:
            kinds = finiteness(reference.estimator, table)
            if (kinds == kinds[0]).all():
                return _Part(self.rows, int(kinds[0])).parts(reference, table)
            return [_Part(self.rows[kinds == kind], int(kind)) for kind in np.unique(kinds)]
        if self.kind:
            alone = evenly(len(self.rows), ASKED_ALONE)
            if not any(_answers(reference, _row(table, row)) for row in alone):
                return []
        return [_Part(half, 0) for half in np.array_split(self.rows, 2)]


def _row(table: Any, row: int) -> Any:
    return table.iloc[[row]] if hasattr(table, "iloc") else table[[row]]


def _answers(reference: Reference, table: Any) -> bool:
    try:
        with quietly():
            reference.predict(table)
    except REFUSALS:
        return False
    return True


def stacked(parts: Sequence[Answers]) -> Answers:
    """Return the answers to several tables as those to one; none to none."""
    return {
        name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())
    }
