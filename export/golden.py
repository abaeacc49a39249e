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

    Rows that not every language can replay are left out: those that scikit-learn refuses, those
    with an infinite number, which JSON cannot say, and those with a NUL in a string, which most
    bindings of ONNX Runtime take for its end.
    """
    parts = []
    for group in groups:
        count = len(group.columns[0])
        wanted = HELD_OUT if group.name == "held-out" else OTHERS
        if count:
            parts.append(take(group.columns, _evenly(count, wanted)))
    columns, answers = answered(reference, signature, stack(parts, len(signature.features)))
    kept = _replayable(columns, answers)
    columns = take(columns, kept)
    return Vectors(
        format=FORMAT,
        rows=tuple(signature.records(columns)),
        outputs={name: array[kept].tolist() for name, array in answers.items()},
    )


def _evenly(count: int, wanted: int) -> list[int]:
    return sorted({int(row) for row in np.linspace(0, count - 1, min(wanted, count))})


def _replayable(columns: Columns, answers: Answers) -> list[int]:
    bad = np.zeros(len(columns[0]), dtype=bool)
    for array in [*columns, *answers.values()]:
        if array.dtype.kind == "f":
            bad |= np.isinf(array).reshape(len(array), -1).any(axis=1)
        elif array.dtype.kind == "O":
            cells = array.reshape(len(array), -1)
            bad |= [any(isinstance(cell, str) and "\0" in cell for cell in row) for row in cells]
    return [int(row) for row in np.flatnonzero(~bad)]
