"""The numbers that scikit-learn answers, and those that it refuses."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PolynomialFeatures,
    PowerTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from export.recipe import Trained
from export.signature import infer


@pytest.mark.parametrize(
    ("transformer", "ends"),
    [
        (PowerTransformer("box-cox"), [(5e-324, None), (1.0, None)]),
        (FunctionTransformer(np.log1p), [(-1 + 2**-53, None), (0.0, None)]),
        (FunctionTransformer(np.sqrt), [(0.0, None), (0.0, None)]),
        (StandardScaler(), [(None, None), (None, None)]),
    ],
    ids=str,
)
def test_numbers_that_scikit_learn_refuses_are_beyond_the_bounds(
    transformer: Any, ends: list[tuple[float | None, float | None]]
) -> None:
    """To the last double, or integer, that it answers; the service refuses the others, too."""
    rng = np.random.default_rng(0)
    sizes = rng.uniform(0.1, 0.9, 100)
    X = pd.DataFrame({"size": sizes, "count": rng.integers(1, 50, 100)})
    model = make_pipeline(transformer, LogisticRegression()).fit(X, sizes > 0.5)
    trained = Trained(estimator=model, X_train=X, X_test=X, y_train=sizes > 0.5)
    assert [(each.lowest, each.highest) for each in infer(trained).features] == ends
    for index, (lowest, _) in enumerate(ends):
        if lowest is not None:
            row = X[:1].astype(float)
            row.iloc[0, index] = lowest
            model.predict(row)
            row.iloc[0, index] = np.nextafter(lowest, -np.inf) if index == 0 else lowest - 1
            with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"NaN|infin|positive"):
                model.predict(row)


def test_a_feature_may_have_both_bounds() -> None:
    """The arc sine is of numbers from -1 to 1."""
    X = np.random.default_rng(0).uniform(-0.5, 0.5, (100, 1))
    model = make_pipeline(FunctionTransformer(np.arcsin), LogisticRegression())
    trained = Trained(estimator=model.fit(X, X[:, 0] > 0), X_train=X, X_test=X, y_train=X[:, 0] > 0)
    (feature,) = infer(trained).features
    assert (feature.lowest, feature.highest) == (-1.0, 1.0)


def test_no_bound_keeps_out_what_was_seen() -> None:
    """Where other features decide, too, whether a number is answered."""
    rng = np.random.default_rng(0)
    X = rng.uniform(0.5, 2, (200, 2)) * rng.choice([-1, 1], (200, 1))
    logarithms = make_pipeline(
        PolynomialFeatures((2, 2), interaction_only=True, include_bias=False),
        FunctionTransformer(np.log),
        LogisticRegression(),
    )
    y = np.abs(X).sum(axis=1) > 2
    trained = Trained(estimator=logarithms.fit(X, y), X_train=X, X_test=X, y_train=y)
    assert [(each.lowest, each.highest) for each in infer(trained).features] == [(None, None)] * 2


def test_numbers_too_great_for_single_precision_are_beyond_the_bounds() -> None:
    """Of the columns that a tree sees: scikit-learn refuses what becomes infinity there."""
    X = np.random.default_rng(0).uniform(0, 1, (100, 2))
    chosen = make_column_transformer(("passthrough", [1]))
    model = make_pipeline(chosen, DecisionTreeClassifier()).fit(X, X[:, 1] > 0.5)
    trained = Trained(estimator=model, X_train=X, X_test=X, y_train=X[:, 1] > 0.5)
    unused, used = infer(trained).features
    assert (unused.lowest, unused.highest) == (None, None)
    assert used.lowest is not None
    assert used.highest is not None
    for end, way in ((used.lowest, -np.inf), (used.highest, np.inf)):
        model.predict([[0.5, end]])
        with np.errstate(over="ignore"), pytest.raises(ValueError, match="too large"):
            model.predict([[0.5, np.nextafter(end, way)]])


@pytest.mark.parametrize(
    ("steps", "model"),
    [
        ([StandardScaler()], DecisionTreeClassifier()),
        ([MinMaxScaler(), PowerTransformer(method="yeo-johnson")], ExtraTreesClassifier(5)),
        ([PolynomialFeatures(2)], LogisticRegression()),
        ([SimpleImputer(), StandardScaler()], DecisionTreeClassifier()),
    ],
    ids=lambda value: str(value).replace(" ", "").replace("\n", ""),
)
def test_numbers_that_a_step_makes_infinite_are_beyond_the_bounds(
    steps: list[Any], model: Any
) -> None:
    """To the last double: single precision's end lies elsewhere behind a scaler, or a power."""
    X = np.random.default_rng(0).uniform(0, 0.2, (100, 2))
    pipeline = make_pipeline(*steps, model).fit(X, X[:, 0] > 0.1)
    trained = Trained(estimator=pipeline, X_train=X, X_test=X, y_train=X[:, 0] > 0.1)
    for index, feature in enumerate(infer(trained).features):
        for end, way in ((feature.lowest, -np.inf), (feature.highest, np.inf)):
            assert end is not None
            row = X[:1].copy()
            row[0, index] = end
            with np.errstate(all="ignore"):
                pipeline.predict(row)
                row[0, index] = np.nextafter(end, way)
                with pytest.raises(ValueError, match=r"too large|infinity"):
                    pipeline.predict(row)


