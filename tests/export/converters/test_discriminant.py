"""Discriminant analysis and nearest centroids agree."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export.errors import ConversionError
from tests.export.conftest import Prove


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["binary", "multiclass"])
@pytest.mark.parametrize(
    "classifier",
    [
        LinearDiscriminantAnalysis(),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1),
        QuadraticDiscriminantAnalysis(reg_param=0.1),
        NearestCentroid(),
        NearestCentroid(metric="manhattan"),
        NearestCentroid(priors="empirical", shrink_threshold=0.1),
    ],
    ids=str,
)
def test_a_discriminant_agrees(classifier: Any, load: Any, prove: Prove) -> None:
    """Scores by class, and the probabilities that follow from them."""
    prove(make_pipeline(StandardScaler(), classifier), *load(return_X_y=True))


@pytest.mark.parametrize("solver", ["svd", "eigen"])
def test_discriminants_are_features_for_another(solver: str, prove: Prove) -> None:
    """Before the last step of a pipeline, the analysis projects."""
    X, y = load_wine(return_X_y=True)
    prove(make_pipeline(LinearDiscriminantAnalysis(solver=solver), LogisticRegression()), X, y)


def test_a_tie_goes_to_the_first_class(prove: Prove) -> None:
    """Rows as near to one centroid as to another are those of the first class."""
    X = np.array([[-1.0], [1.0], [-3.0], [3.0]] * 10)
    model = NearestCentroid()
    exported = prove(model, X, (X[:, 0] > 0).astype(int))
    assert exported.manifest.parity.label_mismatches == 0


def test_a_linear_solver_that_cannot_project_is_refused() -> None:
    """scikit-learn's least squares solver only classifies."""
    from export.converters.discriminant import linear_discriminant_transform
    from export.converters.graph import Graph
    from export.converters.values import Frame, TensorName

    with pytest.raises(ConversionError) as caught:
        linear_discriminant_transform(
            Graph(None, None),
            LinearDiscriminantAnalysis(solver="lsqr"),
            Frame.of(TensorName("numeric"), 2),
        )
    assert str(caught.value) == (
        'LinearDiscriminantAnalysis cannot be converted: solver="lsqr" cannot transform; '
        'use "svd" or "eigen".'
    )
