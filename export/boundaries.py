"""Rows on both sides of a classifier's decision boundaries, found by bisection."""

import numpy as np
from numpy.typing import NDArray

from export.reference import Reference, predictions
from export.signature import Signature
from export.table import Columns, Layout

MOST_PAIRS = 250
STEPS_TO_THE_BIT = 64
STEPS_TO_ROUNDING = 30  # 2**-30 is 1e-9 of the way between two rows


def boundary_rows(
    reference: Reference,
    signature: Signature,
    columns: Columns,
    exact: bool,
    rng: np.random.Generator,
) -> Columns:
    """Return pairs of rows of different labels, as near to each other as `exact` asks.

    Each pair lies on the way between two held-out rows that have different labels; only
    floats of any value change on the way. No rows for estimators without labels.
    """
    layout = signature.layout
    floats = [
        i for i, f in enumerate(signature.features) if f.dtype == "float64" and f.values is None
    ]
    if reference.task not in ("classification", "outlier_detection") or not floats:
        return [column[:0] for column in columns]
    start, end = _pairs(_labels(reference, layout, columns), rng)
    if not len(start):
        return [column[:0] for column in columns]
    here = [column[start] for column in columns]
    there = [columns[i][end] if i in floats else here[i] for i in range(len(columns))]
    label = _labels(reference, layout, here)
    crossing = (_labels(reference, layout, there) != label) & _finite(here, there, floats)
    here = [column[crossing] for column in here]
    there = [column[crossing] for column in there]
    label = label[crossing]
    if not len(label):
        return here
    for _ in range(STEPS_TO_THE_BIT if exact else STEPS_TO_ROUNDING):
        middle = [
            here[i] + (there[i] - here[i]) / 2 if i in floats else here[i] for i in range(len(here))
        ]
        same = _labels(reference, layout, middle) == label
        for i in floats:
            here[i] = np.where(same, middle[i], here[i])
            there[i] = np.where(same, there[i], middle[i])
    return [np.concatenate(pair) for pair in zip(here, there, strict=True)]


def _labels(reference: Reference, layout: Layout, columns: Columns) -> NDArray[np.generic]:
    return predictions(reference.estimator, layout.build(columns))


def _pairs(
    labels: NDArray[np.generic], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw pairs of rows of different labels."""
    start = rng.integers(0, len(labels), MOST_PAIRS * 4)
    end = rng.integers(0, len(labels), MOST_PAIRS * 4)
    different = np.flatnonzero(labels[start] != labels[end])[:MOST_PAIRS]
    return start[different], end[different]


def _finite(here: Columns, there: Columns, floats: list[int]) -> NDArray[np.bool_]:
    finite = np.ones(len(here[0]), dtype=bool)
    for i in floats:
        finite &= np.isfinite(here[i]) & np.isfinite(there[i])
    return finite
