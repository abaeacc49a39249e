"""Histogram gradient boosting: trees that see doubles, missing values and categories.

Categories come first among the columns, as scikit-learn's own encoder puts them: numbered from
1, and 0 for what is missing or was never seen, which a tree sends where missing values go.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from export.converters.boosting import binary, multiclass
from export.converters.ensembles import Rows, sum_of_stages
from export.converters.graph import Graph
from export.converters.nodes import Nodes
from export.converters.origins import Origin, thresholds_before
from export.converters.registry import converts, transform
from export.converters.values import Block, Classified, Frame, Regressed, TensorName

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
    rounded = graph.lineage.rounded(columns, exact=graph.exact)
    origins = [
        origin if moved else None
        for origin, moved in zip(graph.lineage.origins(columns, rounded), rounded, strict=True)
    ]
    thresholds = _Thresholds(model, rounded, origins)
    if any(origins):
        columns = _before_rounding(graph, model, columns, origins)
    return sum_of_stages(
        graph,
        [_nodes_of(tree, known, thresholds.of(tree.nodes)) for tree in trees],
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


def _before_rounding(
    graph: Graph, model: Any, frame: Frame, origins: Sequence[Origin | None]
) -> Frame:
    """Return the columns, in place of some what these were before steps rounded them.

    Whatever the steps make NaN of is missing.
    """
    blocks = [
        frame.select([column]).blocks[0] if origin is None else origin.block
        for column, origin in enumerate(origins)
    ]
    doubtful = [i for i, origin in enumerate(origins) if origin and origin.may_be_missing]
    if doubtful:
        missing = graph.op("IsNaN", graph.numeric(frame.select(doubtful), model))
        before = graph.numeric(Frame.side_by_side([blocks[i] for i in doubtful]), model)
        kept = graph.op("Where", missing, np.nan, before)
        for place, column in enumerate(doubtful):
            blocks[column] = Block(kept, len(doubtful), is_string=False).take([place])
    return Frame.side_by_side(blocks)


class _Thresholds:
    """The thresholds of a model's nodes, in columns that steps round otherwise than scikit-learn.

    Of features with many values the thresholds are numbers that training rows had, and those rows
    must still not be above. Where it is known what a column was before it was rounded, that is
    what is compared; otherwise thresholds are raised by what rounding may add to a number. All
    other columns are compared as they are.
    """

    def __init__(
        self, model: Any, rounded: NDArray[np.bool_], origins: Sequence[Origin | None]
    ) -> None:
        self._known = [np.unique(each) for each in model._bin_mapper.bin_thresholds_]
        self._compared = {
            int(column): self._raised(self._known[column]) for column in np.flatnonzero(rounded)
        }
        traced = {column: origin for column, origin in enumerate(origins) if origin}
        before = thresholds_before(list(traced.values()), [self._known[i] for i in traced])
        self._compared |= dict(zip(traced, before, strict=True))

    def of(self, nodes: Any) -> NDArray[np.float64]:
        """Return the thresholds to compare with, those of all nodes of a tree."""
        compared: NDArray[np.float64] = nodes["num_threshold"].copy()
        asked = (nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0) & np.isfinite(compared)
        for column, thresholds in self._compared.items():
            here = asked & (nodes["feature_idx"] == column)
            compared[here] = thresholds[np.searchsorted(self._known[column], compared[here])]
        return compared

    @staticmethod
    def _raised(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
        apart = np.diff(thresholds, prepend=-np.inf, append=np.inf)
        nearest = np.minimum(np.minimum(apart[:-1], apart[1:]), np.abs(thresholds))
        sums = np.minimum(ROUNDING * np.median(np.abs(thresholds)), LITTLE * nearest)
        raised: NDArray[np.float64] = thresholds + np.maximum(FEW_ULP * np.abs(thresholds), sums)
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
