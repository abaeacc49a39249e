"""Nearest neighbours agree, wherever distances decide which they are."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.linear_model import Ridge
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    KNeighborsTransformer,
    LocalOutlierFactor,
    NeighborhoodComponentsAnalysis,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
    RadiusNeighborsTransformer,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import LabelPropagation

from export.errors import ConversionError, ParityError
from export.pipeline import export_trained
from export.recipe import Trained
from runtime.model import Model
from tests.export.conftest import Prove

SETTINGS: list[dict[str, Any]] = [
    {},
    {"weights": "distance"},
    {"algorithm": "brute"},
    {"algorithm": "brute", "weights": "distance", "n_neighbors": 9},
    {"algorithm": "ball_tree", "metric": "chebyshev"},
    {"metric": "manhattan"},
    {"metric": "cosine"},
    {"p": 3},
    {"algorithm": "brute", "metric": "minkowski", "p": 1.5},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_classifier_agrees(settings: dict[str, Any], prove: Prove) -> None:
    """Every search, metric and kind of weight, on features with many ties."""
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    prove(KNeighborsClassifier(**settings), X, names[y])


@pytest.mark.parametrize("algorithm", ["kd_tree", "brute"])
def test_the_nearer_of_two_is_found_though_their_distances_round_alike(
    algorithm: str, tmp_path: Path
) -> None:
    """Squares are compared, as scikit-learn compares them: roots of unlike ones may be alike."""
    points = [[0.5436249914654229, 0.9350724237877682], [0.5436249914654228, 0.9350724237877682]]
    X, y, far = [*points, [9.0, 9.0]], [0, 1, 0], [[7.0, 7.0], [8.0, 7.0]]
    nearest = KNeighborsClassifier(1, algorithm=algorithm).fit(X, y)
    found, _ = nearest.kneighbors([[0.0, 0.0]], n_neighbors=2)
    assert found[0, 0] == found[0, 1]
    trained = Trained(estimator=nearest, X_train=X, X_test=far, y_train=y, y_test=[0, 0])
    model = Model.load(export_trained(trained, tmp_path, "model").path / "model.onnx")
    assert model.run({"numeric": np.zeros((1, 2))})["label"] == [1] == nearest.predict([[0, 0]])


OTHER_METRICS: list[dict[str, Any]] = [
    {"metric": "canberra"},
    {"metric": "braycurtis", "algorithm": "brute"},
    {"metric": "mahalanobis", "metric_params": {"VI": np.diag([1.0, 2.0, 3.0, 4.0])}},
    {"metric": "seuclidean", "metric_params": {"V": np.array([1.0, 2.0, 3.0, 4.0])}},
]


@pytest.mark.parametrize("settings", OTHER_METRICS, ids=lambda each: each["metric"])
def test_other_metrics_agree(settings: dict[str, Any], prove: Prove) -> None:
    """The distances themselves are weights."""
    prove(KNeighborsClassifier(weights="distance", **settings), *load_iris(return_X_y=True))


SETS = ["dice", "hamming", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath"]


@pytest.mark.parametrize("metric", SETS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_metrics_of_sets_agree(metric: str, prove: Prove) -> None:
    """Which features are not 0 is all that counts, but for hamming."""
    X = (np.random.default_rng(0).random((200, 20)) < 0.4).astype(int)
    prove(KNeighborsRegressor(algorithm="brute", metric=metric), X, X[:, 0] + X[:, 1] * X[:, 2])


def test_places_on_a_sphere_agree(prove: Prove) -> None:
    """Latitude and longitude, in radians."""
    X = np.random.default_rng(0).uniform([-1.5, -3.1], [1.5, 3.1], (200, 2))
    model = KNeighborsRegressor(weights="distance", metric="haversine")
    prove(model, X, np.sin(X[:, 0]) + np.cos(X[:, 1]))


@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_a_row_at_the_very_radius_agrees(algorithm: str, prove: Prove) -> None:
    """Tenths are at a distance of 1.0 but for rounding; the trees compare the squares."""
    X, y = load_iris(return_X_y=True)
    model = RadiusNeighborsClassifier(1.0, algorithm=algorithm, outlier_label=0)
    prove(model, X, y)


def test_sparse_training_rows_agree(prove: Prove) -> None:
    """A search may have been fitted on what a sparse encoder answered."""
    X = np.random.default_rng(0).integers(0, 5, (200, 6))
    encoder = OneHotEncoder(handle_unknown="ignore")
    prove(make_pipeline(encoder, KNeighborsClassifier()), X, X[:, 0] > 2)


@pytest.mark.parametrize("settings", SETTINGS[:4], ids=str)
def test_a_regressor_agrees(settings: dict[str, Any], prove: Prove) -> None:
    """The mean of the neighbours, weighed or not."""
    X, y = load_diabetes(return_X_y=True)
    prove(KNeighborsRegressor(**settings), X, y)


def test_several_targets_agree(prove: Prove) -> None:
    """Each target has its own classes or values."""
    X, y = load_wine(return_X_y=True)
    targets = np.column_stack([y, X[:, 0] > 13])
    assert prove(KNeighborsClassifier(), X, targets).manifest.task == "multioutput_classification"


def test_several_values_agree(prove: Prove) -> None:
    """Each target has its own mean."""
    X, y = load_diabetes(return_X_y=True)
    prove(KNeighborsRegressor(weights="distance"), X, np.column_stack([y, -y]))


@pytest.mark.parametrize(
    "model",
    [
        RadiusNeighborsClassifier(radius=2.0, outlier_label="most_frequent"),
        RadiusNeighborsClassifier(radius=2.0, outlier_label=1, weights="distance"),
        RadiusNeighborsClassifier(radius=2.0, outlier_label=0, algorithm="brute"),
    ],
    ids=str,
)
def test_all_within_a_radius_agree(model: Any, prove: Prove) -> None:
    """A row without neighbours has the outlier's label."""
    prove(make_pipeline(StandardScaler(), model), *load_wine(return_X_y=True))


