"""Decision trees and forests, bit for bit.

scikit-learn compares float32 features with double thresholds, goes left where
`x <= threshold`, sends a missing value where training did, and sums the trees' answers in
their order. So: the features are rounded to float32 and compared as doubles, `TreeEnsemble`
answers each tree's leaf, whose row of values is looked up, and `CumSum` adds them one tree
after another. Nothing depends on how many rows or threads there are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Classified, Frame, MultiClassified, Regressed, TensorName

_LESS_OR_EQUAL = 0
_SUM = 1


@converts(DecisionTreeClassifier, ExtraTreeClassifier, exact=True)
def tree_classifier(graph: Graph, tree: Any, frame: Frame) -> Classified | MultiClassified:
    """Answer the leaf's shares of the classes; the first class of the greatest share wins."""
    values = leaf_values(graph, [tree.tree_], graph.as_float32(graph.numeric(frame, tree)))
    return _classified(graph, graph.op("Squeeze", values, np.array([1])), tree)


@converts(DecisionTreeRegressor, ExtraTreeRegressor, exact=True)
def tree_regressor(graph: Graph, tree: Any, frame: Frame) -> Regressed:
    """Answer the leaf's value."""
    values = leaf_values(graph, [tree.tree_], graph.as_float32(graph.numeric(frame, tree)))
    return Regressed(_per_target(graph, graph.op("Squeeze", values, np.array([1])), tree))


@converts(RandomForestClassifier, ExtraTreesClassifier, exact=True)
def forest_classifier(graph: Graph, forest: Any, frame: Frame) -> Classified | MultiClassified:
    """Answer the mean of the trees' shares of the classes."""
    return _classified(graph, _mean(graph, forest, frame), forest)


@converts(RandomForestRegressor, ExtraTreesRegressor, exact=True)
def forest_regressor(graph: Graph, forest: Any, frame: Frame) -> Regressed:
    """Answer the mean of the trees' values."""
    return Regressed(_per_target(graph, _mean(graph, forest, frame), forest))


def leaf_values(graph: Graph, trees: Sequence[Any], x: TensorName) -> TensorName:
    """Return the values of the leaf that each row reaches in each tree, [N, trees, values].

    `trees` are fitted `sklearn.tree._tree.Tree`s with values of one shape
    `[outputs, classes]`, which comes out flattened; `x` holds float32 numbers as float64.
    """
    table = np.concatenate([t.value[t.children_left == -1] for t in trees])
    table = table.reshape(len(table), -1)
    leaves = graph.cast(_leaves(graph, trees, x), np.int64)
    return graph.op("Gather", table, leaves, axis=0)


def sum_in_order(graph: Graph, values: TensorName) -> TensorName:
    """Sum `[N, trees, values]` over the trees, one after another, to `[N, values]`."""
    running = graph.op("CumSum", values, np.array(1))
    return graph.op("Gather", running, np.array(-1), axis=1)


def _mean(graph: Graph, forest: Any, frame: Frame) -> TensorName:
    x = graph.as_float32(graph.numeric(frame, forest))
    values = leaf_values(graph, [each.tree_ for each in forest.estimators_], x)
    return graph.op("Div", sum_in_order(graph, values), np.float64(len(forest.estimators_)))


def _classified(graph: Graph, values: TensorName, estimator: Any) -> Classified | MultiClassified:
    """Return the answer of `[N, outputs * classes]` values; outputs are padded to one width."""
    if estimator.n_outputs_ == 1:
        return Classified(graph.op("ArgMax", values, axis=1, keepdims=0), probabilities=values)
    width = max(estimator.n_classes_)
    targets = []
    for output, classes in enumerate(estimator.n_classes_):
        start = output * width
        picks = np.arange(start, start + classes)
        probabilities = graph.op("Gather", values, picks, axis=1)
        index = graph.op("ArgMax", probabilities, axis=1, keepdims=0)
        targets.append(Classified(index, probabilities))
    return MultiClassified(tuple(targets))


def _per_target(graph: Graph, values: TensorName, estimator: Any) -> TensorName:
    return graph.reshape(values, -1) if estimator.n_outputs_ == 1 else values


def _leaves(graph: Graph, trees: Sequence[Any], x: TensorName) -> TensorName:
    """Return the number of the leaf that each row reaches in each tree, float64 [N, trees].

    Leaves are numbered over all trees, in the order of their nodes.
    """
    nodes = [_nodes(tree) for tree in trees]
    node_counts = [len(each["feature"]) for each in nodes]
    leaf_counts = [each["leaves"] for each in nodes]
    node_starts = np.concatenate([[0], np.cumsum(node_counts)[:-1]])
    leaf_starts = np.concatenate([[0], np.cumsum(leaf_counts)[:-1]])

    def joined(key: str) -> NDArray[Any]:
        return np.concatenate([each[key] for each in nodes])

    def children(side: str) -> NDArray[np.int64]:
        ids = [
            np.where(each[f"{side}_is_leaf"], each[side] + leaf, each[side] + node)
            for each, node, leaf in zip(nodes, node_starts, leaf_starts, strict=True)
        ]
        return np.concatenate(ids)

    total = int(sum(leaf_counts))
    return graph.op(
        "TreeEnsemble",
        x,
        domain="ai.onnx.ml",
        n_targets=len(trees),
        aggregate_function=_SUM,
        post_transform=0,
        tree_roots=node_starts.tolist(),
        nodes_featureids=joined("feature").tolist(),
        nodes_splits=numpy_helper.from_array(joined("threshold").astype(np.float64)),
        nodes_modes=numpy_helper.from_array(np.full(sum(node_counts), _LESS_OR_EQUAL, np.uint8)),
        nodes_truenodeids=children("left").tolist(),
        nodes_trueleafs=joined("left_is_leaf").astype(int).tolist(),
        nodes_falsenodeids=children("right").tolist(),
        nodes_falseleafs=joined("right_is_leaf").astype(int).tolist(),
        nodes_missing_value_tracks_true=joined("missing_left").astype(int).tolist(),
        leaf_targetids=np.repeat(np.arange(len(trees)), leaf_counts).tolist(),
        leaf_weights=numpy_helper.from_array(np.arange(total, dtype=np.float64)),
    )


def _nodes(tree: Any) -> dict[str, Any]:
    """Return one tree's inner nodes, children numbered among the inner nodes or the leaves.

    A tree that is one leaf becomes one node with that leaf on both sides.
    """
    is_leaf = tree.children_left == -1
    if is_leaf[0]:
        zero, yes = np.zeros(1, dtype=np.int64), np.ones(1, dtype=bool)
        return {
            "feature": zero,
            "threshold": np.zeros(1),
            "missing_left": ~yes,
            "leaves": 1,
            "left": zero,
            "right": zero,
            "left_is_leaf": yes,
            "right_is_leaf": yes,
        }
    inner = np.flatnonzero(~is_leaf)
    number = np.empty(len(is_leaf), dtype=np.int64)
    number[inner] = np.arange(len(inner))
    number[is_leaf] = np.arange(int(is_leaf.sum()))
    left, right = tree.children_left[inner], tree.children_right[inner]
    return {
        "feature": tree.feature[inner],
        "threshold": tree.threshold[inner],
        "missing_left": tree.missing_go_to_left[inner].astype(bool),
        "leaves": int(is_leaf.sum()),
        "left": number[left],
        "right": number[right],
        "left_is_leaf": is_leaf[left],
        "right_is_leaf": is_leaf[right],
    }
