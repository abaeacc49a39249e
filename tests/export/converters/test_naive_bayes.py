"""Naive Bayes agrees: sums of log-likelihoods, and their shares."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)

from runtime.model import Model
from tests.export.conftest import Prove


@pytest.mark.parametrize(
    "classifier",
    [
        GaussianNB(),
        GaussianNB(priors=[0.2, 0.8]),
        MultinomialNB(),
        MultinomialNB(fit_prior=False),
        ComplementNB(norm=True),
        BernoulliNB(binarize=1.0),
    ],
    ids=str,
)
def test_two_classes_agree(classifier: Any, prove: Prove) -> None:
    """Amounts of any size, of two classes."""
    prove(classifier, *load_breast_cancer(return_X_y=True))


@pytest.mark.parametrize("classifier", [GaussianNB(), MultinomialNB(), ComplementNB()], ids=str)
def test_several_classes_agree(classifier: Any, prove: Prove) -> None:
    """Amounts of any size, of three classes."""
    prove(classifier, *load_wine(return_X_y=True))


def test_presence_and_absence_agree(prove: Prove) -> None:
    """Pixels that are on or off, of ten classes."""
    X, y = load_digits(return_X_y=True)
    prove(BernoulliNB(binarize=None), (X[:400, :20] > 8).astype(float), y[:400])


def test_categories_agree(prove: Prove) -> None:
    """Categories given by number; those never seen have their share of the smoothing."""
    X = np.random.default_rng(0).integers(0, 2, (200, 4)).astype(bool)
    prove(CategoricalNB(min_categories=3), X, X.sum(axis=1) % 3)


@pytest.mark.parametrize(("dtype", "values"), [(int, (0, 1, 2, 3)), (float, None)])
def test_a_number_that_is_no_category_is_refused(dtype: Any, values: Any, prove: Prove) -> None:
    """scikit-learn fails there; integers that have no others between them are closed."""
    X = np.random.default_rng(0).integers(0, 4, (200, 3)).astype(dtype)
    exported = prove(CategoricalNB(), X, X.sum(axis=1) % 3)
    assert [feature.values for feature in exported.manifest.features] == [values] * 3
    model = Model.load(exported.path / "model.onnx")
    assert model.run({"numeric": np.array([[3.0, 3.0, 3.0]])})
    with pytest.raises(Exception, match="indices element out of data bounds"):
        model.run({"numeric": np.array([[3.0, 4.0, 3.0]])})
