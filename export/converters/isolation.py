"""Isolation forests: how soon random trees set a row apart from all others.

The depths are added tree by tree, as scikit-learn adds them; a score is a power of 2, which
libraries round differently. Labels come from the depth itself, so they are exact.
"""

from typing import Any

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

from export.converters.ensembles import Rows, sum_of_trees
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.trees import nodes_of
from export.converters.values import Flagged, Frame


@converts(IsolationForest, exact=True)
def isolation_forest(graph: Graph, model: IsolationForest, frame: Frame) -> Flagged:
    """Answer -1 where the mean depth is less than that of the decision score 0."""
    typical = float(_average_path_length([model._max_samples])[0]) * len(model.estimators_)
    if typical == 0:
        raise graph.refuse(model, "it was trained on one row, and sets nothing apart.")
    whole = model._max_features == model.n_features_in_
    nodes, tables = [], []
    for number, each in enumerate(model.estimators_):
        tree = nodes_of(each.tree_)
        nodes.append(tree if whole else tree.looking_at(model.estimators_features_[number]))
        leaf = each.tree_.children_left == -1
        path, rest = (
            model._decision_path_lengths[number],
            model._average_path_length_per_tree[number],
        )
        tables.append((path + rest - 1.0)[leaf])
    rows = Rows.of(graph, frame, model, np.float32)
    depth = graph.reshape(sum_of_trees(graph, nodes, rows, np.concatenate(tables)[:, None]), -1)
    score = graph.op("Pow", 2.0, graph.op("Neg", graph.op("Div", depth, typical)))
    decision = graph.op("Sub", graph.op("Neg", score), np.float64(model.offset_))
    graph.exponential = True
    outlier = graph.op("Less", depth, _least_inlying_depth(model, typical))
    return Flagged(graph.op("Where", outlier, np.array(-1), np.array(1)), decision)


def _least_inlying_depth(model: Any, typical: float) -> float:
    """Return the least sum of depths whose decision score, as numpy rounds it, is not negative."""

    def inlying(depth: float) -> bool:
        scores = 2 ** -(np.full(16, depth) / typical)
        return bool((-scores - model.offset_)[0] >= 0)

    low, high = 0.0, 1.0
    if inlying(low):
        return -np.inf
    while not inlying(high):
        low, high = high, high * 2
        if np.isinf(high):
            return np.inf
    while (middle := low + (high - low) / 2) not in {low, high}:
        low, high = (low, middle) if inlying(middle) else (middle, high)
    return high
