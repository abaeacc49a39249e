"""LightGBM: scores and labels are bit for bit, exponentials agree to 4 ulp."""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import StackingRegressor, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from export.convert import FOUR_ULP, RELATIVE
from export.converters.lgbm_model import TINY
from export.errors import ConversionError
from tests.export.conftest import Prove
from tests.export.converters.frames import animals, with_missing

FEW: dict[str, Any] = {"n_estimators": 10, "min_child_samples": 5, "n_jobs": 1, "verbose": -1}


def _squared(y: Any, score: Any) -> tuple[Any, Any]:
    """Return the gradient and the second derivative of the squared error."""
    return score - y, np.ones(len(y))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"boosting_type": "dart"},
        {"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"sigmoid": 1.7, "extra_trees": True},
    ],
    ids=str,
)
def test_a_classifier_agrees_to_the_label_and_to_4_ulp(
    classes: int, settings: dict[str, Any], prove: Prove
) -> None:
    """Missing values go where training sent them, or where a 0 goes; labels are of any type."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else np.array(["red", "white"])[(y > 0).astype(int)]
    X = with_missing(X - np.median(X, axis=0))
    parity = prove(LGBMClassifier(**FEW, **settings), X, y).manifest.parity
    assert parity.tolerance == FOUR_ULP
    assert {group.group for group in parity.groups} >= {"missing", "thresholds", "boundaries"}


@pytest.mark.parametrize("classes", [2, 3])
def test_one_class_against_the_others(classes: int, prove: Prove) -> None:
    """Probabilities that do not sum to 1: the first of the greatest decides."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else y > 0
    model = LGBMClassifier(**FEW, objective="multiclassova", num_class=classes)
    assert prove(model, X, y).manifest.parity.tolerance == FOUR_ULP


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        ({"objective": "regression"}, 0),
        ({"objective": "regression", "reg_sqrt": True}, 0),
        ({"objective": "regression_l1"}, 0),
        ({"objective": "huber"}, 0),
        ({"objective": "fair"}, 0),
        ({"objective": "quantile", "alpha": 0.7}, 0),
        ({"objective": "mape"}, 0),
        ({"objective": "poisson"}, FOUR_ULP),
        ({"objective": "gamma"}, FOUR_ULP),
        ({"objective": "tweedie"}, FOUR_ULP),
        ({"objective": "cross_entropy"}, FOUR_ULP),
        ({"objective": "cross_entropy_lambda"}, RELATIVE),
    ],
    ids=str,
)
def test_a_regressor_of_every_objective(
    settings: dict[str, Any], tolerance: float, prove: Prove
) -> None:
    """Sums are exact; what is an exponential of them is to 4 ulp."""
    X, y = load_diabetes(return_X_y=True)
    y = y / 400 if settings["objective"].startswith("cross") else y
    model = make_pipeline(StandardScaler(), LGBMRegressor(**FEW, **settings))
    assert prove(model, X, y).manifest.parity.tolerance == tolerance


def test_an_objective_of_the_users_own_answers_the_sum(prove: Prove) -> None:
    """A regressor whose loss is a function answers its raw scores."""
    X, y = load_diabetes(return_X_y=True)
    model = LGBMRegressor(**FEW, objective=_squared)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_trees_behind_the_best_iteration_are_left_out(prove: Prove) -> None:
    """Early stopping decides which rounds predict."""
    X, y = load_diabetes(return_X_y=True)
    model = LGBMRegressor(**FEW | {"n_estimators": 80, "learning_rate": 0.6})
    stop = lightgbm.early_stopping(3, verbose=False)
    model.fit(X[:200], y[:200], eval_X=X[200:], eval_y=y[200:], callbacks=[stop])
    assert model.best_iteration_ < model.n_estimators
    assert prove(FrozenEstimator(model), X, y).manifest.parity.tolerance == 0


def test_numbers_that_lightgbm_takes_for_0_are_taken_for_0(prove: Prove) -> None:
    """Of the numbers around 0, those up to 1e-35 are 0 before any threshold is asked."""
    rng = np.random.default_rng(0)
    scale = 10.0 ** rng.integers(-40, -30, (2000, 2))
    X = rng.choice([-1.0, 0.0, 1.0], (2000, 2)) * scale
    y = np.where(np.abs(X) > TINY, np.sign(X), 0.0).sum(axis=1) + rng.normal(0, 0.1, 2000)
    prove(LGBMRegressor(**FEW), X, y)


