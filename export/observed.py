"""What the report and the metrics need of the answers, kept in memory that does not grow with them.

Of the held-out rows it keeps what was predicted and how surely; of all others, counts.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.group import HELD_OUT, evenly
from export.parity import Compared
from export.reference import Answers, as_labels
from runtime.comparison import ulp_distance

MOST_POINTS = 400
ULP_BINS = (("0", 0), ("1", 1), ("2-4", 4), ("5-16", 16), ("17-256", 256), (">256", 2**64 - 1))


class Observed:
    """Watches the comparison; `truth` is the target of the held-out rows, or None."""

    def __init__(self, truth: Any) -> None:
        self._truth = None if truth is None else np.asarray(truth)
        self._held_out: list[tuple[NDArray[Any], ...]] = []
        self._points: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        self.counts = np.zeros(len(ULP_BINS), np.int64)
        """How many numbers differ by how much, by the bins."""

    def watch(self, part: Compared) -> None:
        """Look at some rows of a group."""
        numbers = [name for name, array in part.expected.items() if array.dtype.kind == "f"]
        for name in numbers:
            self.counts += _binned(part.expected[name], part.actual[name])
        if part.group == HELD_OUT and numbers:
            self._points.append(_points(part, numbers[0]))

    def hear(self, group: str, rows: NDArray[np.int64], answers: Answers) -> None:
        """Hear scikit-learn's answers to some rows of a group, those by chance, too."""
        if group == HELD_OUT and self._truth is not None and "transformed" not in answers:
            self._held_out.append(_kept(self._truth[rows], answers))

    @property
    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Some numbers of the held-out rows: scikit-learn's, and the graph's."""
        if not self._points:
            return np.empty(0), np.empty(0)
        expected, actual = zip(*self._points, strict=True)
        return np.concatenate(expected), np.concatenate(actual)

    @property
    def held_out(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None:
        """The truth, what was predicted, and the greatest probability, of each held-out row.

        None where there is no truth to compare with.
        """
        if not self._held_out:
            return None
        truth, predicted, confidence = map(np.concatenate, zip(*self._held_out, strict=True))
        return truth, predicted, confidence


def _binned(expected: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.int64]:
    last = np.array([last for _, last in ULP_BINS], np.uint64)
    bins = np.searchsorted(last, ulp_distance(expected, actual).ravel())
    return np.bincount(bins, minlength=len(last))


def _points(part: Compared, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a number of some rows, taking turns among the columns."""
    rows = np.flatnonzero(np.isin(part.positions, evenly(part.rows, MOST_POINTS)))
    both = (array[name].reshape(len(part.positions), -1) for array in (part.expected, part.actual))
    expected, actual = (array[rows, rows % array.shape[1]] for array in both)
    return expected, actual


def _kept(true: NDArray[Any], answers: Answers) -> tuple[NDArray[Any], ...]:
    predicted = answers["prediction" if "prediction" in answers else "label"]
    if true.size == predicted.size:
        true = true.reshape(predicted.shape)  # a frame of one column is a target, too
    true = true.astype(np.float64) if "prediction" in answers else as_labels(true)
    confidence = np.full(len(true), np.nan)
    if "probabilities" in answers:
        confidence = answers["probabilities"].max(axis=1)
    return true, predicted, confidence
