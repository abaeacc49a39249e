"""Search: where each number falls among the sorted edges of its column."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from export.converters.graph import Graph
from export.converters.values import TensorName

_MODES = {"left": 0, "right": 1}
"""TreeEnsemble's codes for `<=` and `<`, which go to the fewer edges."""


def search_sorted(
    graph: Graph,
    x: TensorName,
    edges: Sequence[NDArray[np.float64]],
    side: Literal["left", "right"],
) -> TensorName:
    """Count, for each number of x [N, columns], the edges of its column before it; float64.

    As `numpy.searchsorted`: with the side "right", an edge equal to the number counts. Each
    column is searched by a binary tree over its edges, all by one node. NaN counts all edges.
    """
    nodes: list[tuple[int, float]] = []
    children: list[list[tuple[int, bool]]] = []
    leaves: list[tuple[int, int]] = []
    roots: list[int] = []

    def grow(column: int, low: int, high: int) -> tuple[int, bool]:
        if low == high:
            leaves.append((column, low))
            return len(leaves) - 1, True
        middle = (low + high) // 2
        number = len(nodes)
        nodes.append((column, float(edges[column][middle])))
        children.append([])
        children[number] = [grow(column, low, middle), grow(column, middle + 1, high)]
        return number, False

    for column, each in enumerate(edges):
        roots.append(len(nodes))
        if len(each):
            grow(column, 0, len(each))
        else:
            leaves.append((column, 0))
            nodes.append((column, 0.0))
            children.append([(len(leaves) - 1, True)] * 2)
    return graph.op(
        "TreeEnsemble",
        x,
        domain="ai.onnx.ml",
        n_targets=len(roots),
        aggregate_function=1,
        post_transform=0,
        tree_roots=roots,
        nodes_featureids=[column for column, _ in nodes],
        nodes_splits=numpy_helper.from_array(np.array([edge for _, edge in nodes])),
        nodes_modes=numpy_helper.from_array(np.full(len(nodes), _MODES[side], np.uint8)),
        nodes_truenodeids=[true for (true, _), _ in children],
        nodes_trueleafs=[int(leaf) for (_, leaf), _ in children],
        nodes_falsenodeids=[false for _, (false, _) in children],
        nodes_falseleafs=[int(leaf) for _, (_, leaf) in children],
        leaf_targetids=[column for column, _ in leaves],
        leaf_weights=numpy_helper.from_array(np.array([count for _, count in leaves], np.float64)),
    )
