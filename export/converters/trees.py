"""Decision trees and forests, bit for bit.

scikit-learn rounds features to single precision, compares them with double thresholds, goes
left where `x <= threshold`, sends a missing value where training did, and sums the trees'
answers in their order. So: the features are rounded too; thresholds are rounded down, which
changes no comparison; `TreeEnsemble` answers each tree's leaf, whose row of values is looked
up, and `CumSum` adds them one tree after another. Where every leaf is one whole number, such as
a vote for one class, sums never round, and `TreeEnsemble` adds them itself.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from export.converters.ensembles import Rows, leaf_flags, leaf_numbers, sum_of_trees
from export.converters.graph import Graph
from export.converters.nodes import Nodes
from export.converters.registry import converts
from export.converters.values import Classified, Frame, MultiClassified, Regressed, TensorName

TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)


@converts(DecisionTreeClassifier, ExtraTreeClassifier, exact=True)
def tree_classifier(graph: Graph, tree: Any, frame: Frame) -> Classified | MultiClassified:
    """Answer the leaf's shares of the classes; the first class of the greatest share wins."""
    return _classified(graph, _value(graph, tree, frame), tree)


@converts(DecisionTreeRegressor, ExtraTreeRegressor, exact=True)
def tree_regressor(graph: Graph, tree: Any, frame: Frame) -> Regressed:
    """Answer the leaf's value."""
    return Regressed(_per_target(graph, _value(graph, tree, frame), tree))


@converts(RandomForestClassifier, ExtraTreesClassifier, exact=True)
def forest_classifier(graph: Graph, forest: Any, frame: Frame) -> Classified | MultiClassified:
    """Answer the mean of the trees' shares of the classes."""
    return _classified(graph, _mean(graph, forest, frame), forest)


@converts(RandomForestRegressor, ExtraTreesRegressor, exact=True)
def forest_regressor(graph: Graph, forest: Any, frame: Frame) -> Regressed:
    """Answer the mean of the trees' values."""
    return Regressed(_per_target(graph, _mean(graph, forest, frame), forest))


@converts(RandomTreesEmbedding, exact=True)
def random_trees_embedding(graph: Graph, model: RandomTreesEmbedding, frame: Frame) -> Frame:
    """Answer a column of 0 and 1 for each leaf that training reached."""
    trees = [each.tree_ for each in model.estimators_]
    rows = Rows.of(graph, frame, model, np.float32)
    flags = leaf_flags(graph, [nodes_of(tree) for tree in trees], rows)
    reached = [
        np.isin(np.flatnonzero(tree.children_left == -1), seen)
        for tree, seen in zip(trees, model.one_hot_encoder_.categories_, strict=True)
    ]
    columns = np.flatnonzero(np.concatenate(reached))
    return Frame.of(
        graph.op("Gather", graph.cast(flags, np.float64), columns, axis=1), len(columns)
    )


def are_trees(estimators: Sequence[Any]) -> bool:
    """Tell whether all are scikit-learn's own trees, which can share one ensemble."""
    return all(type(each) in TREES for each in estimators)


def nodes_of(tree: Any) -> Nodes:
    """Return the nodes of a fitted `sklearn.tree._tree.Tree`."""
    return Nodes.of(
        feature=tree.feature,
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left,
        left=tree.children_left,
        right=tree.children_right,
        is_leaf=tree.children_left == -1,
        source=tree,
    )


def leaf_values(trees: Sequence[Any]) -> NDArray[np.float64]:
    """Return the values of all leaves, [leaves of all trees, outputs * classes]."""
    values = np.concatenate([tree.value[tree.children_left == -1] for tree in trees])
    return values.reshape(len(values), -1)


def _value(graph: Graph, tree: Any, frame: Frame) -> TensorName:
    """Return the values of the leaf that each row reaches, [N, outputs * classes]."""
    rows = Rows.of(graph, frame, tree, np.float32)
    leaves = graph.reshape(leaf_numbers(graph, [nodes_of(tree.tree_)], rows), -1)
    return graph.op("Gather", leaf_values([tree.tree_]), leaves, axis=0)


def _mean(graph: Graph, forest: Any, frame: Frame) -> TensorName:
    """Return the mean of the trees' values, [N, outputs * classes]."""
    trees = [each.tree_ for each in forest.estimators_]
    nodes = [nodes_of(tree) for tree in trees]
    rows = Rows.of(graph, frame, forest, np.float32)
    total = sum_of_trees(graph, nodes, rows, leaf_values(trees))
    return graph.op("Div", total, np.float64(len(trees)))


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
