"""Bins, functions, powers and quantiles."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import special
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from export.converters.ufuncs import EXACT, ROUNDED
from export.errors import ConversionError
from runtime.model import Model
from tests.export.conftest import Prove

X, Y = load_wine(return_X_y=True)


@pytest.mark.parametrize("encode", ["onehot", "onehot-dense", "ordinal"])
@pytest.mark.parametrize("strategy", ["quantile", "uniform", "kmeans"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_bins_are_exact(encode: str, strategy: str, prove: Prove) -> None:
    """At an edge, and one number beside it, the bin is scikit-learn's."""
    bins = KBinsDiscretizer(encode=encode, strategy=strategy)
    model = make_pipeline(bins, DecisionTreeClassifier(random_state=0))
    assert prove(model, X[:, :4], Y).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "step",
    [
        Binarizer(threshold=2.0),
        Normalizer("max"),
        PolynomialFeatures(2),
        PolynomialFeatures((2, 4), interaction_only=True, include_bias=False),
        QuantileTransformer(n_quantiles=50),
    ],
    ids=repr,
)
def test_arithmetic_is_exact(step: Any, prove: Prove) -> None:
    """Products, comparisons and interpolation are the same to the bit."""
    assert prove(step, np.round(X[:, :5], 1)).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "step",
    [
        Normalizer("l1"),
        Normalizer("l2"),
        PowerTransformer(),
        PowerTransformer(standardize=False),
        QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    ],
    ids=repr,
)
def test_sums_and_logarithms_agree(step: Any, prove: Prove) -> None:
    """Within 1e-12, negative numbers included."""
    prove(step, X[:, :5] - 2)


def test_box_cox_agrees(prove: Prove) -> None:
    """For the positive numbers that it takes."""
    prove(PowerTransformer("box-cox"), X[:, :1])


@pytest.mark.parametrize(
    "step",
    [
        StandardScaler(with_mean=False),
        RobustScaler(with_centering=False),
        MaxAbsScaler(),
        PolynomialFeatures(3),
        QuantileTransformer(n_quantiles=10),
    ],
    ids=lambda step: type(step).__name__,
)
def test_sparse_matrices_are_treated_as_scikit_learn_treats_them(step: Any, prove: Prove) -> None:
    """It multiplies by inverses, in another order, and looks at what is not 0 alone."""
    texts = np.array([" ".join(f"word{digit}" for digit in str(i * i)) for i in range(400)], object)
    model = make_pipeline(TfidfVectorizer(max_features=8), step)
    assert prove(model, texts).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "step",
    [PolynomialFeatures(2, interaction_only=True), FunctionTransformer(np.negative)],
    ids=["products", "negative"],
)
def test_what_a_sparse_matrix_lacks_has_no_sign(step: Any, prove: Prove) -> None:
    """Nothing times a negative number, or less nothing, is nothing."""
    rows = np.column_stack([np.arange(200) % 9, np.random.default_rng(0).normal(size=200)])
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [0]), remainder="passthrough", sparse_threshold=1
    )
    assert prove(make_pipeline(columns, step), rows).manifest.parity.tolerance == 0


def test_normal_quantiles_between_the_tails_are_exact(prove: Prove) -> None:
    """Where Cephes takes no logarithm, in the middle three quarters."""
    step = QuantileTransformer(n_quantiles=50, output_distribution="normal")
    model = Model.load(prove(step, X).path / "model.onnx")
    rows = np.random.default_rng(0).uniform(X.min(axis=0), X.max(axis=0), (2000, X.shape[1]))
    expected, answered = step.transform(rows), model.run({"numeric": rows})["transformed"]
    middle = abs(expected) < special.ndtri(1 - np.exp(-2))
    assert middle.mean() > 0.4
    np.testing.assert_array_equal(answered[middle], expected[middle])


def test_normal_quantiles_of_what_is_not_there_are_zeros(prove: Prove) -> None:
    """Of a sparse matrix, though 0 is the least of its numbers."""
    texts = np.array([" ".join(f"word{digit}" for digit in str(i * i)) for i in range(400)], object)
    step = QuantileTransformer(n_quantiles=10, output_distribution="normal")
    prove(make_pipeline(TfidfVectorizer(max_features=8), step), texts)


def test_products_before_a_forest_flip_no_label(prove: Prove) -> None:
    """Each product is rounded as scikit-learn rounds it."""
    forest = RandomForestClassifier(n_estimators=3, random_state=0)
    model = make_pipeline(StandardScaler(), PolynomialFeatures(3), forest)
    assert prove(model, X[:, :3], Y).manifest.parity.tolerance == 0


