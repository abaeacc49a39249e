"""Golden rows: a few rows of every group, with what scikit-learn answered."""

import numpy as np
from numpy.typing import NDArray

from export.asking import stacked
from export.group import HELD_OUT, evenly, stack
from export.parity import Compared
from export.signature import Signature
from runtime.manifest import FORMAT, Vectors

MOST_HELD_OUT = 16
MOST_OTHERS = 4


class Golden:
    """Picks rows evenly from each group that is compared, and keeps scikit-learn's answers.

    Rows that not every language can replay are left out: those with an infinite number, which
    JSON cannot say, and those with a NUL in a string, which most bindings of ONNX Runtime take
    for its end.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._picked: list[Compared] = []

    def watch(self, part: Compared) -> None:
        """Look at some rows of a group."""
        wanted = evenly(part.rows, MOST_HELD_OUT if part.group == HELD_OUT else MOST_OTHERS)
        picked = part.take(np.isin(part.positions, wanted))
        if len(picked.positions):
            self._picked.append(picked)

    def vectors(self) -> Vectors:
        """Return the rows that were picked."""
        columns = stack([each.columns for each in self._picked], len(self._signature.features))
        answers = stacked([each.expected for each in self._picked])
        kept = _replayable([*columns, *answers.values()])
        return Vectors(
            format=FORMAT,
            rows=tuple(self._signature.records([column[kept] for column in columns])),
            outputs={name: array[kept].tolist() for name, array in answers.items()},
        )


def _replayable(arrays: list[NDArray[np.generic]]) -> NDArray[np.bool_]:
    """Tell which rows have no number that is infinite, and no string with a NUL."""
    kept = np.ones(len(arrays[0]), dtype=bool)
    for array in arrays:
        cells = array.reshape(len(array), -1)
        if array.dtype.kind == "f":
            kept &= ~np.isinf(cells).any(axis=1)
        elif array.dtype.kind == "O":
            kept &= ["\0" not in "".join(filter(None, row)) for row in cells]
    return kept