def test_weights_by_distances_that_are_rounding_are_refused(prove: Prove) -> None:
    """Of a row of training to itself; trees, which add up differences, have 0 there."""
    X, y = load_iris(return_X_y=True)
    y = y.astype(float)
    settings = {"radius": 1.05, "weights": "distance"}
    with pytest.raises(ParityError, match="of 112 training rows 0 have another label") as caught:
        prove(RadiusNeighborsRegressor(**settings, algorithm="brute"), X, y)
    assert caught.value.advice == (
        "RadiusNeighborsRegressor takes distances from products of matrices: that of a row of "
        "training to itself is not 0 but what rounding leaves, and it counts by that. Set "
        "algorithm='kd_tree', which adds up the differences."
    )
    parity = prove(RadiusNeighborsRegressor(**settings, algorithm="kd_tree"), X, y).manifest.parity
    assert [each.rows for each in parity.groups if each.group == "training"] == [112]


@pytest.mark.parametrize("dtype", [float, int])
@pytest.mark.parametrize("settings", [{}, {"weights": "distance", "metric": "manhattan"}], ids=str)
def test_means_within_a_radius_agree(settings: dict[str, Any], dtype: Any, prove: Prove) -> None:
    """A row without neighbours has no value; scikit-learn's least integer, of integers."""
    X, y = load_wine(return_X_y=True)
    model = RadiusNeighborsRegressor(radius=2.0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prove(make_pipeline(StandardScaler(), model), X, y.astype(dtype))


def test_several_targets_within_a_radius_agree(prove: Prove) -> None:
    """Each target has an outlier label of its own."""
    X, y = load_wine(return_X_y=True)
    model = RadiusNeighborsClassifier(radius=3.0, outlier_label=[0, 1])
    prove(make_pipeline(StandardScaler(), model), X, np.column_stack([y, X[:, 0] > 13]))


@pytest.mark.parametrize(
    "transformer",
    [
        KNeighborsTransformer(n_neighbors=3),
        KNeighborsTransformer(n_neighbors=3, mode="connectivity"),
        RadiusNeighborsTransformer(radius=30.0),
        RadiusNeighborsTransformer(radius=30.0, mode="connectivity"),
    ],
    ids=str,
)
def test_graphs_of_neighbors_agree(transformer: Any, prove: Prove) -> None:
    """A column for each training row: its distance, or whether it is a neighbour."""
    X, _ = load_wine(return_X_y=True)
    assert prove(transformer, X[::3]).manifest.task == "transformation"


def test_components_of_neighborhoods_agree(prove: Prove) -> None:
    """A linear map that brings the rows of a class together."""
    X, y = load_iris(return_X_y=True)
    model = NeighborhoodComponentsAnalysis(n_components=2, max_iter=5, random_state=0)
    prove(make_pipeline(model, Ridge()), X, y)


def test_local_outliers_agree(prove: Prove) -> None:
    """A row is as much an outlier as its neighbours lie more densely than it does."""
    X, _ = load_wine(return_X_y=True)
    assert prove(LocalOutlierFactor(novelty=True), X).manifest.task == "outlier_detection"


def test_labels_propagate_to_neighbors(prove: Prove) -> None:
    """The other kernel of label propagation."""
    prove(LabelPropagation(kernel="knn"), *load_wine(return_X_y=True))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            KNeighborsClassifier(weights=np.exp),
            'its weights are a function of your own; use "distance".',
        ),
        (
            KNeighborsClassifier(metric=lambda a, b: float(abs(a - b).sum())),
            "its metric is a function of your own; use a named one.",
        ),
        (
            KNeighborsClassifier(metric="correlation", algorithm="brute"),
            (
                "metric='correlation' has no exact form; those that have one: braycurtis, "
                "canberra, chebyshev, cityblock, cosine, dice, euclidean, hamming, haversine, "
                "infinity, jaccard, l1, l2, mahalanobis, manhattan, rogerstanimoto, russellrao, "
                "seuclidean, sokalsneath, minkowski."
            ),
        ),
        (
            KNeighborsClassifier(metric="braycurtis"),
            "metric='braycurtis' lets a ball tree miss neighbours; use algorithm='brute'.",
        ),
    ],
    ids=["weights", "metric", "correlation", "braycurtis"],
)
def test_what_has_no_exact_form_is_refused(model: Any, reason: str, prove: Prove) -> None:
    """Functions of the user's own, and metrics that nobody converts, are named."""
    with pytest.raises(ConversionError) as caught:
        prove(model, *load_iris(return_X_y=True))
    assert str(caught.value) == f"KNeighborsClassifier cannot be converted: {reason}"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (None, "a row without neighbours makes it fail; set outlier_label."),
        (9, "its outlier_label is none of the classes; use one of them."),
    ],
)
def test_outliers_without_an_answer_are_refused(
    label: int | None, reason: str, prove: Prove
) -> None:
    """What a row without neighbours is must be known, and be a class."""
    with pytest.raises(ConversionError) as caught:
        prove(RadiusNeighborsClassifier(outlier_label=label), *load_iris(return_X_y=True))
    assert str(caught.value) == f"RadiusNeighborsClassifier cannot be converted: {reason}"
