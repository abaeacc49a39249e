"""Splines, by de Boor's recurrence in SciPy's order."""

from typing import Any

import msgspec
import numpy as np
import pytest
from scipy.interpolate import BSpline
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from export.convert import BIT_FOR_BIT
from export.converters.splines import rounds_products
from runtime.errors import PayloadError
from runtime.model import Model
from runtime.predictor import Predictor
from tests.export.conftest import Prove

X, _ = load_wine(return_X_y=True)
EXTRAPOLATIONS = ["constant", "linear", "continue", "periodic"]
on_x86 = pytest.mark.skipif(not rounds_products(), reason="SciPy here rounds otherwise")


@on_x86
@pytest.mark.parametrize("extrapolation", EXTRAPOLATIONS)
@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_splines_are_exact(extrapolation: Any, degree: int, prove: Prove) -> None:
    """Inside the knots and beyond them, and where numbers overflow."""
    knots: Any = "quantile" if degree == 3 else "uniform"
    step = SplineTransformer(
        degree=degree, extrapolation=extrapolation, knots=knots, include_bias=degree != 2
    )
    assert prove(step, X[:, :3]).manifest.parity.tolerance == BIT_FOR_BIT


@pytest.mark.parametrize("extrapolation", EXTRAPOLATIONS)
@pytest.mark.parametrize("sparse", [False, True])
def test_knots_may_be_equal(extrapolation: Any, sparse: bool, prove: Prove) -> None:
    """Quantiles of a table with many zeros, or of one that is cut off; and a single number."""
    rng = np.random.default_rng(0)
    zeros = np.where(rng.random(400) < 0.6, 0.0, rng.gamma(2.0, size=400))
    rows = np.column_stack([zeros, np.minimum(rng.gamma(2.0, size=400), 1.5), np.full(400, 3.5)])
    prove(
        SplineTransformer(knots="quantile", extrapolation=extrapolation, sparse_output=sparse), rows
    )


@pytest.mark.parametrize("degree", [1, 3])
def test_a_column_may_have_two_splines(degree: int, prove: Prove) -> None:
    """Where there are as many columns as a degree, a periodic spline meets itself."""
    step = SplineTransformer(degree + 1, degree=degree, extrapolation="periodic")
    prove(step, X[:, :3])


@pytest.mark.parametrize("degree", [0, 2])
def test_minus_zero_on_a_knot_is_zero(degree: int, prove: Prove) -> None:
    """And no spline is -0.0 there."""
    rows = np.random.default_rng(0).integers(-2, 3, (200, 2)).astype(float)
    rows[::9] = -0.0
    prove(SplineTransformer(degree=degree, extrapolation="continue"), rows)


def test_steps_of_degree_zero_agree(prove: Prove) -> None:
    """The one kind of extrapolation that shifts its knots from feature to feature."""
    prove(SplineTransformer(degree=0, extrapolation="linear"), X[:, :3])


def test_steps_of_degree_zero_agree_on_their_knots(prove: Prove) -> None:
    """Whole numbers are such, the last one inside among them."""
    rows = np.random.default_rng(0).integers(0, 5, (200, 2))
    prove(SplineTransformer(degree=0, extrapolation="linear"), rows)


@pytest.mark.parametrize("extrapolation", EXTRAPOLATIONS)
def test_missing_numbers_are_zeros_of_the_splines(extrapolation: Any, prove: Prove) -> None:
    """With handle_missing="zeros"."""
    rows = X[:, :3].copy()
    rows[::9, 1] = np.nan
    prove(SplineTransformer(handle_missing="zeros", extrapolation=extrapolation), rows)


def test_splines_that_refuse_to_extrapolate_are_served(prove: Prove) -> None:
    """Zeros, which are beyond their knots, stand beside no row that is computed."""
    y = X[:, 0] > np.median(X[:, 0])
    model = make_pipeline(SplineTransformer(extrapolation="error"), LogisticRegression())
    predictor = Predictor.load(prove(model, X[:, :2] + 100.0, y).path / "model.onnx")
    for feature in predictor.manifest.features:
        assert feature.lowest is not None
        assert feature.lowest > 90
        assert feature.highest is not None
    record = msgspec.json.encode(predictor.model.vectors.rows[0])
    row = predictor.codec.read(record)
    assert isinstance(row, msgspec.Struct)
    assert predictor.answer_row(row).content == predictor.answer(record).content
    with pytest.raises(PayloadError, match="Expected a number from"):
        predictor.answer(b'{"feature1": 0, "feature2": 100}')


@on_x86
def test_trees_that_compare_with_splines_of_training_rows_are_exact(prove: Prove) -> None:
    """Histogram gradient boosting has them as thresholds; rows an ulp beside go as they went."""
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=1000), rng.integers(0, 400, 1000) / 10])
    y = np.sin(rows[:, 0] * 5) + np.cos(rows[:, 1])
    model = make_pipeline(SplineTransformer(), HistGradientBoostingRegressor(max_iter=20))
    exported = prove(model, rows, y)
    assert exported.manifest.parity.tolerance == BIT_FOR_BIT
    beside = np.vstack([rows, np.nextafter(rows, np.inf), np.nextafter(rows, -np.inf)])
    answered = Model.load(exported.path / "model.onnx").run({"numeric": beside})
    np.testing.assert_array_equal(answered["prediction"], model.predict(beside))


def test_a_scipy_that_joins_products_and_sums_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It rounds once where x86-64 rounds twice: no bit is promised then."""

    def joined(t: Any) -> Any:
        exact = np.asarray(t, dtype=np.longdouble)

        def spline(x: Any) -> Any:
            rising = (x - exact[1]) / (exact[3] - exact[1]) * (exact[3] - x)
            falling = (exact[2] - x) / (exact[2] - exact[0]) * (x - exact[0])
            return (rising + falling).astype(np.float64)

        return spline

    monkeypatch.setattr(BSpline, "basis_element", joined)
    assert not rounds_products.__wrapped__()
