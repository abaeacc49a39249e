"""XGBoost answers bit for bit what it computes, in single precision."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import AdditiveChi2Sampler
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsTransformer, RadiusNeighborsTransformer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.random_projection import SparseRandomProjection
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier, XGBRFRegressor

from export.convert import FOUR_ULP_SINGLE, RELATIVE
from export.converters import single
from export.errors import ConversionError
from tests.export.conftest import Prove
from tests.export.converters.frames import animals, with_missing

FEW: dict[str, Any] = {"n_estimators": 10, "n_jobs": 1}
VERSION = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
DROPOUT = {"rate_drop": 0.3} | ({"booster": "dart"} if VERSION < (3, 3) else {})


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        DROPOUT,
        {"num_parallel_tree": 3, "subsample": 0.7},
        {"tree_method": "exact", "gamma": 1.0},
        {"missing": 0.0},
    ],
    ids=str,
)
def test_a_classifier_is_exact(classes: int, settings: dict[str, Any], prove: Prove) -> None:
    """Probabilities are exact too: the exponential is the C library's, to the bit."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else (y > 0).astype(int)
    X = with_missing(X - np.median(X, axis=0))
    parity = prove(XGBClassifier(**FEW, **settings), X, y).manifest.parity
    assert parity.tolerance == 0
    assert {group.group for group in parity.groups} >= {"missing", "thresholds", "boundaries"}


@pytest.mark.parametrize(
    "objective",
    [
        "count:poisson",
        "reg:absoluteerror",
        "reg:gamma",
        "reg:logistic",
        "reg:pseudohubererror",
        "reg:squarederror",
        "reg:squaredlogerror",
        "reg:tweedie",
    ],
)
def test_a_regressor_of_every_objective_is_exact(objective: str, prove: Prove) -> None:
    """Behind a scaler, whose doubles are rounded to single precision as XGBoost rounds them."""
    X, y = load_diabetes(return_X_y=True)
    y = y / 400 if objective == "reg:logistic" else y
    model = make_pipeline(StandardScaler(), XGBRegressor(**FEW, objective=objective))
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_several_quantiles_are_exact(prove: Prove) -> None:
    """Each quantile is a column; from 3.4 on XGBoost sorts them."""
    X, y = load_diabetes(return_X_y=True)
    quantiles = np.array([0.4, 0.5, 0.6])
    model = XGBRegressor(**FEW, objective="reg:quantileerror", quantile_alpha=quantiles)
    manifest = prove(model, X, y).manifest
    assert manifest.parity.tolerance == 0
    assert manifest.outputs[0].columns == 3
    assert manifest.metrics == {}


@pytest.mark.parametrize("objective", ["binary:hinge", "binary:logitraw"])
def test_objectives_without_probabilities_answer_as_xgboost_does(
    objective: str, prove: Prove
) -> None:
    """Whatever XGBoost calls a probability is answered as one."""
    X, y = load_wine(return_X_y=True)
    model = XGBClassifier(**FEW, objective=objective)
    assert prove(model, X, (y > 0).astype(int)).manifest.parity.tolerance == 0


def test_labels_by_the_greatest_margin_are_exact(prove: Prove) -> None:
    """With `multi:softmax` the probabilities are SciPy's, whose rounding is numpy's own."""
    X, y = load_wine(return_X_y=True)
    parity = prove(XGBClassifier(**FEW, objective="multi:softmax"), X, y).manifest.parity
    assert parity.tolerance == FOUR_ULP_SINGLE
    assert parity.label_mismatches == 0


@pytest.mark.filterwarnings("ignore:`XGBRF:FutureWarning")
@pytest.mark.parametrize("forest", [XGBRFClassifier, XGBRFRegressor])
def test_a_random_forest_is_exact(forest: Any, prove: Prove) -> None:
    """All trees belong to one round."""
    X, y = load_wine(return_X_y=True)
    assert prove(forest(**FEW), X, y).manifest.parity.tolerance == 0


def test_several_targets_and_labels_are_exact(prove: Prove) -> None:
    """Each target has trees of its own."""
    X, y = load_wine(return_X_y=True)
    assert prove(XGBRegressor(**FEW), X, np.c_[y, X[:, 0]]).manifest.parity.tolerance == 0
    manifest = prove(XGBClassifier(**FEW), X, np.c_[y > 1, X[:, 0] > 13]).manifest
    assert manifest.task == "multilabel_classification"
    assert manifest.parity.tolerance == 0


def test_trees_behind_the_best_iteration_are_left_out(prove: Prove) -> None:
    """Early stopping decides which rounds predict."""
    X, y = load_diabetes(return_X_y=True)
    model = XGBRegressor(n_estimators=60, early_stopping_rounds=3, learning_rate=0.6, n_jobs=1)
    model.fit(X[:200], y[:200], eval_set=[(X[200:], y[200:])], verbose=False)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    assert prove(FrozenEstimator(model), X, y).manifest.parity.tolerance == 0


