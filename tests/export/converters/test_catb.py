"""CatBoost: scores and labels are bit for bit, exponentials within their tolerance."""

from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import StackingRegressor, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from export.convert import FOUR_ULP, RELATIVE
from export.errors import ConversionError
from tests.export.conftest import Prove
from tests.export.converters.frames import animals, with_missing

FEW: dict[str, Any] = {
    "iterations": 10,
    "thread_count": 1,
    "verbose": False,
    "allow_writing_files": False,
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"depth": 10},
        {"nan_mode": "Max"},
        {"grow_policy": "Lossguide"},
        {"grow_policy": "Depthwise", "nan_mode": "Max"},
        {"loss_function": "MultiClassOneVsAll"},
    ],
    ids=str,
)
def test_a_classifier_agrees_to_the_label_and_to_4_ulp(
    classes: int, settings: dict[str, Any], prove: Prove
) -> None:
    """Missing values are below or above every border; labels are of any type."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else np.array(["red", "white"])[(y > 0).astype(int)]
    manifest = prove(CatBoostClassifier(**FEW, **settings), with_missing(X), y).manifest
    assert manifest.task == "classification"
    assert manifest.parity.tolerance == FOUR_ULP
    groups = {group.group for group in manifest.parity.groups}
    assert groups >= {"missing", "thresholds", "boundaries"}


def test_labels_that_are_booleans(prove: Prove) -> None:
    """CatBoost answers them as booleans."""
    X, y = load_wine(return_X_y=True)
    assert prove(CatBoostClassifier(**FEW), X, y > 0).manifest.parity.tolerance == FOUR_ULP


def test_several_labels_of_one_row(prove: Prove) -> None:
    """Each label has its own probability."""
    X, y = load_wine(return_X_y=True)
    model = CatBoostClassifier(**FEW, loss_function="MultiLogloss")
    manifest = prove(model, X, np.c_[y > 0, y > 1].astype(int)).manifest
    assert manifest.task == "multilabel_classification"
    assert manifest.parity.tolerance == FOUR_ULP


@pytest.mark.parametrize(
    ("loss", "tolerance"),
    [
        ("RMSE", 0),
        ("MAE", 0),
        ("Quantile:alpha=0.7", 0),
        ("Huber:delta=2", 0),
        ("LogCosh", 0),
        ("MAPE", 0),
        ("Expectile:alpha=0.3", 0),
        ("MultiQuantile:alpha=0.1,0.9", 0),
        ("Poisson", RELATIVE),
        ("Tweedie:variance_power=1.5", RELATIVE),
        ("RMSEWithUncertainty", RELATIVE),
    ],
)
def test_a_regressor_of_every_loss(loss: str, tolerance: float, prove: Prove) -> None:
    """Sums are exact, with the bias; exponentials are CatBoost's own, quick ones."""
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(StandardScaler(), CatBoostRegressor(**FEW, loss_function=loss))
    assert prove(model, X, y).manifest.parity.tolerance == tolerance


def test_several_targets_are_exact(prove: Prove) -> None:
    """A leaf has a value for each target."""
    X, y = load_wine(return_X_y=True)
    model = CatBoostRegressor(**FEW, loss_function="MultiRMSE")
    assert prove(model, X, np.c_[y, X[:, 0]]).manifest.parity.tolerance == 0


def test_a_scale_of_the_users_own_is_exact(prove: Prove) -> None:
    """The sum is multiplied, then the bias is added."""
    X, y = load_diabetes(return_X_y=True)
    model = CatBoostRegressor(**FEW).fit(X, y)
    model.set_scale_and_bias(0.3, 2.5)
    assert prove(FrozenEstimator(model), X, y).manifest.parity.tolerance == 0


@pytest.mark.parametrize("policy", ["SymmetricTree", "Lossguide"])
def test_categories_that_are_asked_for_as_they_are(policy: str, prove: Prove) -> None:
    """A category is told by its hash; whatever was never seen is none of them."""
    X, y = animals(2000)
    X = X.astype({"kind": object, "site": object}).fillna({"kind": "none"})
    model = CatBoostClassifier(
        **FEW, cat_features=["kind", "site"], one_hot_max_size=100, grow_policy=policy
    )
    parity = prove(model, X, y.astype(int)).manifest.parity
    assert parity.tolerance == FOUR_ULP
    assert {group.group for group in parity.groups} >= {"unseen", "thresholds"}


