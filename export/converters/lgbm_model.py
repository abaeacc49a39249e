"""What a LightGBM estimator has learned, read from the text that it saves. Knows no ONNX.

LightGBM computes in double: a node sends `x <= t` left, and the leaves are added one tree after
another, from 0. The text has every double to 17 digits, which is all of it. Its format is that
of `GBDT::SaveModelToString` and `Tree::ToString` in LightGBM's source.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.nodes import Nodes

CLASSIFIERS = ("lightgbm.sklearn.LGBMClassifier",)
REGRESSORS = ("lightgbm.sklearn.LGBMRegressor",)
ESTIMATORS = CLASSIFIERS + REGRESSORS

TINY = float(np.float32(1e-35))
"""Before it predicts, LightGBM takes every number up to this, and down to minus this, for 0."""
_CATEGORICAL = 1
_MISSING_LEFT = 2
_ZERO, _NAN = 1, 2
"""What is missing, as nodes say it in their bits 2 and 3; 0 is nothing, which makes NaN a 0."""


@dataclass(frozen=True)
class LgbmModel:
    """The trees that predict, in stages of one tree for each column of the answer."""

    objective: tuple[str, ...]
    """Its name and its settings; empty where it is a function of the user's."""
    columns: int
    trees: list[Nodes]
    leaves: list[NDArray[np.float64]]
    """The leaves' values, for each tree."""
    averaged: bool
    """Whether the sum is divided by the number of stages: random forests."""
    linear: bool
    """Whether leaves are linear functions."""
    categorical: tuple[int, ...]
    """The features of categories; nodes give category c the number c + 1."""
    zero_is_missing: tuple[int, ...]
    """The features whose zeros go where missing values go."""
    categories: list[list[Any]]
    """What the columns of categories of the data frame of training held, if it had such."""

    @classmethod
    def of(cls, model: Any) -> "LgbmModel":
        """Read a fitted estimator, up to early stopping's best iteration, as it predicts."""
        booster = model.booster_
        text = booster.model_to_string(num_iteration=booster.best_iteration)
        head, *parts = text.split("end of trees")[0].split("\nTree=")
        header = _fields(head)
        trees = [_fields(part) for part in parts]
        listed = re.search(r"^\[categorical_feature: ([\d,]*)\]$", text, re.MULTILINE)
        nodes = [_nodes(tree) for tree in trees]
        return cls(
            objective=tuple(header.get("objective", "").split()),
            columns=int(header["num_tree_per_iteration"]),
            trees=nodes,
            leaves=[_numbers(tree["leaf_value"], np.float64) for tree in trees],
            averaged="average_output" in head.splitlines(),
            linear=any(tree["is_linear"] == "1" for tree in trees),
            categorical=_categorical(listed.group(1) if listed else "", nodes),
            zero_is_missing=_zero_is_missing(trees),
            categories=booster.pandas_categorical or [],
        )


def trees_of(model: Any) -> list[Nodes]:
    """Return the trees of an estimator, for whoever looks for their thresholds."""
    return LgbmModel.of(model).trees


def _fields(text: str) -> dict[str, str]:
    """Read lines of the form `name=value`."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _numbers(text: str, kind: Any) -> NDArray[Any]:
    return np.array(text.split(), dtype=kind)


def _nodes(tree: dict[str, str]) -> Nodes:
    """Return the nodes of one tree: the inner ones, then the leaves."""
    leaves = int(tree["num_leaves"])
    inner = leaves - 1
    if not inner:
        zero = np.zeros(1, np.int64)
        return Nodes.of(
            feature=zero,
            threshold=zero,
            missing_left=zero,
            left=zero,
            right=zero,
            is_leaf=np.ones(1, np.bool_),
        )
    decision = _numbers(tree["decision_type"], np.int64)
    threshold = _numbers(tree["threshold"], np.float64)
    missing = decision >> 2
    missing_left = np.where(missing > 0, decision & _MISSING_LEFT > 0, threshold >= 0)
    members = np.full(leaves + inner, None)
    for node in np.flatnonzero(decision & _CATEGORICAL):
        members[node] = _chosen(tree, int(threshold[node])) + 1
        missing_left[node] = False

    def over_leaves(values: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([values, np.zeros(leaves, values.dtype)])

    def children(side: str) -> NDArray[np.int64]:
        numbers = _numbers(tree[f"{side}_child"], np.int64)
        return over_leaves(np.where(numbers < 0, inner + ~numbers, numbers))

    return Nodes.of(
        feature=over_leaves(_numbers(tree["split_feature"], np.int64)),
        threshold=over_leaves(_around_zero(threshold)),
        missing_left=over_leaves(missing_left),
        left=children("left"),
        right=children("right"),
        is_leaf=np.arange(leaves + inner) >= inner,
        members=members,
    )


def _chosen(tree: dict[str, str], index: int) -> NDArray[np.int64]:
    """Return the categories that a node of categories sends left: one of the tree's bit sets."""
    start, end = _numbers(tree["cat_boundaries"], np.int64)[index : index + 2]
    words = _numbers(tree["cat_threshold"], np.uint32)[start:end]
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))


def _around_zero(threshold: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return thresholds that do to every x what these do to an x that was 0 if it was tiny."""
    threshold = np.where((threshold >= -TINY) & (threshold < 0), np.nextafter(-TINY, -1), threshold)
    return np.where((threshold >= 0) & (threshold < TINY), TINY, threshold)


def _categorical(listed: str, trees: list[Nodes]) -> tuple[int, ...]:
    """Return the features of categories: those that were declared, and those that are split so."""
    features = {int(each) for each in listed.split(",") if each}
    for tree in trees:
        asks = [chosen is not None for chosen in tree.members]
        features.update(tree.feature[asks].tolist())
    return tuple(sorted(features))


def _zero_is_missing(trees: list[dict[str, str]]) -> tuple[int, ...]:
    features: set[int] = set()
    for tree in trees:
        if int(tree["num_leaves"]) > 1:
            decision = _numbers(tree["decision_type"], np.int64)
            zero = (decision >> 2 == _ZERO) & (decision & _CATEGORICAL == 0)
            features.update(_numbers(tree["split_feature"], np.int64)[zero].tolist())
    return tuple(sorted(features))
