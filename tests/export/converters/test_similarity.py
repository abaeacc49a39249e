"""Kernel ridge, label propagation and partial least squares agree."""

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import AffinityPropagation
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression
from sklearn.datasets import load_diabetes, load_iris
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from export.errors import ConversionError
from tests.export.conftest import Prove


@pytest.mark.parametrize("kernel", ["linear", "rbf", "poly", "sigmoid", "laplacian", "cosine"])
def test_kernel_ridge_agrees(kernel: str, prove: Prove) -> None:
    """Every kernel that scikit-learn names for dense numbers."""
    X, y = load_diabetes(return_X_y=True)
    prove(make_pipeline(StandardScaler(), KernelRidge(alpha=10.0, kernel=kernel)), X[:200], y[:200])


def test_kernel_ridge_of_several_targets_agrees(prove: Prove) -> None:
    """One column of weights for each target."""
    X, y = load_diabetes(return_X_y=True)
    prove(KernelRidge(kernel="rbf", gamma=2.0), X[:200], np.column_stack([y, -y])[:200])


@pytest.mark.parametrize("model", [LabelPropagation(), LabelSpreading(gamma=2.0)], ids=str)
def test_propagated_labels_agree(model: Any, prove: Prove) -> None:
    """New rows are weighed by their kernel with the training rows."""
    prove(model, *load_iris(return_X_y=True))


@pytest.mark.parametrize(
    "model",
    [
        LabelPropagation(),
        LabelSpreading(gamma=2.0),
        AffinityPropagation(random_state=0),
        Nystroem(n_components=5, random_state=0),
        KernelRidge(kernel="rbf"),
    ],
    ids=str,
)
def test_rows_that_are_kept_sparse_agree(model: Any, prove: Prove) -> None:
    """An estimator keeps rows of training, or centres, as it was given them."""
    X = np.random.default_rng(0).integers(0, 5, (100, 4))
    y = X[:, 0] + X[:, 1] > 4
    prove(make_pipeline(OneHotEncoder(handle_unknown="ignore"), model), X, y)


@pytest.mark.parametrize(
    "model", [PLSRegression(), PLSRegression(scale=False), PLSCanonical(), CCA()], ids=str
)
def test_partial_least_squares_agrees(model: Any, prove: Prove) -> None:
    """Predictions of two targets."""
    X, y = load_diabetes(return_X_y=True)
    prove(model, X, np.column_stack([y, y * X[:, 0]]))


def test_scores_of_the_features_agree(prove: Prove) -> None:
    """The decomposition that only transforms."""
    X, y = load_diabetes(return_X_y=True)
    assert prove(PLSSVD(), X, np.column_stack([y, y * X[:, 0]])).manifest.task == "transformation"


def test_one_target_has_one_prediction(prove: Prove) -> None:
    """A regression on a vector answers a vector."""
    X, y = load_diabetes(return_X_y=True)
    assert prove(PLSRegression(), X, y).manifest.outputs[0].columns is None


def test_other_kernels_are_refused(prove: Prove) -> None:
    """A kernel without an exact form is named, with those that have one."""
    model = KernelRidge(kernel=lambda a, b: float(a @ b))
    with pytest.raises(ConversionError) as caught:
        prove(model, *load_iris(return_X_y=True))
    assert str(caught.value) == (
        "KernelRidge cannot be converted: its kernel is a function; the kernels that convert: "
        "additive_chi2, chi2, cosine, laplacian, linear, poly, polynomial, rbf, sigmoid."
    )