def test_behind_a_column_transformer(prove: Prove) -> None:
    """One-hot columns beside scaled ones; or the categories themselves, passed through."""
    X, y = animals()
    scaled = (StandardScaler(), ["size"])
    hot = (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["kind", "site"])
    model = make_pipeline(make_column_transformer(scaled, hot), CatBoostClassifier(**FEW))
    assert prove(model, X, y.astype(int)).manifest.parity.tolerance == FOUR_ULP
    X = X.drop(columns="kind").astype({"site": object})
    columns = make_column_transformer(scaled, ("passthrough", ["site"]))
    passed = CatBoostClassifier(**FEW, cat_features=[1], one_hot_max_size=10)
    model = make_pipeline(columns, passed)
    assert prove(model, X, y.astype(int)).manifest.parity.tolerance == FOUR_ULP


def test_what_is_around_it(prove: Prove) -> None:
    """Stacks of regressors are exact; votes and calibration compute with probabilities."""
    X, y = load_diabetes(return_X_y=True)
    model = CatBoostRegressor(**FEW)
    stack = StackingRegressor([("one", model)], CatBoostRegressor(**FEW), cv=2)
    assert prove(stack, X, y).manifest.parity.tolerance == 0
    X, y = load_wine(return_X_y=True)
    for around in (
        VotingClassifier([("one", CatBoostClassifier(**FEW))], voting="soft"),
        CalibratedClassifierCV(CatBoostClassifier(**FEW), cv=2),
    ):
        assert prove(around, X, y).manifest.parity.tolerance == RELATIVE


def test_categories_replaced_by_statistics_are_refused(prove: Prove) -> None:
    """They are kept by hashes, which no operator computes."""
    X, y = animals()
    X = X.astype({"kind": object, "site": object}).fillna({"kind": "none"})
    model = CatBoostClassifier(**FEW, cat_features=["kind", "site"])
    with pytest.raises(ConversionError) as refused:
        prove(model, X, y.astype(int))
    assert refused.value.reason == (
        "it replaces categories by statistics that are kept by their hashes, which no operator "
        "computes; raise one_hot_max_size to the number of categories, or make numbers of them "
        "before it, with a TargetEncoder."
    )


def test_categories_that_are_numbers_are_refused(prove: Prove) -> None:
    """Their hashes cannot be told: the signature lists strings only."""
    X, y = animals()
    X = X[["size"]].assign(store=np.random.default_rng(0).choice([1, 2, 3], len(X)))
    y = y.astype(int) ^ (X["store"] == 2)
    model = CatBoostClassifier(**FEW, cat_features=["store"], one_hot_max_size=10)
    with pytest.raises(ConversionError) as refused:
        prove(model, X, y)
    assert refused.value.reason == (
        "it keeps no more than hashes of the categories of its feature 1; they can be told only "
        "of 100 strings or fewer, as the client sends them."
    )


def test_a_threshold_of_its_own_is_refused(prove: Prove) -> None:
    """scikit-learn has an estimator for it."""
    X, y = load_wine(return_X_y=True)
    model = CatBoostClassifier(**FEW).fit(X, y > 0)
    model.set_probability_threshold(0.3)
    with pytest.raises(ConversionError) as refused:
        prove(FrozenEstimator(model), X, y > 0)
    assert refused.value.reason == (
        "it has a probability threshold of its own; "
        "leave it at 0.5 and use scikit-learn's FixedThresholdClassifier."
    )


def test_a_constant_is_refused(prove: Prove) -> None:
    """Trees that ask nothing have no column to look at."""
    X, y = load_wine(return_X_y=True)
    model = CatBoostRegressor(**FEW, grow_policy="Depthwise", min_data_in_leaf=1000)
    with pytest.raises(ConversionError) as refused:
        prove(model, X, y)
    assert refused.value.reason == "its trees ask about no feature: it answers a constant."
