"""Regressors of a transformed target answer on the target's own scale."""

from typing import Any

import numpy as np
import pytest
from scipy import special
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from export.errors import ConversionError
from tests.export.conftest import Prove

FOREST = RandomForestRegressor(n_estimators=5, random_state=0)


@pytest.mark.parametrize(
    ("function", "inverse"),
    [(np.log1p, np.expm1), (np.log, np.exp), (np.sqrt, np.square), (None, None)],
)
def test_functions_are_undone(function: Any, inverse: Any, prove: Prove) -> None:
    """The inverse function is applied to the prediction."""
    model = TransformedTargetRegressor(Ridge(), func=function, inverse_func=inverse)
    prove(model, *load_diabetes(return_X_y=True))


def test_an_exact_inverse_stays_exact(prove: Prove) -> None:
    """A forest of square roots is squared, bit for bit."""
    model = TransformedTargetRegressor(FOREST, func=np.sqrt, inverse_func=np.square)
    assert prove(model, *load_diabetes(return_X_y=True)).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "transformer",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        MinMaxScaler((1, 2)),
        RobustScaler(),
        RobustScaler(with_centering=False, with_scaling=False),
        MaxAbsScaler(),
        PowerTransformer(),
        PowerTransformer(standardize=False),
        PowerTransformer("box-cox"),
        make_pipeline(FunctionTransformer(np.log, np.exp), "passthrough", StandardScaler()),
        FunctionTransformer(np.log10, special.exp10),
        pytest.param(
            FunctionTransformer(lambda y: y / 1000, lambda y: y * 1000), id="functions of one's own"
        ),
    ],
    ids=str,
)
def test_transformers_are_undone(transformer: Any, prove: Prove) -> None:
    """`inverse_transform` is applied to the prediction."""
    model = TransformedTargetRegressor(Ridge(), transformer=transformer)
    prove(model, *load_diabetes(return_X_y=True))


def test_several_targets_are_undone(prove: Prove) -> None:
    """Each target has a scale of its own."""
    X, y = load_diabetes(return_X_y=True)
    model = TransformedTargetRegressor(FOREST, transformer=StandardScaler())
    prove(model, X, np.column_stack([y, -y]))


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_quantiles_are_undone(distribution: str, prove: Prove) -> None:
    """Each prediction is a place among the quantiles of the target."""
    X, y = load_diabetes(return_X_y=True)
    quantiles = QuantileTransformer(n_quantiles=50, output_distribution=distribution)
    prove(TransformedTargetRegressor(Ridge(), transformer=quantiles), X, y)


def test_an_exact_inverse_of_quantiles_stays_exact(prove: Prove) -> None:
    """Interpolation has the same bits both ways."""
    X, y = load_diabetes(return_X_y=True)
    model = TransformedTargetRegressor(FOREST, transformer=QuantileTransformer(n_quantiles=50))
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_other_inverses_are_refused(prove: Prove) -> None:
    """What cannot be undone exactly is named, with what can."""
    bins = KBinsDiscretizer(5, encode="ordinal", quantile_method="averaged_inverted_cdf")
    model = TransformedTargetRegressor(Ridge(), transformer=bins, check_inverse=False)
    with pytest.raises(ConversionError) as caught:
        prove(model, *load_diabetes(return_X_y=True))
    assert str(caught.value) == (
        "step `transformer_`: KBinsDiscretizer cannot be converted: its inverse_transform has no "
        "exact form; those that have one: FunctionTransformer, MaxAbsScaler, MinMaxScaler, "
        "Pipeline, PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler."
    )


@pytest.mark.parametrize("power", [0.0, 2.0])
def test_the_inverse_of_a_logarithmic_power_agrees(power: float, prove: Prove) -> None:
    """At the powers 0 and 2 the transformation is a logarithm, and its inverse an exponential."""
    X, y = load_diabetes(return_X_y=True)
    model = TransformedTargetRegressor(Ridge(), transformer=PowerTransformer(standardize=False))
    model.fit(X, (y - y.mean()) / 100)
    model.transformer_.lambdas_ = np.array([power])
    prove(FrozenEstimator(model), X, y)
