"""Rows on both sides of a decision boundary, found by bisection."""

import numpy as np
from numpy.typing import NDArray

from export.asking import ask
from export.group import Ground, take
from export.reference import REFUSALS
from export.table import Columns

MOST_PAIRS = 250

STEPS_TO_THE_BIT = 64
"""Until the two are neighbours."""

STEPS_TO_ROUNDING = 30
"""2**-30 is 1e-9 of the way between two rows: so far at least is each from the boundary."""


def boundary_rows(ground: Ground, rng: np.random.Generator) -> Columns:
    """Return pairs of rows of different labels, as near to each other as the ground asks.

    Each pair lies on the way between two held-out rows that have different labels; only
    floats of any value change on the way, and none that is missing at one of its ends. No rows
    for estimators without labels.
    """
    floats = [
        index
        for index, feature in enumerate(ground.signature.features)
        if feature.dtype == "float64" and feature.values is None
    ]
    if ground.reference.task in ("regression", "transformation") or not floats:
        return take(ground.held_out, slice(0, 0))
    columns, labels = _answered(ground)
    start, end = _pairs(labels, rng)
    here, there = take(columns, start), take(columns, start)
    for index in floats:
        goal = columns[index][end]
        there[index] = np.where(np.isfinite(goal - here[index]), goal, here[index])
    label = _labels(ground, here)
    crossing = _differ(_labels(ground, there), label)
    here, there, label = take(here, crossing), take(there, crossing), label[crossing]
    if not len(label):
        return here
    for _ in range(STEPS_TO_THE_BIT if ground.exact else STEPS_TO_ROUNDING):
        middle = [
            one + (other - one) / 2 if index in floats else one
            for index, (one, other) in enumerate(zip(here, there, strict=True))
        ]
        moved = _differ(_labels(ground, middle), label)
        for index in floats:
            here[index] = np.where(moved, here[index], middle[index])
            there[index] = np.where(moved, middle[index], there[index])
    if not ground.exact:
        # Where the boundary is within rounding of one of the two, nobody can say on which side.
        for index in floats:
            step = there[index] - here[index]
            here[index], there[index] = here[index] - step, there[index] + step
    return [np.concatenate(pair) for pair in zip(here, there, strict=True)]


def _answered(ground: Ground) -> tuple[Columns, NDArray[np.generic]]:
    """Return the held-out rows that scikit-learn does not refuse, and their labels."""
    columns = ground.held_out
    try:
        return columns, _labels(ground, columns)
    except REFUSALS:
        columns = take(columns, ask(ground.reference, ground.signature, columns).rows)
        return columns, _labels(ground, columns)


def _labels(ground: Ground, columns: Columns) -> NDArray[np.generic]:
    """Return the labels of some rows, [N] or [N, targets]."""
    if not len(columns[0]):
        return np.empty(0)
    return ground.reference.predict(ground.table(columns))


def _differ(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Tell which rows have different labels."""
    return (one != other).reshape(len(one), -1).any(axis=1) if len(one) else np.zeros(0, bool)


def _pairs(
    labels: NDArray[np.generic], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw pairs of rows of different labels."""
    start, end = rng.integers(0, max(len(labels), 1), (2, MOST_PAIRS * 4 if len(labels) else 0))
    different = np.flatnonzero(_differ(labels[start], labels[end]))[:MOST_PAIRS]
    return start[different], end[different]