def test_categories_of_a_data_frame_are_exact_and_closed(prove: Prove) -> None:
    """Strings and numbers are sets; XGBoost refuses a category that it never saw."""
    X, y = animals(2000, 40)
    X["store"] = pd.Categorical(np.random.default_rng(0).choice([10, 20, 50], len(X)))
    for most in (1, 100):
        model = XGBClassifier(**FEW, enable_categorical=True, max_cat_to_onehot=most)
        manifest = prove(model, X, y).manifest
        assert manifest.parity.tolerance == 0
        assert [feature.closed for feature in manifest.features] == [False, True, True, False]
        store = manifest.features[3]
        assert (store.minimum, store.values) == (10.0, (10.0, 20.0, 50.0))  # noqa: PD011 - no table


def test_names_of_categories_that_are_not_ascii_are_refused(prove: Prove) -> None:
    """XGBoost 3.2 counts characters where it means bytes, and saves the last names in part."""
    X, y = animals(200)
    X["site"] = X["site"].cat.rename_categories(["Łódź", "İzmir", "Köln"])
    with pytest.raises(ConversionError) as caught:
        prove(XGBClassifier(**FEW, enable_categorical=True), X, y)
    assert str(caught.value) == (
        "XGBClassifier cannot be converted: XGBoost takes the names of categories apart at wrong "
        "places where they are not ASCII, and one for another; give them names in ASCII, or "
        "encode them before it, with an OrdinalEncoder."
    )


def test_categories_may_be_numbers(prove: Prove) -> None:
    """Columns of an array, declared as categories: any number is answered."""
    frame, y = animals()
    codes = frame["kind"].cat.codes.to_numpy().astype(float)
    X = np.column_stack([frame["size"], np.where(codes < 0, np.nan, codes * 2)])
    model = XGBClassifier(**FEW, enable_categorical=True, feature_types=["q", "c"])
    parity = prove(model, X, y).manifest.parity
    assert parity.tolerance == 0
    assert "missing" in {group.group for group in parity.groups}


def test_behind_a_column_transformer_it_is_exact(prove: Prove) -> None:
    """One-hot columns beside scaled ones: of a sparse matrix, every 0 is a missing value."""
    X, y = animals()
    for sparse in (True, False):
        hot = OneHotEncoder(handle_unknown="ignore", sparse_output=sparse)
        columns = make_column_transformer((StandardScaler(), ["size"]), (hot, ["kind", "site"]))
        model = make_pipeline(columns, XGBClassifier(**FEW))
        assert prove(model, X, y).manifest.parity.tolerance == 0
        assert columns.sparse_output_ is sparse


def test_behind_texts_it_is_exact(prove: Prove) -> None:
    """A matrix of terms is sparse, and stays so where terms are selected and scaled."""
    rng = np.random.default_rng(0)
    words = np.array(["the", "cat", "sat", "on", "a", "mat", "while", "dogs", "ran"], dtype=object)
    X = np.array([" ".join(rng.choice(words, 6)) for _ in range(400)], dtype=object)
    y = np.array(["cat" in text for text in X]) ^ (rng.random(400) < 0.1)
    terms = make_union(CountVectorizer(), CountVectorizer(ngram_range=(2, 2)))
    model = make_pipeline(terms, SelectKBest(k=20), MaxAbsScaler(), XGBClassifier(**FEW))
    assert prove(model, X, y.astype(int)).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "step",
    [
        AdditiveChi2Sampler(),
        RadiusNeighborsTransformer(radius=1.2, mode="connectivity"),
        SimpleImputer(),
        SimpleImputer(add_indicator=True),
        SparseRandomProjection(n_components=5, random_state=0),
    ],
    ids=str,
)
def test_steps_that_keep_a_matrix_sparse_agree(step: Any, prove: Prove) -> None:
    """What they leave out is missing, too."""
    X, y = animals()
    hot = OneHotEncoder(handle_unknown="ignore")
    prove(make_pipeline(hot, step, XGBClassifier(**FEW)), X[["kind", "site"]].astype(str), y)


def test_a_graph_of_neighbors_is_sparse(prove: Prove) -> None:
    """Of each row it has but its neighbours; all other columns are missing."""
    graph = KNeighborsTransformer(n_neighbors=9, mode="connectivity")
    prove(make_pipeline(graph, XGBClassifier(**FEW)), *load_wine(return_X_y=True))


def test_the_scaled_iris_is_exact(prove: Prove) -> None:
    """skl2onnx scales in single precision: flowers at a threshold get another label."""
    X, y = load_iris(return_X_y=True)
    scaler, booster = StandardScaler(), XGBClassifier(n_jobs=1)
    model = make_pipeline(scaler, booster)
    assert prove(model, X, y).manifest.parity.tolerance == 0
    mean, scale = scaler.mean_.astype(np.float32), np.float32(1) / scaler.scale_.astype(np.float32)
    in_single = (X.astype(np.float32) - mean) * scale
    assert (booster.predict(in_single) != model.predict(X)).any()


