"""Rows at the thresholds of trees: the neighbouring numbers between which a node decides.

Every node that compares a number gets rows of its own: one that comes through this node, in
which the number that decides there is put on either side of the threshold. So whatever the node
says is heard in the answer, and so are the leaves below it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from export.crossings import Crossings
from export.group import Ground, Group, evenly, take

MOST_VISITS = 20_000_000
MOST_CELLS = 20_000_000
"""The whole estimator answers so many rows at most that rows and trees, or rows and features,
multiplied stay below these."""


def threshold_group(ground: Ground, crossings: Sequence[Crossings]) -> tuple[Group, int]:
    """Return the rows at all thresholds, or at so many as can be afforded, and at how many."""
    nodes = sum(len(each.nodes) for each in crossings)
    if not nodes:
        return Group.of("thresholds", take(ground.held_out, slice(0, 0))), 0
    each_node = 6 if ground.exact else 2
    trees = sum(len(each.trees) for each in crossings)
    most = min(MOST_VISITS // trees, MOST_CELLS // len(ground.trained)) // each_node
    some = evenly(nodes, most)
    row, feature, below, above = (
        np.concatenate(parts)[some]
        for parts in zip(
            *((c.nodes.row, c.feature, c.edges.below, c.edges.above) for c in crossings),
            strict=True,
        )
    )
    return Group.changed(
        "thresholds",
        ground.trained,
        np.repeat(row, each_node),
        np.repeat(feature, each_node),
        values_beside(ground, feature, below, above).ravel(),
    ), len(some)


def values_beside(
    ground: Ground,
    feature: NDArray[np.int64],
    below: NDArray[np.float64],
    above: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the numbers to put beside each threshold, [thresholds, numbers].

    The last below and the first above; where every bit is promised, also the neighbours of
    these two in double and in single precision. Whole numbers are those around.
    """
    whole = np.array([each.dtype == "int64" for each in ground.signature.features])[feature]
    low, high = np.floor(below), np.ceil(above)
    pairs = [(np.where(whole, low, below), np.where(whole, high, above))]
    if ground.exact:
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
