"""Histogram gradient boosting: doubles, missing values, categories."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    VotingRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from export import export
from export.convert import FOUR_ULP
from runtime.model import Model
from tests.export.conftest import Prove
from tests.export.converters.frames import animals, with_missing


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"learning_rate": 0.3, "max_leaf_nodes": 7},
        {"interaction_cst": [[0, 1], [2, 3, 4]]},
        {"max_bins": 8, "class_weight": "balanced"},
    ],
    ids=str,
)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_agrees_to_the_label_and_to_4_ulp(
    classes: int, settings: dict[str, Any], prove: Prove
) -> None:
    """Features are compared in double, and missing values follow training."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else y > 0
    model = HistGradientBoostingClassifier(max_iter=10, min_samples_leaf=5, **settings)
    parity = prove(model, with_missing(X), y).manifest.parity
    assert parity.tolerance == FOUR_ULP
    assert {group.group for group in parity.groups} >= {"missing", "thresholds", "boundaries"}


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "gamma", "poisson"])
def test_a_regressor_of_every_loss(loss: str, prove: Prove) -> None:
    """A sum is exact; losses of counts and amounts answer its exponential, to 4 ulp."""
    X, y = load_diabetes(return_X_y=True)
    model = HistGradientBoostingRegressor(loss=loss, max_iter=10)
    tolerance = FOUR_ULP if loss in {"gamma", "poisson"} else 0
    assert prove(model, with_missing(X), y).manifest.parity.tolerance == tolerance


def test_quantiles_and_monotonic_constraints_are_exact(prove: Prove) -> None:
    """A quantile is a leaf's value; a constraint only forbids splits."""
    X, y = load_diabetes(return_X_y=True)
    constraints = [0, 0, 1, -1] + [0] * 6
    model = HistGradientBoostingRegressor(
        loss="quantile", quantile=0.8, max_iter=10, monotonic_cst=constraints
    )
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_without_missing_values_in_training_none_are_expected(prove: Prove) -> None:
    """The model still answers bit for bit where no feature may be missing."""
    X, y = load_breast_cancer(return_X_y=True)
    prove(HistGradientBoostingClassifier(max_iter=10), X, y)


def test_whole_numbers_may_be_missing(prove: Prove) -> None:
    """As pandas.NA, in columns of pandas' own dtype for them."""
    rng = np.random.default_rng(0)
    counts = pd.Series(rng.integers(0, 9, 200), dtype="Int64").mask(rng.random(200) < 0.1)
    table = pd.DataFrame({"count": counts, "size": rng.normal(0.0, 1.0, 200)})
    model = HistGradientBoostingRegressor(max_iter=5)
    exported = prove(model, table, counts.fillna(0).astype(float) + table["size"])
    assert exported.manifest.parity.tolerance == 0


@pytest.mark.parametrize("kinds", [12, 200])
def test_categories_of_a_data_frame_are_sets_not_thresholds(kinds: int, prove: Prove) -> None:
    """Known, unseen and missing categories go where scikit-learn sends them."""
    X, y = animals(4000, kinds)
    parity = prove(HistGradientBoostingClassifier(max_iter=15), X, y).manifest.parity
    assert {group.group for group in parity.groups} >= {"missing", "unseen"}


def test_categories_may_be_numbers(prove: Prove) -> None:
    """Columns of codes, named by their index, are sets of numbers."""
    frame, y = animals()
    codes = frame["kind"].cat.codes.to_numpy().astype(float)
    X = np.column_stack([frame["size"], np.where(codes < 0, np.nan, codes * 10)])
    prove(HistGradientBoostingClassifier(categorical_features=[1], max_iter=15), X, y)


def test_categories_may_be_named(prove: Prove) -> None:
    """Columns of strings, named in `categorical_features`."""
    frame, y = animals()
    X = frame.astype({"kind": object, "site": object})
    names = ["kind", "site"]
    prove(HistGradientBoostingClassifier(categorical_features=names, max_iter=15), X, y)