def test_categories_of_a_data_frame_are_sets(prove: Prove) -> None:
    """Strings and numbers are sets, ordered ones are codes; unseen ones go with missing ones."""
    X, y = animals(2000, 40)
    rng = np.random.default_rng(0)
    X["grade"] = pd.Categorical(rng.choice(list("abc"), len(X)), ordered=True)
    X["store"] = pd.Categorical(rng.choice([10, 20, 50], len(X)))
    for most in (1, 100):
        model = LGBMClassifier(**FEW, max_cat_to_onehot=most, min_data_per_group=5)
        parity = prove(model, X, y).manifest.parity
        assert parity.tolerance == FOUR_ULP
        assert {group.group for group in parity.groups} >= {"missing", "unseen"}


def test_categories_may_be_numbers(prove: Prove) -> None:
    """Columns of an array, declared when fitted: what follows the point is cut off."""
    frame, y = animals()
    codes = frame["kind"].cat.codes.to_numpy().astype(float)
    X = np.column_stack([frame["size"], np.where(codes < 0, np.nan, codes * 2)])
    model = LGBMClassifier(**FEW, min_data_per_group=5).fit(X, y, categorical_feature=[1])
    prove(FrozenEstimator(model), X, y)


def test_behind_a_column_transformer(prove: Prove) -> None:
    """One-hot columns beside scaled ones."""
    X, y = animals()
    columns = make_column_transformer(
        (StandardScaler(), ["size"]), (OneHotEncoder(handle_unknown="ignore"), ["kind", "site"])
    ).set_output(transform="default")
    model = make_pipeline(columns, LGBMClassifier(**FEW))
    assert prove(model, X, y).manifest.parity.tolerance == FOUR_ULP


def test_what_is_around_it(prove: Prove) -> None:
    """Votes and stacks of regressors are exact; calibration goes through its own exponential."""
    X, y = load_diabetes(return_X_y=True)
    parts = [("one", LGBMRegressor(**FEW)), ("other", LGBMRegressor(max_depth=2, **FEW))]
    assert prove(VotingRegressor(parts), X, y).manifest.parity.tolerance == 0
    stack = StackingRegressor(parts, LGBMRegressor(**FEW), cv=2)
    assert prove(stack, X, y).manifest.parity.tolerance == 0
    X, y = load_wine(return_X_y=True)
    model = CalibratedClassifierCV(LGBMClassifier(**FEW), cv=2)
    assert prove(model, X, y > 0).manifest.parity.tolerance == RELATIVE


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            LGBMClassifier(**FEW, objective=_squared),
            "its objective is a function, so that it answers scores, not labels.",
        ),
        (
            LGBMRegressor(**FEW, linear_tree=True),
            "linear_tree=True has products in its leaves; leave it out.",
        ),
        (
            LGBMClassifier(**FEW, pred_early_stop=True),
            "pred_early_stop=True leaves out trees row by row; leave it out.",
        ),
    ],
    ids=["function", "linear", "early"],
)
@pytest.mark.filterwarnings("ignore:Cannot compute class probabilities")
def test_what_has_no_exact_form_is_refused(model: Any, reason: str, prove: Prove) -> None:
    """The reason says what to do."""
    X, y = load_wine(return_X_y=True)
    with pytest.raises(ConversionError) as refused:
        prove(model, X, (y > 0).astype(int))
    assert refused.value.reason == reason


def test_ordered_categories_of_numbers_are_refused(prove: Prove) -> None:
    """The model does not say which column their codes came from."""
    X, y = animals()
    X["store"] = pd.Categorical(np.random.default_rng(0).choice([1, 2], len(X)), ordered=True)
    with pytest.raises(ConversionError) as refused:
        prove(LGBMClassifier(**FEW), X, y)
    assert refused.value.reason == (
        "it does not say which of its columns were ordered categories of numbers; "
        "make them plain numbers."
    )
