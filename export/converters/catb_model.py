"""What a CatBoost estimator has learned, read from the JSON that it saves. Knows no ONNX.

CatBoost rounds features to single precision, asks `x > border`, and adds the leaves, doubles,
one tree after another. A tree asks one question on each level, or grows freely (`grow_policy`).
A category is known by its hash alone: it is asked for as it is, or replaced by statistics of
the target, which are kept by the hashes of one feature or of several together.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.nodes import Nodes

CLASSIFIERS = ("catboost.core.CatBoostClassifier",)
REGRESSORS = ("catboost.core.CatBoostRegressor",)
ESTIMATORS = CLASSIFIERS + REGRESSORS

Codes = Mapping[int, Mapping[int, int]]
"""For each feature of categories, and each hash that is asked for, the number of its category."""


@dataclass(frozen=True)
class CatbModel:
    """The trees that predict, and what is done with their sum."""

    loss: str
    trees: list[Nodes]
    leaves: list[NDArray[np.float64]]
    """The leaves' values, [leaves, columns] for each tree."""
    scale: float
    bias: NDArray[np.float64]
    """[columns]."""

    @classmethod
    def of(cls, saved: Any, codes: Codes) -> "CatbModel":
        """Read a saved model of which `refusal` says nothing."""
        scale, bias = saved["scale_and_bias"]
        ask = _asker(saved, codes)
        read = _free_tree if "trees" in saved else _level_tree
        trees = [read(tree, ask) for tree in saved.get("trees") or saved["oblivious_trees"]]
        return cls(
            loss=saved["model_info"]["params"]["loss_function"]["type"],
            trees=[nodes for nodes, _ in trees],
            leaves=[np.reshape(values, (-1, len(bias))) for _, values in trees],
            scale=float(scale),
            bias=np.array(bias, np.float64),
        )


@dataclass(frozen=True)
class _Question:
    """What a node asks: whether a feature is above a border, or is one of some categories."""

    feature: int
    border: float
    missing_is_above: bool = False
    members: NDArray[np.int64] | None = None


_Ask = Callable[[Any], _Question]


def trees_of(model: Any) -> list[Nodes]:
    """Return the trees of an estimator, for whoever looks for their thresholds."""
    saved = saved_model(model)
    if refusal(saved) is not None:
        return []
    asked = hashes_asked_for(saved)
    return CatbModel.of(saved, {f: dict.fromkeys(hashes, 1) for f, hashes in asked.items()}).trees


