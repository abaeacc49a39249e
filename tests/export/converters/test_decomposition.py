"""Feature selection, decompositions and kernel approximations."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import FeatureAgglomeration
from sklearn.datasets import load_wine
from sklearn.decomposition import (
    NMF,
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    KernelPCA,
    SparsePCA,
    TruncatedSVD,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)
from sklearn.manifold import Isomap, LocallyLinearEmbedding
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection
from sklearn.tree import DecisionTreeClassifier

from export.errors import ConversionError
from tests.export.conftest import Prove

RAW, Y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(RAW)


def tree() -> DecisionTreeClassifier:
    """Return what the selectors ask."""
    return DecisionTreeClassifier(random_state=0)


SELECTORS = [
    GenericUnivariateSelect(),
    RFE(tree(), n_features_to_select=3),
    RFECV(tree(), cv=3),
    SelectFdr(),
    SelectFpr(),
    SelectFromModel(tree()),
    SelectFwe(),
    SelectKBest(k=3),
    SelectPercentile(),
    SequentialFeatureSelector(tree(), n_features_to_select=2, cv=2),
    VarianceThreshold(0.5),
]
PROJECTIONS = [
    BernoulliRBM(3, random_state=0),
    LocallyLinearEmbedding(random_state=0),
    FactorAnalysis(3),
    FastICA(3, random_state=0),
    FeatureAgglomeration(4),
    GaussianRandomProjection(4, random_state=0),
    IncrementalPCA(3),
    Isomap(),
    Nystroem(n_components=20, random_state=0),
    Nystroem(kernel="poly", degree=2, n_components=20, random_state=0),
    PCA(3),
    PCA(3, whiten=True),
    PolynomialCountSketch(degree=3, coef0=1, n_components=30, random_state=0),
    RBFSampler(n_components=30, random_state=0),
    SparsePCA(3, random_state=0, max_iter=50),
    SparseRandomProjection(4, random_state=0),
    TruncatedSVD(3),
]


@pytest.mark.parametrize("selector", SELECTORS, ids=lambda e: type(e).__name__)
def test_selection_is_exact(selector: Any, prove: Prove) -> None:
    """The selected columns, as they are."""
    assert prove(make_pipeline(selector, tree()), RAW, Y).manifest.parity.tolerance == 0


def test_elimination_may_be_the_last_step(prove: Prove) -> None:
    """Then it predicts, as the estimator inside."""
    exported = prove(RFE(tree(), n_features_to_select=3), RAW, Y)
    assert exported.manifest.task == "classification"


@pytest.mark.parametrize("step", PROJECTIONS, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_projection_agrees(step: Any, prove: Prove) -> None:
    """Within 1e-12."""
    prove(step, X)


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid", "cosine"])
def test_kernel_components_agree(kernel: Any, prove: Prove) -> None:
    """Whatever the kernel."""
    prove(KernelPCA(3, kernel=kernel), X)


@pytest.mark.parametrize("kernel", ["chi2", "additive_chi2", "laplacian"])
def test_sums_over_columns_are_kernels(kernel: Any, prove: Prove) -> None:
    """Kernels that no product of matrices gives."""
    prove(Nystroem(kernel=kernel, n_components=10, random_state=0), RAW[:, :3] / 10)


def test_samples_that_are_cut_to_integers_are_refused(prove: Prove) -> None:
    """scikit-learn puts them into a table of the columns' own dtype; one of doubles is enough."""
    frame = pd.DataFrame({"count": np.arange(80) % 7, "size": RAW[:80, 0]})
    prove(AdditiveChi2Sampler(), frame)
    with pytest.raises(ConversionError) as refused:
        prove(AdditiveChi2Sampler(), frame[["count"]])
    assert str(refused.value) == (
        "AdditiveChi2Sampler cannot be converted: all its input columns are integers, of which it "
        "makes integers; make float64 of one, with astype(float), before the fit."
    )


@pytest.mark.parametrize("step", [SkewedChi2Sampler(random_state=0), AdditiveChi2Sampler()])
def test_kernels_of_histograms_agree(step: Any, prove: Prove) -> None:
    """For the numbers from 0 that they take."""
    prove(step, RAW[:, :3])


def test_pools_of_columns_are_exact(prove: Prove) -> None:
    """The greatest of each cluster of columns, to the bit."""
    step = FeatureAgglomeration(4, pooling_func=np.max)
    assert prove(step, X).manifest.parity.tolerance == 0


def test_components_before_a_forest_flip_no_label(prove: Prove) -> None:
    """A forest behind a projection, away from its thresholds."""
    forest = RandomForestClassifier(n_estimators=5, random_state=0)
    prove(make_pipeline(StandardScaler(), PCA(3), forest), RAW, Y)


REFUSED = [
    (
        NMF(3, init="random", random_state=0),
        (
            "it solves one optimization for all rows that it is given together, so that its "
            "answer for a row depends on the others; use TruncatedSVD or "
            "LatentDirichletAllocation."
        ),
    ),
    (
        Isomap(n_neighbors=None, radius=500.0),
        "it goes by a radius (n_neighbors=None); set n_neighbors.",
    ),
    (
        FeatureAgglomeration(4, pooling_func=np.median),
        "its pooling_func is 'median'; use np.mean, np.max or np.min.",
    ),
    (
        Nystroem(kernel=lambda a, b: float(a @ b), n_components=5),
        (
            "its kernel is a function; the kernels that convert: additive_chi2, chi2, cosine, "
            "laplacian, linear, poly, polynomial, rbf, sigmoid."
        ),
    ),
]


@pytest.mark.parametrize(("step", "reason"), REFUSED, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_has_no_exact_form_is_refused(step: Any, reason: str, prove: Prove) -> None:
    """With the reason, and what to use instead."""
    with pytest.raises(ConversionError) as refused:
        prove(step, RAW)
    assert str(refused.value) == f"{type(step).__name__} cannot be converted: {reason}"
