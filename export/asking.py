"""How scikit-learn is asked about rows, some of which it may refuse or decide by chance."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from export.group import take
from export.reference import Answers, Reference, quietly
from export.signature import Signature
from export.table import Columns
from export.ties import decided

MOST_REFUSED = 10_000
"""So many times, divided by the number of columns, scikit-learn may refuse parts of a table, a
wide one FEWEST_REFUSALS times: to ask it again takes as long as there are columns."""
FEWEST_REFUSALS = 32


def answered(
    reference: Reference, signature: Signature, columns: Columns, finest: int = 0
) -> tuple[NDArray[np.int64], Answers]:
    """Return which rows scikit-learn answers, and its answers.

    Left out are rows that it decides by chance (`export.ties`) and rows that it refuses. It
    refuses a whole table for one row, so the rest is found by halving, the largest parts first,
    down to `finest` rows, and as often as MOST_REFUSED lets it.
    """
    found: list[tuple[NDArray[np.int64], Answers]] = []
    todo = deque([np.arange(len(columns[0]))] if len(columns[0]) else [])
    refusals = max(MOST_REFUSED // len(columns), FEWEST_REFUSALS)
    while todo:
        rows = todo.popleft()
        table = signature.layout.build(
            take(columns, rows) if len(rows) < len(columns[0]) else columns
        )
        try:
            with quietly():
                sure = decided(reference.estimator, table)
                answer = reference.answer(table)
        except (ValueError, IndexError):  # the latter from CategoricalNB
            refusals -= 1
            if len(rows) > max(finest, 1) and refusals > 0:
                todo += np.array_split(rows, 2)
            continue
        found.append((rows[sure], {name: array[sure] for name, array in answer.items()}))
    if not found:
        return np.empty(0, np.int64), {}
    kept, answers = zip(*sorted(found, key=lambda part: part[0][:1].tolist()), strict=True)
    return np.concatenate(kept), stacked(answers)


def stacked(parts: Sequence[Answers]) -> Answers:
    """Return the answers to several tables as those to one; none to none."""
    return {
        name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())
    }
