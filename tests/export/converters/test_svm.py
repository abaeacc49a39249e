"""Support vector machines agree with libsvm, whatever the kernel."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from export.errors import ConversionError
from tests.export.conftest import Prove

KERNELS = ["rbf", "linear", "poly", "sigmoid"]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["binary", "multiclass"])
def test_a_classifier_agrees(load: Any, kernel: str, prove: Prove) -> None:
    """Labels follow the votes of the pairs; scores break their ties."""
    X, y = load(return_X_y=True)
    model = SVC(kernel=kernel, coef0=0.5, degree=2)
    exported = prove(make_pipeline(StandardScaler(), model), X, y)
    assert exported.manifest.outputs[1].name == "scores"


@pytest.mark.parametrize(
    "classifier",
    [
        SVC(decision_function_shape="ovo"),
        SVC(break_ties=True),
        SVC(class_weight="balanced", gamma=0.1),
        NuSVC(nu=0.2),
    ],
    ids=str,
)
def test_settings_of_a_classifier_agree(classifier: Any, prove: Prove) -> None:
    """The shape of the scores, ties, weights and the other formulation."""
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    prove(classifier, X, names[y])


def test_unscaled_features_do_not_cancel(prove: Prove) -> None:
    """Far from zero, squared distances keep their digits: the points are centred first."""
    X, y = load_iris(return_X_y=True)
    prove(SVC(), X + 10_000.0, y)


def test_large_weights_are_added_as_libsvm_adds_them(prove: Prove) -> None:
    """In another order the sums of this machine were 2e-9 off."""
    X, y = load_wine(return_X_y=True)
    model = SVC(kernel="poly", degree=6, gamma=1.0, coef0=1.0, C=1000.0, max_iter=200_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        prove(model, X, y)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["binary", "multiclass"])
def test_coupled_probabilities_agree(load: Any, prove: Prove) -> None:
    """Platt's probabilities of the pairs are coupled by libsvm's own iteration."""
    X, y = load(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        exported = prove(SVC(probability=True, random_state=0), X, y)
    assert exported.manifest.outputs[1].name == "probabilities"


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("cls", [SVR, NuSVR])
def test_a_regressor_agrees(cls: Any, kernel: str, prove: Prove) -> None:
    """The weighted sum of kernels is the answer."""
    X, y = load_diabetes(return_X_y=True)
    prove(make_pipeline(StandardScaler(), cls(kernel=kernel, C=10.0)), X, y)


@pytest.mark.parametrize("kernel", KERNELS)
def test_machines_of_sparse_features_agree(kernel: str, prove: Prove) -> None:
    """What a sparse encoder answers is fitted by libsvm's other half."""
    X = np.random.default_rng(0).integers(0, 5, (200, 6))
    encoder = OneHotEncoder(handle_unknown="ignore")
    prove(make_pipeline(encoder, SVC(kernel=kernel)), X, X[:, 0] - X[:, 1] // 2)


def test_outliers_are_flagged(prove: Prove) -> None:
    """An outlier is on the far side of the boundary, or on it."""
    X, _ = load_iris(return_X_y=True)
    assert prove(OneClassSVM(nu=0.1), X).manifest.task == "outlier_detection"


def test_a_kernel_of_ones_own_is_refused(prove: Prove) -> None:
    """What a Python function computes cannot be put into a graph."""
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ConversionError) as caught:
        prove(SVC(kernel=lambda a, b: a @ b.T), X, y)
    assert str(caught.value) == (
        "SVC cannot be converted: its kernel is a function of your own; "
        "use rbf, linear, poly or sigmoid."
    )
