"""What an XGBoost estimator has learned, read from the model that it saves. Knows no ONNX.

XGBoost computes in single precision: a node sends `x < t` left, and the leaves are added, one
tree after another, to a start, the base score as a margin.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.nodes import Nodes

CLASSIFIERS = "xgboost.sklearn.XGBClassifier", "xgboost.sklearn.XGBRFClassifier"
REGRESSORS = "xgboost.sklearn.XGBRegressor", "xgboost.sklearn.XGBRFRegressor"
ESTIMATORS = CLASSIFIERS + REGRESSORS


@dataclass(frozen=True)
class XgbModel:
    """The trees that predict, in stages of one tree for each column of the answer."""

    version: tuple[int, ...]
    objective: str
    trees: list[Nodes]
    leaves: list[NDArray[np.float32]]
    """The leaves' values, for each tree, as they are added: `dart` has weighed them."""
    start: NDArray[np.float32]
    """What the leaves are added to, [columns]."""
    missing_codes: dict[int, int]
    """For each feature of categories, the number that nodes give a missing value.

    They give category c the number c + 1, and to all that they do not know 0.
    """
    categories: dict[int, list[Any]]
    """For each feature that was a data frame's categories, these, in the order of their codes."""

    @classmethod
    def of(cls, model: Any, saved: Any) -> "XgbModel":
        """Read what a fitted estimator saved, of which `refusal` says nothing.

        Early stopping's best iteration is the last that predicts, as it is for the estimator.
        """
        forest = _forest(saved)
        rounds = getattr(model, "best_iteration", len(forest["iteration_indptr"]) - 2) + 1
        count = forest["iteration_indptr"][rounds]
        groups = np.array(forest["tree_info"][:count])
        order = np.lexsort((groups, _place_in_group(groups)))
        trees = [forest["trees"][i] for i in order]
        start = _start(model, saved)
        weights = _weights(saved)
        version = tuple(saved["version"])
        categories = _categories(forest["cats"])
        missing = _missing_codes(trees, categories)
        added = [_leaves(tree) for tree in trees]
        if weights is not None:
            weight = [weights[i] for i in order]
            added = _weighed(added, weight, start[groups[order]], version)
        return cls(
            version=version,
            objective=saved["learner"]["objective"]["name"],
            trees=[_nodes(tree, missing) for tree in trees],
            leaves=added,
            start=start,
            missing_codes=missing,
            categories=categories,
        )


def trees_of(model: Any) -> list[Nodes]:
    """Return the trees of an estimator, for whoever looks for their thresholds."""
    saved = saved_model(model)
    return [] if refusal(saved) else XgbModel.of(model, saved).trees


def saved_model(model: Any) -> Any:
    """Return the model that an estimator saves, as XGBoost's JSON has it."""
    return json.loads(model.get_booster().save_raw("json"))


def refusal(saved: Any) -> str | None:
    """Return why a saved model has no exact form, or None if it has one."""
    if saved["learner"]["gradient_booster"]["name"] == "gblinear":
        return 'booster="gblinear" has no trees; use a linear model of scikit-learn.'
    trees = _forest(saved)["trees"]
    if any(tree["tree_param"]["size_leaf_vector"] not in ("0", "1") for tree in trees):
        return (
            "a leaf of its trees has several values; "
            'use multi_strategy="one_output_per_tree", the default.'
        )
    return None if trees else "it has no trees."


def _forest(saved: Any) -> Any:
    booster = saved["learner"]["gradient_booster"]
    return booster.get("gbtree", booster)["model"]


