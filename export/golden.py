"""Golden rows: a few rows of every group, with what scikit-learn answered."""

from collections.abc import Sequence

import numpy as np

from export.parity import answered
from export.reference import Answers, Reference
from export.rows import Group, stack, take
from export.signature import Signature
from export.table import Columns
from runtime.manifest import FORMAT, Vectors

HELD_OUT = 16
OTHERS = 4


def golden_vectors(reference: Reference, signature: Signature, groups: Sequence[Group]) -> Vectors:
    """Choose rows evenly from each group and record scikit-learn's answers.

    Rows that scikit-learn refuses, or answers with an infinite number (which JSON cannot
    say), are left out.
    """
    parts = []
    for group in groups:
        count = len(group.columns[0])
        wanted = HELD_OUT if group.name == "held-out" else OTHERS
        if count:
            parts.append(take(group.columns, _evenly(count, wanted)))
    columns, answers = answered(reference, signature, stack(parts, len(signature.features)))
    finite = _finite(columns, answers)
    columns = take(columns, finite)
    return Vectors(
        format=FORMAT,
        rows=tuple(signature.records(columns)),
        outputs={name: array[finite].tolist() for name, array in answers.items()},
    )


def _evenly(count: int, wanted: int) -> list[int]:
    return sorted({int(row) for row in np.linspace(0, count - 1, min(wanted, count))})


def _finite(columns: Columns, answers: Answers) -> list[int]:
    bad = np.zeros(len(columns[0]), dtype=bool)
    for array in [*columns, *answers.values()]:
        if array.dtype.kind == "f":
            bad |= np.isinf(array).reshape(len(array), -1).any(axis=1)
    return [int(row) for row in np.flatnonzero(~bad)]
