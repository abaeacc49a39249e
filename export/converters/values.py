"""What flows between converters: tensors, frames of columns, and the answers of predictors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NewType

import numpy as np

TensorName = NewType("TensorName", str)
"""The name of a tensor of the graph."""


@dataclass(frozen=True)
class Block:
    """Some columns of one tensor `[N, width]`, in order; `picks` is None for all of them."""

    tensor: TensorName
    width: int
    is_string: bool
    picks: tuple[int, ...] | None = None
    absent: tuple[Any, ...] = ()
    """What stands for a missing value in each column of the tensor, as scikit-learn sees it:
    None, NaN or pandas.NA. NaN everywhere where it is not said."""
    known: tuple[tuple[str, ...] | None, ...] = ()
    """The strings that each column of the tensor had in training, None where they are too many."""
    dtypes: tuple[Any, ...] = ()
    """The dtype, of numpy, that each column has in scikit-learn; None for doubles. None everywhere
    where it is not said."""
    labels: tuple[Any, ...] = ()
    """What each column of the tensor is called, where it is the user's data frame's own."""
    places: TensorName | None = None
    """Of a wide table, of which the tensor [N, held] holds, of each row, but the columns that it
    has, ascending: which column each number is in, int64, of the same shape. Zeros fill rows up, at
    any place. None where the tensor holds all columns."""
    held: tuple[int, int] = (0, 0)
    """Of such a table, how many columns a row may have: so many, and so many for each character."""
    hashed: bool = False
    """Whether columns are hashes, of which there may be far more than any table can have."""

    @property
    def columns(self) -> int:
        """How many columns the block has."""
        return self.width if self.picks is None else len(self.picks)

    def picked(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return, of one value for each column of the tensor, those of the block's columns."""
        return values if self.picks is None else [values[i] for i in self.picks]

    def take(self, indices: Sequence[int]) -> "Block":
        """Return the block with these of its columns."""
        chosen = tuple(indices) if self.picks is None else tuple(self.picks[i] for i in indices)
        whole = chosen == tuple(range(self.width))
        return replace(self, picks=None if whole else chosen)


