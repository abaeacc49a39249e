"""Trees as arrays of nodes, whatever library grew them. Knows nothing of ONNX."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Nodes:
    """The inner nodes of one tree, the root first, as arrays of one length.

    Children are numbered among the inner nodes, or among the leaves where `left_is_leaf` or
    `right_is_leaf`; nodes and leaves keep the order that they have in the tree. A node with
    `members` sends these numbers left and everything else, a missing value too, right.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    left_is_leaf: NDArray[np.bool_]
    right_is_leaf: NDArray[np.bool_]
    members: NDArray[np.object_]
    """For each node an array of numbers, or None for a node with a threshold."""
    leaves: int
    source: Any = None
    """The library's own tree, for whoever compares the two."""

    @classmethod
    def of(
        cls,
        *,
        feature: NDArray[Any],
        threshold: NDArray[Any],
        missing_left: NDArray[Any],
        left: NDArray[Any],
        right: NDArray[Any],
        is_leaf: NDArray[np.bool_],
        members: NDArray[np.object_] | None = None,
        source: Any = None,
    ) -> "Nodes":
        """Take a tree from arrays over all its nodes, leaves among them, the root first.

        A tree that is one leaf becomes one node with that leaf on both sides.
        """
        if members is None:
            members = np.full(len(feature), None)
        if is_leaf[0]:
            zero, yes = np.zeros(1, np.int64), np.ones(1, np.bool_)
            return cls(zero, np.zeros(1), ~yes, zero, zero, yes, yes, members[:1], 1, source)
        inner = np.flatnonzero(~is_leaf)
        number = np.where(is_leaf, np.cumsum(is_leaf), np.cumsum(~is_leaf)) - 1
        left, right = left[inner].astype(np.int64), right[inner].astype(np.int64)
        return cls(
            feature=feature[inner].astype(np.int64),
            threshold=threshold[inner].astype(np.float64),
            missing_left=missing_left[inner].astype(np.bool_),
            left=number[left],
            right=number[right],
            left_is_leaf=is_leaf[left],
            right_is_leaf=is_leaf[right],
            members=members[inner],
            leaves=int(is_leaf.sum()),
            source=source,
        )

    def looking_at(self, columns: NDArray[np.int64]) -> "Nodes":
        """Return the tree of someone who was given only these columns, among all columns."""
        return replace(self, feature=np.asarray(columns, dtype=np.int64)[self.feature])


def joined(trees: Sequence[Nodes]) -> tuple[Nodes, NDArray[np.int64]]:
    """Number the nodes and leaves of several trees as one, and return where each tree begins."""
    nodes = np.array([len(tree.feature) for tree in trees])
    leaves = np.array([tree.leaves for tree in trees])
    roots, first_leaf = np.cumsum(nodes) - nodes, np.cumsum(leaves) - leaves

    def all_of(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in trees])

    def children(side: str) -> NDArray[np.int64]:
        starts = np.where(
            all_of(f"{side}_is_leaf"), np.repeat(first_leaf, nodes), np.repeat(roots, nodes)
        )
        return all_of(side) + starts

    whole = Nodes(
        feature=all_of("feature"),
        threshold=all_of("threshold"),
        missing_left=all_of("missing_left"),
        left=children("left"),
        right=children("right"),
        left_is_leaf=all_of("left_is_leaf"),
        right_is_leaf=all_of("right_is_leaf"),
        members=all_of("members"),
        leaves=int(leaves.sum()),
    )
    return whole, roots
