"""Histogram gradient boosting: trees that see doubles, missing values and categories.

Categories come first among the columns, as scikit-learn's own encoder puts them: numbered from
1, and 0 for what is missing or was never seen, which a tree sends where missing values go.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from export.converters.boosting import binary, multiclass
from export.converters.ensembles import Rows, sum_of_stages
from export.converters.graph import Graph
from export.converters.nodes import Nodes
from export.converters.registry import converts, transform
from export.converters.values import Classified, Frame, Regressed, TensorName

FEW_ULP = 2.0**-50
ROUNDING = 2.0**-46
LITTLE = 1e-10
"""What rounding may add: to a number, relative to it; to a sum of some that cancel, relative to
others of its column; and never more than this of the way to the next threshold."""


@converts(HistGradientBoostingClassifier, exact=True)
def hist_classifier(
    graph: Graph, model: HistGradientBoostingClassifier, frame: Frame
) -> Classified:
    """Answer by the scores; of two classes the second, above a score of 0."""
    scores = _scores(graph, model, frame)
    if model.n_trees_per_iteration_ > 1:
        return multiclass(graph, scores)
    return binary(graph, scores, graph.op("Greater", scores, 0.0), scores)


@converts(HistGradientBoostingRegressor, exact=True)
def hist_regressor(graph: Graph, model: HistGradientBoostingRegressor, frame: Frame) -> Regressed:
    """Answer the sum, or its exponential for the losses of counts and amounts."""
    values = graph.reshape(_scores(graph, model, frame), -1)
    if model.loss in ("poisson", "gamma"):
        graph.exponential = True
        values = graph.op("Exp", values)
    return Regressed(values)


def _scores(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return the raw predictions, [N, trees of an iteration]."""
    trees = [tree for iteration in model._predictors for tree in iteration]
    start = np.ravel(model._baseline_prediction).astype(np.float64)
    known = _known_categories(model)
    columns = _columns(graph, model, frame)
    rounded = graph.rounded(columns)
    return sum_of_stages(
        graph,
        [_nodes_of(tree, known, _thresholds(model, tree.nodes, rounded)) for tree in trees],
        Rows.of(graph, columns, model, np.float64),
        [tree.nodes["value"][tree.nodes["is_leaf"] == 1] for tree in trees],
        start,
        columns=len(start),
    )


def _columns(graph: Graph, model: Any, frame: Frame) -> Frame:
    """Return the columns as the trees see them: categories first, as numbers from 1."""
    if model._preprocessor is None:
        return frame
    places = model._preprocessor._transformer_to_input_indices
    encoder = model._preprocessor.named_transformers_["encoder"]
    codes = transform(graph, encoder, frame.select([int(i) for i in places["encoder"]]))
    numbers = frame.select([int(i) for i in places["numerical"]])
    ordinal = graph.numeric(codes, model)
    missing = graph.op("IsNaN", ordinal)
    code = graph.op("Where", missing, 0.0, graph.op("Add", ordinal, 1.0))
    return Frame.concat([Frame.of(code, codes.width), numbers])


def _known_categories(model: Any) -> dict[int, int]:
    """Return how many categories each categorical column has, by its place among all."""
    if model._preprocessor is None:
        return {}
    bitsets, places = model._bin_mapper.make_known_categories_bitsets()
    columns = np.flatnonzero(model._is_categorical_remapped)
    return {int(c): len(_members(bitsets[places[c]])) for c in columns}


def _thresholds(model: Any, nodes: Any, rounded: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the thresholds of nodes, raised by what rounding may add to a number.

    Of features with many values the thresholds are numbers that training rows had. Where a step
    before rounds those otherwise than scikit-learn, such a row must still not be above. All
    other columns are compared as they are.
    """
    raised: NDArray[np.float64] = nodes["num_threshold"].copy()
    asked = (nodes["is_leaf"] == 0) & rounded[nodes["feature_idx"]]
    for node in np.flatnonzero(asked & np.isfinite(raised)):
        threshold = raised[node]
        every = model._bin_mapper.bin_thresholds_[nodes["feature_idx"][node]]
        apart = np.abs(every[every != threshold] - threshold).min(initial=abs(threshold))
        sums = min(ROUNDING * np.median(np.abs(every)), LITTLE * apart)
        raised[node] += max(FEW_ULP * abs(threshold), sums)
    return raised


def _nodes_of(tree: Any, known: dict[int, int], thresholds: NDArray[np.float64]) -> Nodes:
    """Return the nodes of one predictor.

    A node of categories sends a set of them left and others right. One that sends missing
    values left is turned: it sends the other known categories to its right side, first.
    """
    nodes = tree.nodes
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    missing_left = nodes["missing_go_to_left"] == 1
    members = np.full(len(nodes), None)
    for i in np.flatnonzero((nodes["is_categorical"] == 1) & (nodes["is_leaf"] == 0)):
        chosen = _members(tree.raw_left_cat_bitsets[nodes["bitset_idx"][i]])
        if missing_left[i]:
            others = np.arange(1, known[int(nodes["feature_idx"][i])] + 1)
            chosen = np.setdiff1d(others, chosen)
            left[i], right[i], missing_left[i] = right[i], left[i], False
        members[i] = chosen
    return Nodes.of(
        feature=nodes["feature_idx"],
        threshold=thresholds,
        missing_left=missing_left,
        left=left,
        right=right,
        is_leaf=nodes["is_leaf"] == 1,
        members=members,
        source=tree,
    )


def _members(bitset: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the categories of a set of 256 bits, numbered from 1."""
    bits = np.unpackbits(bitset.view(np.uint8), bitorder="little")
    return np.flatnonzero(bits) + 1