XGB_C, XGB_R = XGBClassifier(**FEW), XGBRegressor(**FEW)
AROUND_CLASSIFIERS: list[tuple[Any, float]] = [
    (VotingClassifier([("one", XGB_C), ("other", XGB_C)], voting="soft"), 0),
    (VotingClassifier([("one", XGB_C), ("trees", RandomForestClassifier(5))], voting="soft"), 0),
    (BaggingClassifier(XGB_C, 3), 0),
    (OneVsRestClassifier(XGB_C), RELATIVE),
    (CalibratedClassifierCV(XGB_C, cv=2, method="isotonic"), 0),
    (CalibratedClassifierCV(XGB_C, cv=2), RELATIVE),
    (CalibratedClassifierCV(XGB_C, cv=2, method="temperature"), FOUR_ULP_SINGLE),
    (StackingClassifier([("one", XGB_C)], RandomForestClassifier(5), cv=2), 0),
    (StackingClassifier([("one", XGB_C)], LogisticRegression(), cv=2), FOUR_ULP_SINGLE),
]
AROUND_REGRESSORS: list[tuple[Any, float]] = [
    (VotingRegressor([("one", XGB_R), ("two", XGB_R), ("three", XGB_R)]), 0),
    (BaggingRegressor(XGB_R, 3), 0),
    (TransformedTargetRegressor(XGB_R, transformer=StandardScaler()), 0),
    (TransformedTargetRegressor(XGB_R, transformer=MinMaxScaler()), 0),
    (TransformedTargetRegressor(XGB_R, func=np.log1p, inverse_func=np.expm1), FOUR_ULP_SINGLE),
]


@pytest.mark.parametrize(("model", "tolerance"), AROUND_CLASSIFIERS)
def test_what_is_around_a_classifier_goes_on_in_single_precision(
    model: Any, tolerance: float, prove: Prove
) -> None:
    """As scikit-learn does: sums are exact, and exponentials as precise as they are there."""
    X, y = load_wine(return_X_y=True)
    assert prove(model, X, y).manifest.parity.tolerance == tolerance


@pytest.mark.parametrize(("model", "tolerance"), AROUND_REGRESSORS)
def test_what_is_around_a_regressor_goes_on_in_single_precision(
    model: Any, tolerance: float, prove: Prove
) -> None:
    """As scikit-learn does: means and scales are exact, and exponentials to 4 ulp."""
    X, y = load_diabetes(return_X_y=True)
    assert prove(model, X, y).manifest.parity.tolerance == tolerance


@pytest.mark.parametrize("threshold", [0.3, 0.1])
def test_a_threshold_is_compared_in_single_precision(threshold: float, prove: Prove) -> None:
    """As numpy compares a Python number with single-precision ones."""
    X, y = load_wine(return_X_y=True)
    model = FixedThresholdClassifier(XGBClassifier(**FEW), threshold=threshold)
    assert prove(model, X, (y > 0).astype(int)).manifest.parity.tolerance == 0


def test_another_c_library_may_round_the_exponential_otherwise(
    prove: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not glibc, 4 ulp of single precision are allowed."""
    monkeypatch.setattr(single, "is_reproducible", lambda: False)
    X, y = load_wine(return_X_y=True)
    parity = prove(XGBClassifier(**FEW), X, y).manifest.parity
    assert parity.tolerance == FOUR_ULP_SINGLE


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {"booster": "gblinear", "n_estimators": 2},
            'booster="gblinear" has no trees; use a linear model of scikit-learn.',
        ),
        (
            {"multi_strategy": "multi_output_tree", "n_estimators": 2},
            (
                "a leaf of its trees has several values; "
                'use multi_strategy="one_output_per_tree", the default.'
            ),
        ),
        (
            {"objective": "rank:pairwise", "n_estimators": 2},
            "its objective 'rank:pairwise' is none that a converter knows.",
        ),
    ],
    ids=["linear", "vectors", "unknown"],
)
@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_what_has_no_exact_form_is_refused(
    settings: dict[str, Any], reason: str, prove: Prove
) -> None:
    """The reason says what to use instead."""
    X, y = load_wine(return_X_y=True)
    y = np.c_[y, y] if "multi_strategy" in settings else y
    with pytest.raises(ConversionError) as refused:
        prove(XGBRegressor(n_jobs=1, **settings), X, y)
    assert refused.value.reason == reason


def test_another_missing_value_beside_categories_is_refused(prove: Prove) -> None:
    """XGBoost would take a category's code for it."""
    X, y = animals()
    with pytest.raises(ConversionError) as refused:
        prove(XGBClassifier(**FEW, enable_categorical=True, missing=0.0), X, y)
    assert refused.value.reason == (
        "with categories, missing must be NaN, the default, and the table dense."
    )
