"""Trees and forests answer bit for bit as scikit-learn does."""

from typing import Any

import numpy as np
import onnx
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from export.converters import ensembles
from tests.export.conftest import Prove

CLASSIFIERS = [
    DecisionTreeClassifier(random_state=0),
    ExtraTreeClassifier(random_state=0),
    RandomForestClassifier(n_estimators=20, random_state=0),
    ExtraTreesClassifier(n_estimators=20, random_state=0),
]
REGRESSORS = [
    DecisionTreeRegressor(random_state=0),
    ExtraTreeRegressor(random_state=0),
    RandomForestRegressor(n_estimators=20, random_state=0),
    ExtraTreesRegressor(n_estimators=20, random_state=0),
]


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda e: type(e).__name__)
def test_a_scaled_classifier_is_exact(classifier: Any, prove: Prove) -> None:
    """Behind a scaler, where single precision flips labels, no bit differs."""
    X, y = load_wine(return_X_y=True)
    parity = prove(make_pipeline(StandardScaler(), classifier), X, y).manifest.parity
    assert parity.tolerance == 0
    assert parity.rows > 10_000
    assert {group.group for group in parity.groups} >= {"random", "boundaries", "thresholds"}


@pytest.mark.parametrize("regressor", REGRESSORS, ids=lambda e: type(e).__name__)
def test_a_regressor_is_exact(regressor: Any, prove: Prove) -> None:
    """A regressor's predictions are the very doubles that scikit-learn answers."""
    X, y = load_diabetes(return_X_y=True)
    assert prove(regressor, X, y).manifest.parity.tolerance == 0


def test_missing_numbers_go_where_training_sent_them(prove: Prove) -> None:
    """A tree that was trained with NaN sends NaN to the side that it learned."""
    X, y = load_wine(return_X_y=True)
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    parity = prove(RandomForestClassifier(n_estimators=20, random_state=0), X, y).manifest.parity
    assert "missing" in {group.group for group in parity.groups}


def test_a_tree_of_one_leaf_answers_its_leaf(prove: Prove) -> None:
    """A tree that never split, which ONNX cannot say directly, still answers."""
    X, y = load_diabetes(return_X_y=True)
    prove(RandomForestRegressor(n_estimators=3, max_depth=1, min_samples_leaf=400), X, y)


def test_a_forest_of_several_targets_is_exact(prove: Prove) -> None:
    """Targets of different numbers of classes keep their own probabilities."""
    X, y = load_wine(return_X_y=True)
    targets = np.column_stack([y, X[:, 0] > X[:, 0].mean()])
    exported = prove(RandomForestClassifier(n_estimators=10, random_state=0), X, targets)
    assert exported.manifest.task == "multioutput_classification"


def test_a_forest_that_knows_one_label_is_exact(prove: Prove) -> None:
    """Features too small to split on leave nothing but the majority."""
    X, y = load_wine(return_X_y=True)
    prove(RandomForestClassifier(n_estimators=5, random_state=0), X * 1e-42, y)


def test_threads_of_training_do_not_blur_the_reference(prove: Prove) -> None:
    """A forest with `n_jobs=-1` adds in any order; it is compared in its own."""
    X, y = load_diabetes(return_X_y=True)
    prove(RandomForestRegressor(n_estimators=30, n_jobs=-1, random_state=0), X, y)


@pytest.mark.parametrize(
    "settings",
    [
        {"min_samples_leaf": 5},
        {"class_weight": "balanced"},
        {"max_leaf_nodes": 8, "max_samples": 0.5},
        {"monotonic_cst": [1, -1] + [0] * 11},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_leaves_of_several_classes_are_summed_in_order(
    settings: dict[str, Any], prove: Prove
) -> None:
    """Shares of classes that are no whole numbers round as they do in scikit-learn."""
    X, y = load_wine(return_X_y=True)
    y = y > 0 if "monotonic_cst" in settings else y
    prove(RandomForestClassifier(n_estimators=30, random_state=0, **settings), X, y)


@pytest.mark.parametrize("criterion", ["absolute_error", "poisson"])
def test_every_criterion_is_exact(criterion: str, prove: Prove) -> None:
    """Medians and Poisson means are leaves like others."""
    X, y = load_diabetes(return_X_y=True)
    prove(DecisionTreeRegressor(criterion=criterion, max_depth=6, random_state=0), X, y)


def test_a_column_that_is_missing_throughout_a_class_is_split_on(prove: Prove) -> None:
    """A split at infinity, which tells missing values from all others, is kept."""
    X, y = load_wine(return_X_y=True)
    X = X.copy()
    X[y == 1, 3] = np.nan
    forest = RandomForestClassifier(n_estimators=10, max_features=None, random_state=0)
    prove(forest, X, y)
    assert any(np.isinf(tree.tree_.threshold).any() for tree in forest.estimators_)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e30])
def test_features_of_any_scale_are_rounded_as_scikit_learn_rounds_them(
    scale: float, prove: Prove
) -> None:
    """Tiny and huge single-precision numbers compare as they do in scikit-learn."""
    X, y = load_wine(return_X_y=True)
    prove(RandomForestClassifier(n_estimators=10, random_state=0), X * scale, y)


def test_more_leaves_than_single_precision_counts_are_numbered_tree_by_tree(
    prove: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond 2**24 leaves, numbers over all trees would no longer be exact."""
    monkeypatch.setattr(ensembles, "MOST_LEAVES", 30)
    X, y = load_wine(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=10, min_samples_leaf=5, random_state=0)
    prove(forest, X, y)
    assert sum(tree.get_n_leaves() for tree in forest.estimators_) > 30


def test_trees_are_shared_among_ensembles_that_fit_the_cache(
    prove: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sharing the trees changes no bit, whether they are summed by ONNX Runtime or in order."""
    monkeypatch.setattr(ensembles, "GROUP_NODES", 50)
    monkeypatch.setattr(ensembles, "GROUP_TREES", 4)
    X, y = load_diabetes(return_X_y=True)
    for step in (1.0, 0.1):
        forest = RandomForestRegressor(n_estimators=19, bootstrap=False, max_features=3)
        exported = prove(forest, X, np.rint(y) * step)
        graph = onnx.load(exported.path / "model.onnx").graph
        assert [node.op_type for node in graph.node].count("TreeEnsemble") == 5


def test_a_sum_of_whole_numbers_is_left_to_the_ensemble(prove: Prove) -> None:
    """A forest grown to pure leaves needs no table of leaves: its votes are whole numbers."""
    X, y = load_wine(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=10, random_state=0)
    graph = onnx.load(prove(forest, X, y).path / "model.onnx").graph
    assert "CumSum" not in {node.op_type for node in graph.node}


@pytest.mark.parametrize("sparse", [True, False])
def test_an_embedding_answers_the_leaves(sparse: bool, prove: Prove) -> None:
    """Each leaf that training reached is a column of 0 and 1."""
    X, _ = load_wine(return_X_y=True)
    model = RandomTreesEmbedding(n_estimators=4, sparse_output=sparse, random_state=0)
    assert prove(model, X).manifest.parity.tolerance == 0