@dataclass(frozen=True)
class Frame:
    """A table of N rows as scikit-learn sees it, numbers and strings side by side.

    Selecting columns costs nothing in the graph until a step asks for a tensor.
    """

    blocks: tuple[Block, ...]
    sparse: bool = False
    """Whether scikit-learn has it as a sparse matrix, in which XGBoost misses what is 0."""

    @classmethod
    def of(
        cls,
        tensor: TensorName,
        width: int,
        is_string: bool = False,
        absent: tuple[Any, ...] = (),
        known: tuple[tuple[str, ...] | None, ...] = (),
        *,
        dtypes: tuple[Any, ...] = (),
        labels: tuple[Any, ...] = (),
    ) -> "Frame":
        """Return the frame of one whole tensor `[N, width]`."""
        return cls((Block(tensor, width, is_string, None, absent, known, dtypes, labels),))

    @classmethod
    def concat(cls, frames: Iterable["Frame"]) -> "Frame":
        """Return frames side by side; one that is sparse makes the whole sparse."""
        parts = list(frames)
        blocks = tuple(block for frame in parts for block in frame.blocks)
        return cls(blocks, any(frame.sparse for frame in parts))

    @classmethod
    def side_by_side(cls, blocks: Iterable[Block]) -> "Frame":
        """Return blocks as a frame, those next to each other of one tensor as one block."""
        merged: list[Block] = []
        for block in blocks:
            if merged and merged[-1].tensor == block.tensor and merged[-1].places is None:
                last = merged.pop()
                picks = *last.picked(range(last.width)), *block.picked(range(block.width))
                merged.append(replace(last, picks=None).take(picks))
            else:
                merged.append(block)
        return cls(tuple(merged))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(block.columns for block in self.blocks)

    @property
    def string_columns(self) -> tuple[bool, ...]:
        """For each column, whether it holds strings."""
        return tuple(block.is_string for block in self.blocks for _ in range(block.columns))

    @property
    def absent(self) -> tuple[Any, ...]:
        """For each column, what stands for a missing value: None, NaN or pandas.NA."""
        return tuple(
            marker
            for block in self.blocks
            for marker in block.picked(block.absent or (np.nan,) * block.width)
        )

    @property
    def dtypes(self) -> tuple[Any, ...]:
        """For each column, its dtype in scikit-learn; None for doubles."""
        return tuple(
            dtype
            for block in self.blocks
            for dtype in block.picked(block.dtypes or (None,) * block.width)
        )

    @property
    def labels(self) -> tuple[Any, ...]:
        """For each column, what it is called in the user's data frame; None for others."""
        return tuple(
            label
            for block in self.blocks
            for label in block.picked(block.labels or (None,) * block.width)
        )

    @property
    def known(self) -> tuple[tuple[str, ...] | None, ...]:
        """For each column, the strings that it had in training; None where nobody can tell."""
        return tuple(
            strings
            for block in self.blocks
            for strings in block.picked(block.known or (None,) * block.width)
        )

    def unlabelled(self) -> "Frame":
        """Return the frame as a step answers it, whose columns may be called otherwise."""
        return replace(self, blocks=tuple(replace(each, labels=()) for each in self.blocks))

    def as_array(self) -> "Frame":
        """Return the frame as one array has it, of one dtype for all its columns."""
        numbers = [
            np.dtype(np.float64) if dtype is None else dtype
            for dtype, is_string in zip(self.dtypes, self.string_columns, strict=True)
            if not is_string
        ]
        return self.typed(np.result_type(*numbers) if numbers else np.float64)

    def typed(self, dtype: Any) -> "Frame":
        """Return the frame as an array of this dtype has it."""
        whole = None if dtype == np.float64 else np.dtype(dtype)
        return replace(
            self,
            blocks=tuple(replace(each, dtypes=(whole,) * each.width) for each in self.blocks),
        )

    def as_doubles(self) -> "Frame":
        """Return the frame as an array of doubles has it: NaN for all that is missing."""
        return replace(
            self, blocks=tuple(replace(each, absent=(), dtypes=()) for each in self.blocks)
        )

    def select(self, indices: Sequence[int]) -> "Frame":
        """Return the frame with these columns, in this order."""
        owners = [
            (number, column)
            for number, block in enumerate(self.blocks)
            for column in range(block.columns)
        ]
        blocks: list[Block] = []
        run: list[int] = []
        for position, index in enumerate(indices):
            number, column = owners[index]
            run.append(column)
            last = position + 1 == len(indices)
            if last or owners[indices[position + 1]][0] != number:
                blocks.append(self.blocks[number].take(run))
                run = []
        return Frame(tuple(blocks), self.sparse)


@dataclass(frozen=True)
class Classified:
    """A classifier's answer.

    `index` is each row's class, as an index into `classes_`, int64 [N]; probabilities are
    [N, classes], scores [N] or [N, classes], float64.
    """

    index: TensorName
    probabilities: TensorName | None = None
    scores: TensorName | None = None


@dataclass(frozen=True)
class MultiClassified:
    """The answer of a classifier of several targets, one `Classified` for each."""

    targets: tuple[Classified, ...]


@dataclass(frozen=True)
class MultiLabelled:
    """The answer of a classifier that may give a row several labels at once.

    `label` tells of each whether it applies, int64 [N, labels] of 0 and 1; probabilities that
    it does, or scores, are float64 [N, labels].
    """

    label: TensorName
    probabilities: TensorName | None = None
    scores: TensorName | None = None


@dataclass(frozen=True)
class Regressed:
    """A regressor's answer: float64 [N], or [N, targets] where there are several targets."""

    values: TensorName


@dataclass(frozen=True)
class Clustered:
    """A clusterer's answer: int64 labels [N].

    With distances or probabilities, float64 [N, clusters], where it has them.
    """

    label: TensorName
    distances: TensorName | None = None
    probabilities: TensorName | None = None


@dataclass(frozen=True)
class Flagged:
    """An outlier detector's answer: int64 labels [N], 1 or -1, and float64 scores [N]."""

    label: TensorName
    scores: TensorName


Answer = Frame | Classified | MultiClassified | MultiLabelled | Regressed | Clustered | Flagged
