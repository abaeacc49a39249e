"""Single precision: what is fitted on it is asked with doubles, as clients send them."""

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA, FastICA, SparsePCA
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.impute import KNNImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import (
    KNeighborsRegressor,
    LocalOutlierFactor,
    RadiusNeighborsRegressor,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from export.errors import ConversionError, ParityError, RecipeError
from tests.export.conftest import Prove

X, Y = load_iris(return_X_y=True)
SINGLE = X.astype(np.float32)


@pytest.mark.parametrize(
    "estimator",
    [
        EllipticEnvelope(random_state=0),
        FastICA(2, random_state=0),
        GaussianMixture(2, random_state=0),
        GaussianNB(),
        KNNImputer(),
        LocalOutlierFactor(novelty=True),
        MLPClassifier((5,), max_iter=50, random_state=0),
        MaxAbsScaler(),
        MinMaxScaler(),
        Nystroem(n_components=5, random_state=0),
        PCA(2),
        PowerTransformer(),
        QuadraticDiscriminantAnalysis(),
        RobustScaler(),
        StandardScaler(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_was_learned_in_single_precision_meets_doubles(estimator: Any, prove: Prove) -> None:
    """With both, numpy computes in double, and so does the graph."""
    prove(estimator, SINGLE, Y)


def test_what_scikit_learn_computes_in_single_precision_is_refused(prove: Prove) -> None:
    """Where it makes a difference, or takes no doubles, the advice is to fit on them."""
    advice = (
        "X_train is of single precision, in which scikit-learn then computes in part, where "
        "clients send doubles: fit the estimator on X_train.astype(float)."
    )
    with pytest.raises(ParityError) as differs:
        prove(SparsePCA(2, max_iter=20, random_state=0), SINGLE)
    assert differs.value.advice == advice
    with pytest.raises(RecipeError, match="does not answer the first row of X_train") as refused:
        prove(KMeans(2, n_init=1), SINGLE)
    assert str(refused.value).endswith(f". {advice}")


@pytest.mark.parametrize(
    "model",
    [
        KNeighborsRegressor(),
        RadiusNeighborsRegressor(5.0),
        RadiusNeighborsRegressor(5.0, weights="distance"),
    ],
    ids=str,
)
def test_means_of_single_precision_are_refused(model: Any, prove: Prove) -> None:
    """Neighbours' targets are averaged in their own precision, unless they are weighed.

    Within a radius, those at no distance are not.
    """
    target = (X[:, 0] * 7).astype(np.float32)
    with pytest.raises(ConversionError) as refused:
        prove(model, X[:, 1:], target)
    assert str(refused.value) == (
        f"{type(model).__name__} cannot be converted: its targets are of single precision, in "
        "which it takes their mean; fit it on y.astype(float)."
    )


def test_weighed_means_of_single_precision_agree(prove: Prove) -> None:
    """The weights are doubles, and so is what they make."""
    prove(KNeighborsRegressor(weights="distance"), X[:, 1:], (X[:, 0] * 7).astype(np.float32))


ENCODERS = [
    OneHotEncoder(dtype=np.float32, handle_unknown="ignore"),
    OrdinalEncoder(dtype=np.float32, handle_unknown="use_encoded_value", unknown_value=-1),
    KBinsDiscretizer(3, dtype=np.float32, strategy="uniform"),
]


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: type(encoder).__name__)
def test_what_follows_an_encoder_of_single_precision(encoder: Any, prove: Prove) -> None:
    """Trees see no more than that anyhow; others compute in it, and are refused by name."""
    rows = np.round(X[:, :2])
    tree = make_pipeline(encoder, DecisionTreeClassifier())
    assert prove(tree, rows, Y).manifest.parity.tolerance == 0
    with pytest.raises(ConversionError) as refused:
        prove(make_pipeline(encoder, LogisticRegression()), rows, Y)
    assert str(refused.value) == (
        "step `logisticregression`: LogisticRegression cannot be converted: all its input columns "
        "are of single precision, in which it computes; in the steps before it set "
        "dtype=np.float64, the default."
    )


def test_small_integers_of_an_encoder_are_small_to_numpy(prove: Prove) -> None:
    """Of these, its functions compute in half precision."""
    encoder = OneHotEncoder(dtype=np.int8, handle_unknown="ignore", sparse_output=False)
    with pytest.raises(ConversionError, match="log1p of int8, which one of its columns is, is of"):
        prove(make_pipeline(encoder, FunctionTransformer(np.log1p)), np.round(X[:, :2]))