def saved_model(model: Any) -> Any:
    """Return the model that an estimator saves, as CatBoost's JSON has it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        return json.loads(path.read_text(encoding="utf-8"))


def refusal(saved: Any) -> str | None:
    """Return why a saved model has no exact form, or None if it has one."""
    kinds = {split["split_type"] for split in _splits(saved)}
    if "OnlineCtr" in kinds:
        return (
            "it replaces categories by statistics that are kept by their hashes, which no "
            "operator computes; raise one_hot_max_size to the number of categories, or make "
            "numbers of them before it, with a TargetEncoder."
        )
    if kinds - {"FloatFeature", "OneHotFeature"}:
        return "what it makes of texts and embeddings has no exact form; make numbers of them."
    return None


def hashes_asked_for(saved: Any) -> dict[int, list[int]]:
    """Return the hashes of the categories that nodes ask for, by feature."""
    places = _places(saved, "categorical_features")
    hashes: dict[int, set[int]] = {}
    for split in _splits(saved):
        if split["split_type"] == "OneHotFeature":
            hashes.setdefault(places[split["cat_feature_index"]], set()).add(split["value"])
    return {feature: sorted(hashes[feature]) for feature in sorted(hashes)}


def features_asked_for(saved: Any) -> list[int]:
    """Return the features that nodes ask about, in their order."""
    places = _places(saved, "float_features")
    numbers = {
        places[split["float_feature_index"]]
        for split in _splits(saved)
        if split["split_type"] == "FloatFeature"
    }
    return sorted({*numbers, *hashes_asked_for(saved)})


def hashes_of(model: Any, categories: Sequence[str]) -> list[int]:
    """Return the hash that CatBoost gives each category.

    It is the lower half of the hash that a pool gives to the name of a group, as a signed number.
    """
    pool = import_module(type(model).__module__).Pool
    groups = pool(np.zeros((len(categories), 1)), group_id=list(categories)).get_group_id_hash()
    hashes: list[int] = np.array(groups, np.uint64).astype(np.uint32).view(np.int32).tolist()
    return hashes


def _splits(saved: Any) -> list[Any]:
    found = [split for tree in saved.get("oblivious_trees", []) for split in tree["splits"] or []]
    todo = list(saved.get("trees", []))
    while todo:
        node = todo.pop()
        if "split" in node:
            found.append(node["split"])
            todo += [node["left"], node["right"]]
    return found


def _places(saved: Any, kind: str) -> dict[int, int]:
    """Return the place of each feature of a kind among all features."""
    features = saved["features_info"].get(kind) or []
    return {feature["feature_index"]: feature["flat_feature_index"] for feature in features}


def _asker(saved: Any, codes: Codes) -> _Ask:
    """Return what reads the question of a split."""
    numbers = {each["feature_index"]: each for each in saved["features_info"]["float_features"]}
    places = _places(saved, "categorical_features")

    def ask(split: Any) -> _Question:
        if split["split_type"] == "OneHotFeature":
            feature = places[split["cat_feature_index"]]
            code = codes[feature][split["value"]]
            return _Question(feature, 0.0, members=np.array([code]))
        number = numbers[split["float_feature_index"]]
        above = number["nan_value_treatment"] == "AsTrue"
        return _Question(number["flat_feature_index"], split["border"], above)

    return ask


def _level_tree(tree: Any, ask: _Ask) -> tuple[Nodes, list[float]]:
    """Read a tree of levels: a leaf's number has a bit for each split, the last one highest."""
    questions = [ask(split) for split in reversed(tree["splits"] or [])]
    inner = 2 ** len(questions) - 1
    every = np.arange(2 * inner + 1)
    level = np.repeat(np.arange(len(questions)), 2 ** np.arange(len(questions)))
    nodes = _nodes(questions, level, 2 * every + 1, 2 * every + 2, every >= inner)
    return nodes, tree["leaf_values"]


def _free_tree(tree: Any, ask: _Ask) -> tuple[Nodes, list[float]]:
    """Read a tree that grew freely, level by level."""
    every = [tree]
    no, yes, is_leaf, questions, values = [], [], [], [], []
    for node in every:  # which grows meanwhile
        is_leaf.append("split" not in node)
        no.append(len(every))
        yes.append(len(every) + 1)
        if is_leaf[-1]:
            values.append(node["value"])
        else:
            questions.append(ask(node["split"]))
            every += [node["left"], node["right"]]
    which = np.arange(len(questions))
    return _nodes(questions, which, np.array(no), np.array(yes), np.array(is_leaf)), values


def _nodes(
    questions: Sequence[_Question],
    which: NDArray[np.int64],
    no: NDArray[np.int64],
    yes: NDArray[np.int64],
    is_leaf: NDArray[np.bool_],
) -> Nodes:
    """Return nodes of which the inner ones, in their order, ask these questions.

    No is the left side of a border, and yes that of categories.
    """
    asked = np.zeros(len(is_leaf), np.int64)
    asked[~is_leaf] = which

    def each(values: Sequence[Any], kind: Any) -> NDArray[Any]:
        array = np.empty(max(len(questions), 1), kind)
        array[: len(questions)] = values
        return array[asked]

    categorical = each([q.members is not None for q in questions], bool) & ~is_leaf
    members = np.full(len(is_leaf), None)
    for node in np.flatnonzero(categorical):
        members[node] = questions[asked[node]].members
    return Nodes.of(
        feature=each([q.feature for q in questions], np.int64),
        threshold=each([q.border for q in questions], np.float64),
        missing_left=each([not q.missing_is_above for q in questions], bool) & ~categorical,
        left=np.where(categorical, yes, no),
        right=np.where(categorical, no, yes),
        is_leaf=is_leaf,
        members=members,
    )