def test_rows_of_the_training_fall_on_the_side_they_fell_on(tmp_path: Path) -> None:
    """Thresholds are numbers that training rows had, here roots that libraries round differently.

    Without rows of their own to compare, those very rows are asked.
    """
    X = np.random.default_rng(1).lognormal(size=(1000, 1))
    y = np.sin(X[:, 0] * 5) > 0
    boosting = HistGradientBoostingClassifier(max_iter=20)
    model = make_pipeline(FunctionTransformer(np.cbrt), boosting).fit(X, y)
    exported = export(model, X, y, name="model", out=tmp_path)
    assert exported.manifest.parity.label_mismatches == 0


BESIDE_ROUNDING = {
    "another column is rounded": make_pipeline(
        make_column_transformer((PowerTransformer(), [0]), remainder="passthrough"),
        StandardScaler(),
        HistGradientBoostingRegressor(max_iter=20),
    ),
    "another estimator rounds": VotingRegressor(
        [("line", LinearRegression()), ("trees", HistGradientBoostingRegressor(max_iter=20))]
    ),
}


@pytest.mark.parametrize("model", BESIDE_ROUNDING.values(), ids=BESIDE_ROUNDING)
def test_beside_what_rounds_a_threshold_stays_where_it_is(model: Any, tmp_path: Path) -> None:
    """The next number above one that training had, in a column that nothing rounds, is above."""
    X = np.random.default_rng(0).lognormal(size=(1000, 2))
    y = np.sin(X[:, 1] * 5)
    exported = export(model.fit(X, y), X, y, name="model", out=tmp_path)
    above = np.column_stack([X[:, 0], np.nextafter(X[:, 1], np.inf)])
    expected = model.predict(above)
    assert (abs(expected - model.predict(X)) > 1e-3).any()
    answered = Model.load(exported.path / "model.onnx").run({"numeric": above})
    assert answered["prediction"] == pytest.approx(expected, rel=1e-12, abs=1e-12)


RISING = {
    "box-cox": PowerTransformer("box-cox"),
    "yeo-johnson": PowerTransformer(),
    "normal": QuantileTransformer(output_distribution="normal", n_quantiles=500),
    "scaled logarithm": make_pipeline(FunctionTransformer(np.log1p), StandardScaler()),
    "function of one's own": FunctionTransformer(
        lambda X: np.column_stack([X[:, 1] / 3, 1 - np.exp(-X[:, 0]), np.cbrt(X[:, 1]) * -2.0])
    ),
    "quotient": FunctionTransformer(lambda X: np.log1p(X[:, [0]] / np.clip(X[:, [1]], 1.0, None))),
    "roots of some": make_column_transformer(
        (FunctionTransformer(np.cbrt), [1]), remainder=StandardScaler()
    ),
}


@pytest.mark.parametrize("step", RISING.values(), ids=RISING)
def test_behind_a_function_that_rises_the_numbers_before_it_are_compared(
    step: Any, prove: Prove
) -> None:
    """So rows an ulp beside those of training go where scikit-learn sends them, to the bit."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.lognormal(size=1000), rng.integers(1, 900, 1000) / 10])
    y = np.sin(X[:, 0] * 5) + np.log(X[:, 1])
    model = make_pipeline(step, HistGradientBoostingRegressor(max_iter=20))
    path = prove(model, X, y).path
    beside = np.vstack([X, np.nextafter(X, np.inf), np.nextafter(X, 0.0)])
    answered = Model.load(path / "model.onnx").run({"numeric": beside})
    np.testing.assert_array_equal(answered["prediction"], model.predict(beside))


@pytest.mark.parametrize("function", [np.log, lambda X: -np.log(X), lambda X: X**0.3])
def test_what_a_function_makes_nan_of_is_missing(function: Any, prove: Prove) -> None:
    """The logarithm of a negative number goes where missing values go."""
    X = np.random.default_rng(0).normal(size=(800, 2))
    y = np.where(X[:, 0] > 0, np.sin(X[:, 0] * 9), 2.0)
    model = make_pipeline(FunctionTransformer(function), HistGradientBoostingRegressor(max_iter=10))
    with np.errstate(invalid="ignore"):
        path = prove(model, X, y).path
        answered = Model.load(path / "model.onnx").run({"numeric": X})
        np.testing.assert_array_equal(answered["prediction"], model.predict(X))
