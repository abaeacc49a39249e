"""What the steps before did to the columns of a graph's tensors: what rounded them, and when.

Trees that compare doubles ask for it, as the numbers that they compare with are those of training.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from export.converters.origins import Origin
from export.converters.values import Frame, TensorName


class Lineage:
    """Remembers it of each tensor, column by column."""

    def __init__(self) -> None:
        self._rounded: dict[TensorName, NDArray[np.bool_]] = {}
        self._origins: dict[TensorName, Sequence[Origin | None]] = {}

    def rounded(self, frame: Frame, *, exact: bool) -> NDArray[np.bool_]:
        """Tell of each column whether scikit-learn may have its numbers rounded otherwise.

        A tensor that no step answered is as precise as what the step being converted made so far:
        to the bit, where that is `exact`.
        """
        parts = [np.empty(0, dtype=bool)]
        for block in frame.blocks:
            marks = self._rounded.setdefault(block.tensor, np.full(block.width, not exact))
            parts.append(marks if block.picks is None else marks[list(block.picks)])
        return np.concatenate(parts)

    def remember_rounded(self, answer: Frame, rounded: NDArray[np.bool_]) -> None:
        """Remember the same of the columns that a step answered, but of those it passed on.

        `rounded` has one value for all columns, or one for each.
        """
        for block in answer.blocks:
            alike = rounded if len(rounded) == block.width else rounded.any()
            self._rounded.setdefault(block.tensor, np.full(block.width, alike))

    def origins(self, frame: Frame, rounded: NDArray[np.bool_]) -> list[Origin | None]:
        """Return what each column was before it was `rounded`; None where that is not known."""
        origins: list[Origin | None] = []
        for column, moved in enumerate(rounded):
            (block,) = frame.select([column]).blocks
            known = self._origins.get(block.tensor)
            if not moved:
                origins.append(Origin(block))
            else:
                origins.append(block.picked(known)[0] if known else None)
        return origins

    def remember_origins(self, answer: Frame, origins: Sequence[Origin | None]) -> None:
        """Remember the same of the columns that a step answered, if they are one whole tensor.

        Where nothing is known, what a step within knew of it holds.
        """
        if any(origins) and len(answer.blocks) == 1 and answer.blocks[0].width == len(origins):
            self._origins[answer.blocks[0].tensor] = origins
