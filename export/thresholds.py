"""Rows at the thresholds of trees: the neighbouring numbers between which a node decides.

Every node that compares a number gets rows of its own: one that comes through this node, in
which the number that decides there is put on either side of the threshold. So whatever the node
says is heard in the answer, and so are the leaves below it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from export.crossings import Crossings
from export.group import Ground, Group, evenly

MOST_VISITS = 20_000_000
MOST_CELLS = 20_000_000
"""The whole estimator answers so many rows at most that rows and trees, or rows and features,
multiplied stay below these."""


def threshold_group(ground: Ground, crossings: Sequence[Crossings]) -> tuple[Group, int]:
    """Return the rows at all thresholds, or at so many as can be afforded, and at how many."""
    nodes = sum(len(each.nodes) for each in crossings)
    trees = sum(len(each.splits.trees) for each in crossings)
    rows = min(MOST_VISITS // max(trees, 1), MOST_CELLS // len(ground.trained))
    groups, tried = [], 0
    for each in crossings:
        share = rows // each.rows_each * len(each.nodes) // max(nodes, 1)
        some = evenly(len(each.nodes), share)
        groups.append(rows_beside("thresholds", ground, each, some))
        tried += len(some)
    return Group.joined("thresholds", groups, len(ground.trained)), tried


def rows_beside(name: str, ground: Ground, crossings: Crossings, some: NDArray[np.int64]) -> Group:
    """Return the rows beside the thresholds of some crossings, those of one after another."""
    return Group.changed(
        name,
        ground.trained,
        np.repeat(crossings.nodes.row[some], crossings.rows_each),
        np.repeat(crossings.feature[some], crossings.rows_each),
        _values(ground, crossings, some).ravel(),
    )


def _values(ground: Ground, crossings: Crossings, some: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the numbers to put beside each threshold, [thresholds, rows_each].

    The last below and the first above; where every bit is promised, also the neighbours of
    these two in double and in single precision. Whole numbers are those around.
    """
    feature, edges = crossings.feature[some], crossings.edges
    below, above = edges.below[some], edges.above[some]
    whole = np.array([each.dtype == "int64" for each in ground.signature.features])[feature]
    low, high = np.floor(below), np.ceil(above)
    pairs = [(np.where(whole, low, below), np.where(whole, high, above))]
    if crossings.exact:
        further = np.where(whole, low - 1, np.nextafter(below, -np.inf))
        beyond = np.where(whole, high + 1, np.nextafter(above, np.inf))
        pairs.append((further, beyond))
        pairs.append(
            (
                np.where(whole, further, _single(below, -np.inf)),
                np.where(whole, beyond, _single(above, np.inf)),
            )
        )
    return np.column_stack([number for pair in pairs for number in pair])


def _single(values: NDArray[np.float64], toward: float) -> NDArray[np.float64]:
    """Return the next numbers in single precision, in one direction."""
    return np.nextafter(values.astype(np.float32), np.float32(toward)).astype(np.float64)
