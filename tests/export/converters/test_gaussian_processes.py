"""Gaussian processes agree, whatever their kernel is made of."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    DotProduct,
    ExpSineSquared,
    Matern,
    PairwiseKernel,
    RationalQuadratic,
    WhiteKernel,
)
from sklearn.preprocessing import StandardScaler

from export.errors import ConversionError
from tests.export.conftest import Prove

NOISE = WhiteKernel(1.0)
KERNELS = [
    None,
    ConstantKernel(2.0) * RBF(2.0) + NOISE,
    RBF(np.arange(1.0, 11.0)) + NOISE,
    Matern(nu=0.5) + NOISE,
    Matern(nu=1.5) + NOISE,
    Matern(nu=2.5) + NOISE,
    Matern(nu=np.inf) + NOISE,
    RationalQuadratic(alpha=0.5) + NOISE,
    DotProduct() + NOISE,
    RBF(3.0) ** 2 + NOISE,
]


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_a_regressor_answers_the_posterior_mean(kernel: Any, prove: Prove) -> None:
    """The mean agrees, on the target's own scale."""
    X, y = load_diabetes(return_X_y=True)
    model = GaussianProcessRegressor(kernel, normalize_y=True, optimizer=None)
    prove(model, StandardScaler().fit_transform(X[:120]), y[:120])


def test_a_periodic_kernel_agrees(prove: Prove) -> None:
    """Distances come back after each period."""
    X = np.random.default_rng(0).uniform(0, 10, (120, 1))
    kernel = ExpSineSquared(1.0, 3.0) + NOISE
    prove(GaussianProcessRegressor(kernel, optimizer=None), X, np.sin(X[:, 0] * 2.0))


def test_several_targets_agree(prove: Prove) -> None:
    """One posterior mean for each target."""
    X, y = load_diabetes(return_X_y=True)
    model = GaussianProcessRegressor(RBF(2.0) + NOISE, optimizer=None)
    prove(model, X[:120], np.column_stack([y, -y])[:120])


@pytest.mark.parametrize("kernel", [None], ids=str)
def test_two_classes_agree(kernel: Any, prove: Prove) -> None:
    """The logistic function is averaged over the latent, with an error function in double."""
    X, y = load_iris(return_X_y=True)
    some = y < 2
    names = np.array(["setosa", "versicolor"])
    prove(GaussianProcessClassifier(kernel, optimizer=None), X[some], names[y[some]])


def test_several_classes_agree(prove: Prove) -> None:
    """Each class against the rest."""
    X, y = load_iris(return_X_y=True)
    prove(GaussianProcessClassifier(optimizer=None), X[::2], y[::2])


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        (
            PairwiseKernel(metric="rbf"),
            "its kernel has a part, PairwiseKernel, that has no exact form.",
        ),
        (Matern(nu=3.5), "a Matern kernel of nu=3.5 has no exact form; use 0.5, 1.5 or 2.5."),
    ],
    ids=str,
)
def test_other_kernels_are_refused(kernel: Any, reason: str, prove: Prove) -> None:
    """The part of the kernel that has no exact form is named."""
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ConversionError) as caught:
        prove(GaussianProcessRegressor(kernel + NOISE, optimizer=None), X[:50], y[:50])
    assert str(caught.value) == f"GaussianProcessRegressor cannot be converted: {reason}"


def test_a_process_that_answers_little_but_rounding_is_refused(prove: Prove) -> None:
    """A kernel whose constant part grew to 1e10 answers differences of such numbers."""
    X, y = load_diabetes(return_X_y=True)
    model = GaussianProcessRegressor(DotProduct(1e5, "fixed") + RBF(1e-5, "fixed"), alpha=1.0)
    with pytest.raises(ConversionError) as refused:
        prove(model, X[:200], y[:200])
    assert str(refused.value) == (
        "GaussianProcessRegressor cannot be converted: rounding alone changes its answers by 3e-05 "
        "of themselves, because far greater numbers cancel in them; fit it with normalize_y=True, "
        "or with narrower bounds of its kernel, such as DotProduct's sigma_0_bounds."
    )