def test_numbers_that_a_step_itself_refuses_are_beyond_the_bounds() -> None:
    """An infinite power the scaler inside refuses; histogram boosting would have taken it."""
    X = np.random.default_rng(0).uniform(0, 0.2, (100, 1))
    model = make_pipeline(PowerTransformer(), HistGradientBoostingClassifier(max_iter=2))
    model.fit(X, X[:, 0] > 0.1)
    (feature,) = infer(
        Trained(estimator=model, X_train=X, X_test=X, y_train=X[:, 0] > 0.1)
    ).features
    assert feature.lowest is None
    assert feature.highest is not None
    with np.errstate(all="ignore"):
        model.predict([[feature.highest]])
        with pytest.raises(ValueError, match="infinity"):
            model.predict([[np.nextafter(feature.highest, np.inf)]])


def test_no_bound_where_infinity_is_answered_or_other_features_decide() -> None:
    """Histogram boosting takes infinity; how far a sum of two features is finite, both decide."""
    X = np.random.default_rng(0).uniform(0, 9, (100, 2))
    for steps in (
        [StandardScaler(), HistGradientBoostingClassifier(max_iter=2)],
        [FunctionTransformer(_times), DecisionTreeClassifier()],
    ):
        model = make_pipeline(*steps).fit(X, X[:, 0] > 4)
        trained = Trained(estimator=model, X_train=X, X_test=X, y_train=X[:, 0] > 4)
        ends = [(each.lowest, each.highest) for each in infer(trained).features]
        assert ends == [(None, None)] * 2


def _times(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return X[:, [0]] * X[:, [1]]


def _with_ratio(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([X, X[:, 0] / X[:, 1]])


@pytest.mark.parametrize(
    ("function", "model", "refused"),
    [
        (np.log, DecisionTreeClassifier(), ((0.0,), (0.0,))),
        (np.arctanh, DecisionTreeClassifier(), ((-1.0, 1.0), (-1.0, 1.0))),
        (np.reciprocal, LogisticRegression(), ((0.0,), (0.0,))),
        (_with_ratio, LogisticRegression(), (None, (0.0,))),
        (_with_ratio, DecisionTreeClassifier(), (None, None)),
        (np.square, DecisionTreeClassifier(), (None, None)),
    ],
    ids=["log", "arctanh", "reciprocal", "ratio", "ratio before a tree", "square"],
)
def test_single_numbers_are_refused_as_scikit_learn_does(
    function: Any, model: Any, refused: tuple[tuple[float, ...] | None, ...]
) -> None:
    """Where all around are answered: a tree takes the logarithm of -1 for missing, but not of 0.

    Nor does it take 1 / 0, but 0 / 0 is missing: no number is refused for another one's sake.
    """
    X = np.random.default_rng(0).uniform(0.1, 0.9, (100, 2))
    y = X[:, 0] > 0.5
    pipeline = make_pipeline(FunctionTransformer(function), model).fit(X, y)
    trained = Trained(estimator=pipeline, X_train=X, X_test=X, y_train=y)
    signature = infer(trained)
    assert tuple(each.refused for each in signature.features) == refused
    for index, numbers in enumerate(refused):
        for number in numbers or ():
            row = X[:1].copy()
            row[0, index] = number
            assert not signature.within(list(row.T)).any()
            with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"NaN|infin"):
                pipeline.predict(row)
