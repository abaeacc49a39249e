"""Multilayer perceptrons agree, layer by layer."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.export.conftest import Prove

SHORT = {"hidden_layer_sizes": (12, 6), "max_iter": 30, "random_state": 0}


@pytest.fixture(autouse=True)
def _unconverged() -> Iterator[None]:
    """Let training end early: what is tested is the answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("load", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
def test_a_classifier_agrees(load: Any, activation: str, prove: Prove) -> None:
    """Every activation, with a logistic and a softmax output."""
    model = MLPClassifier(activation=activation, **SHORT)
    prove(make_pipeline(StandardScaler(), model), *load(return_X_y=True))


def test_several_labels_agree(prove: Prove) -> None:
    """Each label has its own logistic output."""
    X, y = make_multilabel_classification(n_samples=200, random_state=0)
    assert prove(MLPClassifier(**SHORT), X, y).manifest.task == "multilabel_classification"


@pytest.mark.parametrize("targets", [1, 2])
def test_a_regressor_agrees(targets: int, prove: Prove) -> None:
    """One target or several."""
    X, y = load_diabetes(return_X_y=True)
    prove(MLPRegressor(**SHORT), X, y if targets == 1 else np.column_stack([y, -y]))


def test_a_regressor_of_counts_agrees(prove: Prove) -> None:
    """The Poisson loss has an exponential output."""
    X, y = load_diabetes(return_X_y=True)
    prove(MLPRegressor(loss="poisson", **SHORT), X, y)
