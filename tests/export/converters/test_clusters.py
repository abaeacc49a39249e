"""Clusterers and mixtures agree on new rows."""

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import (
    AffinityPropagation,
    Birch,
    BisectingKMeans,
    KMeans,
    MeanShift,
    MiniBatchKMeans,
)
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export.errors import ParityError
from tests.export.conftest import Prove


@pytest.mark.parametrize(
    ("clusterer", "output"),
    [
        (KMeans(3, random_state=0), "distances"),
        (MiniBatchKMeans(3, random_state=0, n_init=3), "distances"),
        (BisectingKMeans(5, random_state=0), "distances"),
        (BisectingKMeans(1, random_state=0), "distances"),
        (Birch(n_clusters=3), "distances"),
        (MeanShift(bin_seeding=True), None),
        (AffinityPropagation(random_state=0), None),
    ],
    ids=str,
)
def test_a_clusterer_answers_the_nearest_centre(
    clusterer: Any, output: str | None, prove: Prove
) -> None:
    """The label of the nearest centre, and the distances where scikit-learn gives them."""
    X, _ = load_iris(return_X_y=True)
    manifest = prove(clusterer, X).manifest
    assert manifest.task == "clustering"
    assert [each.name for each in manifest.outputs] == ["label"] + [output] * bool(output)


def test_subclusters_of_one_row_get_advice(prove: Prove) -> None:
    """Their distance to that row is rounding, however the features are scaled."""
    X, _ = load_diabetes(return_X_y=True)
    with pytest.raises(ParityError, match="training rows 0 have another label") as caught:
        prove(Birch(), X * 21)
    assert caught.value.advice == (
        "Birch takes distances from products of matrices: that of a row of training which is a "
        "subcluster by itself is not 0 but what rounding leaves. Set a greater threshold, by which "
        "it is joined with others."
    )
    prove(Birch(threshold=1.5), X * 21)


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("cls", [GaussianMixture, BayesianGaussianMixture])
def test_a_mixture_answers_shares(cls: Any, covariance: str, prove: Prove) -> None:
    """The component of the greatest density, and the share of each."""
    X, _ = load_wine(return_X_y=True)
    model = cls(n_components=3, covariance_type=covariance, reg_covar=1e-3, random_state=0)
    manifest = prove(model, X).manifest
    assert [each.name for each in manifest.outputs] == ["label", "probabilities"]


def test_a_mixture_with_dirichlet_weights_agrees(prove: Prove) -> None:
    """The other prior of the weights."""
    X, _ = load_iris(return_X_y=True)
    prior = "dirichlet_distribution"
    prove(BayesianGaussianMixture(n_components=2, weight_concentration_prior_type=prior), X)


@pytest.mark.parametrize("clusterer", [KMeans(4, random_state=0), Birch(n_clusters=None)], ids=str)
def test_distances_are_features_for_another(clusterer: Any, prove: Prove) -> None:
    """Before the last step of a pipeline, a clusterer answers distances."""
    X, y = load_iris(return_X_y=True)
    steps = StandardScaler(), clusterer, StandardScaler(), LogisticRegression(max_iter=1000)
    prove(make_pipeline(*steps), X, y)


def test_clusters_that_training_did_not_find_are_minus_one(prove: Prove) -> None:
    """Affinity propagation that did not converge labels every row -1, and says so."""
    X = np.repeat([[0.0], [1.0]], 20, axis=0) + np.arange(40).reshape(-1, 1) / 1e3
    model = AffinityPropagation(max_iter=1, random_state=0)
    with pytest.warns(UserWarning, match="did not converge"):
        manifest = prove(model, X).manifest
    assert manifest.task == "clustering"


def test_outliers_are_far_from_the_robust_centre(prove: Prove) -> None:
    """An elliptic envelope flags by the Mahalanobis distance."""
    X, _ = load_iris(return_X_y=True)
    assert prove(EllipticEnvelope(random_state=0), X).manifest.task == "outlier_detection"