@pytest.mark.parametrize("function", EXACT, ids=lambda f: f.__name__)
def test_an_exact_function_is_exact(function: Any, prove: Prove) -> None:
    """Functions that every machine computes to the same bit, the sign of zero included."""
    assert prove(FunctionTransformer(function), X[:, :2] / 10).manifest.parity.tolerance == 0


OF_SHARES = (np.arcsin, np.arccos, np.arctanh, special.logit)
OF_MORE_THAN_ONE = (np.arccosh,)


@pytest.mark.parametrize("function", ROUNDED, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_a_function_of_the_mathematical_library_agrees(function: Any, prove: Prove) -> None:
    """Within 1e-12, and NaN where it has no value."""
    rows = np.sqrt(X[:, 1:3])
    if function in OF_SHARES:
        rows /= rows.max() + 1
    elif function in OF_MORE_THAN_ONE:
        rows += 1
    prove(FunctionTransformer(function), rows)


def test_a_tangent_near_its_poles_agrees(prove: Prove) -> None:
    """The nearest numbers to odd multiples of a quarter turn, where it is as large as can be."""
    turns = np.random.default_rng(0).integers(-50_000, 50_000, (400, 1)) * 2 + 1
    prove(FunctionTransformer(np.tan), turns * (np.pi / 2))


def test_hyperbolic_functions_overflow_no_sooner(prove: Prove) -> None:
    """exp(710) is infinite already, half of it is not."""
    rows = np.linspace(-710.4, 710.4, 300).reshape(-1, 2)
    prove(FunctionTransformer(np.sinh), rows)


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(np.clip, kw_args={"a_min": 1.0, "a_max": 10.0}),
        FunctionTransformer(np.clip, kw_args={"min": None, "max": 2.0}),
        FunctionTransformer(np.clip, kw_args={"a_min": 0.0, "a_max": None}),
        FunctionTransformer(np.round, kw_args={"decimals": 1}),
        FunctionTransformer(functools.partial(np.round, decimals=-1)),
        FunctionTransformer(np.nan_to_num, kw_args={"nan": -1.0}),
        FunctionTransformer(),
    ],
    ids=["clip", "clip above", "clip below 0", "round", "round tens", "nan_to_num", "nothing"],
)
def test_arguments_are_kept(step: Any, prove: Prove) -> None:
    """By kw_args or by a partial function; no function at all changes nothing."""
    assert prove(step, X[:, :3]).manifest.parity.tolerance == 0


@dataclass
class Doubled:
    """A function that has settings, and so no hash."""

    by: float = 2.0

    def __call__(self, x: Any) -> Any:
        """Return the product."""
        return x * self.by


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(rbf_kernel, kw_args={"Y": [[35.0], [40.0]], "gamma": 0.1}),
        FunctionTransformer(functools.partial(polynomial_kernel, Y=[[1.0]], degree=2)),
    ],
    ids=["rbf", "polynomial"],
)
def test_kernels_say_how_alike_rows_are(step: Any, prove: Prove) -> None:
    """To rows that are given, as in features that say how near to some peak a number is."""
    assert prove(step, X[:, :1]).manifest.parity.tolerance == 1e-12


def test_a_function_that_has_settings_is_followed(prove: Prove) -> None:
    """Such an object has no hash, by which others are looked up."""
    assert prove(FunctionTransformer(Doubled()), X[:, :3]).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (FunctionTransformer(lambda x: np.cumsum(x, axis=0)), "'<lambda>'"),
        (FunctionTransformer(np.spacing), "'spacing'"),
        (FunctionTransformer(np.sqrt, kw_args={"dtype": "float32"}), "'sqrt' with the arguments"),
    ],
    ids=["lambda", "spacing", "sqrt"],
)
def test_another_function_is_refused_by_name(step: Any, found: str, prove: Prove) -> None:
    """A function that cannot be followed, or arguments that have no form, cannot be converted."""
    with pytest.raises(ConversionError) as refused:
        prove(step, X[:, :3])
    message = str(refused.value)
    assert message.startswith(f"FunctionTransformer cannot be converted: its function {found}")
    assert message.endswith("docs/converters.md shows how.")


@pytest.mark.parametrize("powers", [[0.0, 2.0, 1.5, -0.5], [0.5, 1.0, 3.0, 2.0]])
def test_a_power_may_be_a_logarithm_on_either_side_of_zero(
    powers: list[float], prove: Prove
) -> None:
    """The power 0 from 0 on, and 2 below."""
    X = np.random.default_rng(0).normal(size=(400, 4))
    transformer = PowerTransformer(standardize=False).fit(X)
    transformer.lambdas_ = np.array(powers)
    prove(FrozenEstimator(transformer), X)