def _place_in_group(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each tree, how many trees of its column come before it."""
    places = np.empty(len(groups), np.int64)
    for group in np.unique(groups):
        places[groups == group] = np.arange((groups == group).sum())
    return places


def _start(model: Any, saved: Any) -> NDArray[np.float32]:
    """Return the base score as a margin: what XGBoost answers where every leaf is 0."""
    forest = _forest(saved)
    count = forest["iteration_indptr"][1]
    forest = forest | {
        "trees": [_without_leaves(tree) for tree in forest["trees"][:count]],
        "tree_info": forest["tree_info"][:count],
        "iteration_indptr": [0, count],
        "gbtree_model_param": forest["gbtree_model_param"] | {"num_trees": str(count)},
    }
    forest.pop("weight_drop", None)
    learner = saved["learner"] | {"gradient_booster": {"name": "gbtree", "model": forest}}
    empty = type(model.get_booster())()
    empty.load_model(bytearray(json.dumps(saved | {"learner": learner}).encode()))
    row = np.zeros((1, int(learner["learner_model_param"]["num_feature"])))
    start: NDArray[np.float32] = np.ravel(empty.inplace_predict(row, predict_type="margin"))
    return start


def _without_leaves(tree: Any) -> Any:
    leaf = np.array(tree["left_children"]) == -1
    return tree | {"split_conditions": np.where(leaf, 0.0, tree["split_conditions"]).tolist()}


def _weights(saved: Any) -> list[float] | None:
    """Return the weights that `dart` gave the trees; None for other boosters."""
    booster = saved["learner"]["gradient_booster"]
    weights: list[float] | None = booster.get("weight_drop") or _forest(saved).get("weight_drop")
    return weights


def _weighed(
    leaves: list[NDArray[np.float32]],
    weights: list[float],
    starts: NDArray[np.float32],
    version: tuple[int, ...],
) -> list[NDArray[np.float32]]:
    """Return the leaves times their trees' weights.

    Before 3.3, each tree's answer was added to the base score, which was taken off again:
    that rounds.
    """
    if version < (3, 3):
        leaves = [(leaf + base) - base for leaf, base in zip(leaves, starts, strict=True)]
    return [leaf * np.float32(weight) for leaf, weight in zip(leaves, weights, strict=True)]


def _leaves(tree: Any) -> NDArray[np.float32]:
    values = np.array(tree["split_conditions"], np.float32)
    leaves: NDArray[np.float32] = values[np.array(tree["left_children"]) == -1]
    return leaves


def _nodes(tree: Any, missing_codes: dict[int, int]) -> Nodes:
    """Return the nodes of one tree, `x < t` as `x <= ` the number before.

    A node of categories lists those that go right. Here it sends them left, with its sides
    exchanged, and a missing value with them if that goes right.
    """
    left = np.array(tree["left_children"])
    right = np.array(tree["right_children"])
    features = np.array(tree["split_indices"])
    missing_left = np.array(tree["default_left"]) == 1
    conditions = np.array(tree["split_conditions"], np.float32)
    members = np.full(len(left), None)
    for node, chosen in _category_nodes(tree):
        numbers = chosen + 1
        if not missing_left[node]:
            numbers = np.append(numbers, missing_codes[int(features[node])])
        members[node] = numbers
        left[node], right[node], missing_left[node] = right[node], left[node], False
    return Nodes.of(
        feature=features,
        threshold=np.nextafter(conditions, np.float32(-np.inf)),
        missing_left=missing_left,
        left=left,
        right=right,
        is_leaf=left == -1,
        members=members,
    )


def _category_nodes(tree: Any) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the nodes that ask for categories, and which ones they send right."""
    listed = np.array(tree["categories"], np.int64)
    parts = zip(
        tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
    )
    return [(node, listed[start : start + size]) for node, start, size in parts]


def _missing_codes(trees: list[Any], categories: dict[int, list[Any]]) -> dict[int, int]:
    """Return, for each feature of categories, a number above those of its categories."""
    codes = {feature: len(known) + 1 for feature, known in categories.items()}
    for tree in trees:
        for node, chosen in _category_nodes(tree):
            feature = tree["split_indices"][node]
            codes[feature] = max(codes.get(feature, 0), int(chosen.max()) + 2)
    return codes


def _categories(saved: Any) -> dict[int, list[Any]]:
    """Return the categories of each feature that had some in the data frame of training."""
    categories = {}
    for feature, column in enumerate(saved["enc"]):
        if "offsets" not in column:
            known = column["values"]
        else:
            text = np.array(column["values"], np.int8).tobytes()
            ends = column["offsets"]
            known = [text[a:b].decode(errors="replace") for a, b in pairwise(ends)]
        if known:
            categories[feature] = known
    return categories
