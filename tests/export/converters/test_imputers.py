"""Imputers fill what is missing with what scikit-learn would."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from export.errors import ConversionError
from export.orders import ORDERS, adding_in
from runtime.model import Model
from tests.export.conftest import Prove
from tests.export.converters.frames import mixed

FRAME, TARGET = mixed()
SIMPLE = {
    "mean": SimpleImputer(),
    "median": SimpleImputer(strategy="median", add_indicator=True),
    "most frequent": SimpleImputer(strategy="most_frequent"),
    "constant": SimpleImputer(strategy="constant", fill_value=-1),
    "marker": SimpleImputer(missing_values=0.0),
}


def holes(width: int = 5, whole: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return scaled Wine rows with a tenth of the numbers missing, but for the last columns."""
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X[:, :width])
    missing = np.random.default_rng(0).random(X.shape) < 0.1
    missing[:, -whole:] = False
    X[missing] = np.nan
    return X, y


@pytest.mark.parametrize("imputer", SIMPLE.values(), ids=SIMPLE)
def test_numbers_are_filled_exactly(imputer: Any, prove: Prove) -> None:
    """By the mean, the median, the commonest or a constant; indicators beside them."""
    X, y = holes()
    if imputer.missing_values == 0.0:
        X = np.nan_to_num(X)
    assert prove(make_pipeline(imputer, DecisionTreeClassifier()), X, y).manifest.parity.rows


def test_strings_are_filled_exactly(prove: Prove) -> None:
    """A missing string is filled; an empty one and one that reads 'nan' are not."""
    imputer = SimpleImputer(strategy="constant", fill_value="?", add_indicator=True)
    model = make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())
    assert prove(model, FRAME[["city", "grade"]], TARGET).manifest.parity.tolerance == 0


@pytest.mark.parametrize("marker", [np.nan, None])
def test_none_is_missing_only_to_an_imputer_that_was_told(marker: Any, prove: Prove) -> None:
    """scikit-learn leaves None where it looks for NaN, and so does the graph."""
    cities = FRAME[["city"]].astype(object).where(FRAME[["city"]].notna(), None)
    imputer = SimpleImputer(strategy="most_frequent", missing_values=marker)
    prove(make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore")), cities)


def test_strings_alone_are_an_answer(prove: Prove) -> None:
    """A pipeline may end in strings."""
    exported = prove(SimpleImputer(strategy="most_frequent"), FRAME[["city", "grade"]])
    (output,) = exported.manifest.outputs
    assert (output.name, output.dtype, output.columns) == ("transformed", "string", 2)


def test_an_indicator_alone_is_exact(prove: Prove) -> None:
    """MissingIndicator answers 0 and 1 for the columns that had missing values."""
    X, _ = holes()
    exported = prove(MissingIndicator(), X)
    assert exported.manifest.outputs[0].columns == 4
    assert exported.manifest.parity.tolerance == 0


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_nearest_rows_fill_what_is_missing(weights: str, prove: Prove) -> None:
    """KNNImputer agrees where distances do not tie."""
    prove(KNNImputer(n_neighbors=3, weights=weights, add_indicator=True), holes(8, whole=5)[0])


@pytest.mark.parametrize("count", [2, 5, 11])
def test_means_of_the_nearest_rows_are_exact_where_they_are_added_in_order(
    count: int, prove: Prove
) -> None:
    """scikit-learn, made to add the nearest first, has the same bits."""
    X = holes(8, whole=5)[0]
    imputer = KNNImputer(n_neighbors=count)
    model = Model.load(prove(imputer, X).path / "model.onnx")
    with adding_in(ORDERS[0], imputer):
        expected = imputer.transform(X)
    np.testing.assert_array_equal(model.run({"numeric": X})["transformed"], expected)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("data", [load_iris, load_wine], ids=["iris", "wine"])
def test_histogram_trees_behind_means_of_the_nearest_rows(
    data: Any, weights: Any, prove: Prove
) -> None:
    """A number that was never missing stays on its side of the mean of others, an ulp beside it."""
    X, y = data(return_X_y=True)
    X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    imputer = KNNImputer(weights=weights)
    prove(make_pipeline(imputer, HistGradientBoostingClassifier(max_iter=10)), X, y)


@pytest.mark.parametrize(
    "estimator", [None, LinearRegression(), DecisionTreeRegressor(max_depth=3, random_state=0)]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rounds_of_predictions_fill_what_is_missing(estimator: Any, prove: Prove) -> None:
    """IterativeImputer predicts column by column, as often as in training."""
    prove(IterativeImputer(estimator, max_iter=3, random_state=0), holes()[0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_without_any_number_keep_the_initial_values(prove: Prove) -> None:
    """scikit-learn predicts nothing for a table without any number, and so for such a row."""
    X = holes()[0]
    X[::7] = np.nan
    imputer = IterativeImputer(max_iter=3, random_state=0)
    model = Model.load(prove(imputer, X).path / "model.onnx")
    together = model.run({"numeric": X})["transformed"]
    alone = [imputer.transform(row[None])[0] for row in X]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    beside_others = imputer.transform(X)
    assert not np.allclose(beside_others[0], alone[0])
    np.testing.assert_array_equal(alone[0], imputer.initial_imputer_.statistics_)


def test_random_imputation_is_refused(prove: Prove) -> None:
    """What draws random numbers has no one answer."""
    with pytest.raises(ConversionError) as refused:
        prove(IterativeImputer(sample_posterior=True, max_iter=2, random_state=0), holes()[0])
    assert str(refused.value) == (
        "IterativeImputer cannot be converted: it draws random values (sample_posterior=True); "
        "set it to False."
    )


def test_a_metric_of_the_users_own_is_refused(prove: Prove) -> None:
    """A Python function cannot be put into a graph."""
    with pytest.raises(ConversionError) as refused:
        prove(KNNImputer(weights=lambda distances: 1 / (1 + distances)), holes()[0])
    assert str(refused.value) == (
        "KNNImputer cannot be converted: its metric or its weights are a function; use those "
        "that have a name."
    )


def test_a_column_without_any_number_is_kept(prove: Prove) -> None:
    """As zeros; nothing of it is known but that it is missing."""
    X, y = load_iris(return_X_y=True)
    X = np.column_stack([X, np.full(len(X), np.nan)])
    kept = SimpleImputer(keep_empty_features=True)
    prove(make_pipeline(kept, DecisionTreeClassifier(random_state=0)), X, y)
    prove(make_pipeline(kept, LogisticRegression(max_iter=1000)), X, y)
