"""The nodes of trees, each with a row that comes through it and the edges between which it decides.

The numbers are the user's, before the steps in front of the trees (`export.edges`).
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.edges import Edges, Search, movable, moves, places_of
from export.group import Ground, evenly, take
from export.splits import NOBODY, Splits, Tree, splits_of

MOST_SIGHTS = 20
MOST_VISITS = 10_000_000
"""So many times, rows and trees multiplied, trees are asked by which row they are reached."""
MOST_CELLS = 8_000_000
MOST_TOGETHER = 2_000
"""Of columns that several features move, so many nodes are searched."""
ATTEMPTS = 4


@dataclass(frozen=True)
class Nodes:
    """Nodes that compare numbers, those of all trees in their order, as arrays of one length."""

    tree: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: NDArray[np.float64]
    row: NDArray[np.int64]
    """A training row of the ground that comes through this node, as far as there is one."""

    def __len__(self) -> int:
        return len(self.tree)

    def take(self, which: NDArray[np.int64]) -> "Nodes":
        """Return some of the nodes."""
        return Nodes(self.tree[which], self.column[which], self.threshold[which], self.row[which])


@dataclass(frozen=True)
class Crossings:
    """Nodes with the feature that decides there, and the edges between which it does."""

    splits: Splits
    nodes: Nodes
    feature: NDArray[np.int64]
    edges: Edges
    of: int
    """How many nodes compare what a number of the table moves, or may: these, and others."""
    exact: bool

    @property
    def rows_each(self) -> int:
        """How many rows stand beside each threshold (`export.thresholds`)."""
        return 6 if self.exact else 2


def crossings_of(ground: Ground) -> list[Crossings]:
    """Search all trees inside the estimator, for each thing that trees see."""
    every = splits_of(ground.reference.estimator) if len(movable(ground)) else []
    if not every:
        return []
    places = places_of(ground)
    searched = set(evenly(len(every), MOST_SIGHTS).tolist())
    found = []
    for index, splits in enumerate(every):
        crossings = _unsearched(ground, splits)
        if index in searched:
            with suppress(ValueError):  # a step before the trees refuses such numbers
                crossings = _crossings(ground, splits, places)
        found.append(crossings)
    return found


def _unsearched(ground: Ground, splits: Splits) -> Crossings:
    """Return no crossings of the nodes that there are."""
    none, nowhere = np.zeros(0, np.int64), np.zeros(0)
    return Crossings(
        splits=splits,
        nodes=Nodes(none, none, nowhere, none),
        feature=none,
        edges=Edges(nowhere, nowhere, none.astype(bool)),
        of=sum(int(tree.compares.sum()) for tree in splits.trees),
        exact=ground.exact,
    )


def _crossings(ground: Ground, splits: Splits, places: NDArray[np.float64]) -> Crossings:
    moved = moves(ground, splits, places)
    nodes, unseen = _nodes(ground, splits, moved.shape[1])
    movers = moved.sum(axis=0)[nodes.column]
    alone, together = np.flatnonzero(movers == 1), np.flatnonzero(movers > 1)
    some = together[evenly(len(together), MOST_TOGETHER)]
    parts = [
        _alone(ground, splits, nodes.take(alone), moved, places),
        _together(ground, splits, nodes.take(some), moved, places),
    ]
    which = np.concatenate([alone, some])
    features, edges = zip(*parts, strict=True)
    found = np.concatenate([each.found for each in edges])
    return Crossings(
        splits=splits,
        nodes=nodes.take(which[found]),
        feature=np.concatenate(features)[found],
        edges=Edges(
            np.concatenate([each.below for each in edges])[found],
            np.concatenate([each.above for each in edges])[found],
            found[found],
        ),
        of=len(alone) + len(together) + unseen,
        exact=ground.exact,
    )


def _nodes(ground: Ground, splits: Splits, width: int) -> tuple[Nodes, int]:
    """Return the nodes of all trees that see nothing but these columns; and how many others do."""
    most = max(min(MOST_VISITS // len(splits.trees), MOST_CELLS // width), 1)
    rows = evenly(len(ground.trained[0]), most)
    seen = splits.seen(ground.table(take(ground.trained, rows))).astype(splits.number)
    none = np.zeros(0, np.int64)
    parts = [(none, none, np.zeros(0), none)]
    others = 0
    for number, tree in enumerate(splits.trees):
        which = np.flatnonzero(tree.compares)
        if not _sees(tree, width):
            others += len(which)
            continue
        row = tree.reaching_row(seen)[which]
        row = rows[np.where(row == NOBODY, which % len(rows), row)]
        parts.append((np.full(len(which), number), tree.feature[which], tree.threshold[which], row))
    return Nodes(*(np.concatenate(each) for each in zip(*parts, strict=True))), others


def _sees(tree: Tree, width: int) -> bool:
    """Tell whether a tree sees these columns: one of a chain sees what others answer, too.

    scikit-learn's own trees are asked, and take as many columns as they were given, no others.
    """
    if hasattr(tree.source, "n_features"):
        return int(tree.source.n_features) == (width if tree.picks is None else len(tree.picks))
    return int(tree.feature[~tree.leaf].max(initial=0)) < width


def _alone(
    ground: Ground,
    splits: Splits,
    nodes: Nodes,
    moved: NDArray[np.bool_],
    places: NDArray[np.float64],
) -> tuple[NDArray[np.int64], Edges]:
    """Search for thresholds of columns that one feature moves, whatever the others are.

    So each threshold is searched once, however many nodes have it, and all features at once.
    """
    driver = moved.argmax(axis=0)
    order = np.lexsort((nodes.threshold, nodes.column))
    column, threshold = nodes.column[order], nodes.threshold[order]
    new = np.ones(len(order), bool)
    new[1:] = (column[1:] != column[:-1]) | (threshold[1:] != threshold[:-1])
    job = np.empty(len(order), np.int64)
    job[order] = np.cumsum(new) - 1
    column, threshold = column[new], threshold[new]
    feature = driver[column]
    row = _places_among_equals(feature)
    edges = Edges(np.zeros(len(row)), np.zeros(len(row)), np.zeros(len(row), bool))
    size = max(MOST_CELLS // len(ground.trained), 1)
    for start in range(0, int(row.max(initial=-1)) + 1, size):
        these = np.flatnonzero((row >= start) & (row < start + size))
        base = take(ground.trained, np.zeros(int(row[these].max()) - start + 1, np.int64))
        search = Search(
            ground,
            splits,
            base,
            row[these] - start,
            feature[these],
            column[these],
            threshold[these],
        )
        found = search.edges(places)
        edges.below[these], edges.above[these] = found.below, found.above
        edges.found[these] = found.found
    return feature[job], Edges(edges.below[job], edges.above[job], edges.found[job])


def _places_among_equals(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each value how many equal ones come before it."""
    order = np.argsort(values, kind="stable")
    _, starts, counts = np.unique(values[order], return_index=True, return_counts=True)
    places = np.empty(len(values), np.int64)
    places[order] = np.arange(len(values)) - np.repeat(starts, counts)
    return places


def _together(
    ground: Ground,
    splits: Splits,
    nodes: Nodes,
    moved: NDArray[np.bool_],
    places: NDArray[np.float64],
) -> tuple[NDArray[np.int64], Edges]:
    """Search for thresholds of columns that several features move: from the node's own row.

    A feature that does not cross one is followed by another, ATTEMPTS times.
    """
    count = len(nodes)
    feature = np.zeros(count, np.int64)
    edges = Edges(np.zeros(count), np.zeros(count), np.zeros(count, bool))
    for attempt in range(ATTEMPTS):
        left = np.flatnonzero(~edges.found)
        if not len(left):
            break
        base, some = take(ground.trained, nodes.row[left]), nodes.take(left)
        movers = moved[:, some.column]
        rank = (left + attempt) % movers.sum(axis=0)
        feature[left] = (movers.cumsum(axis=0) > rank).argmax(axis=0)
        row = np.arange(len(left))
        search = Search(ground, splits, base, row, feature[left], some.column, some.threshold)
        found = search.edges(places)
        edges.below[left], edges.above[left] = found.below, found.above
        edges.found[left] = found.found
    return feature, edges
