"""Stacks: a final estimator that is given what others answer."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from export.convert import RELATIVE
from export.errors import ConversionError
from tests.export.conftest import Prove

CLASSIFIERS = [
    ("forest", RandomForestClassifier(5, random_state=0)),
    ("scaled", make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3))),
]
REGRESSORS = [
    ("tree", DecisionTreeRegressor(max_depth=4)),
    ("trees", ExtraTreesRegressor(4, random_state=0)),
]
FOREST = RandomForestClassifier(5, random_state=2)


@pytest.mark.parametrize("passthrough", [False, True])
@pytest.mark.parametrize("method", ["auto", "predict"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_stack_of_trees_is_exact(
    classes: int, method: str, passthrough: bool, prove: Prove
) -> None:
    """Probabilities or labels, with or without the features themselves."""
    X, y = load_wine(return_X_y=True)
    X = X[:, :5]
    names = np.array(["a", "b", "c"])[np.minimum(y, classes - 1)]
    model = StackingClassifier(
        CLASSIFIERS, FOREST, stack_method=method, passthrough=passthrough, cv=2
    )
    assert prove(model, X, names).manifest.parity.tolerance == 0


@pytest.mark.parametrize("classes", [2, 3])
def test_scores_may_be_stacked(classes: int, prove: Prove) -> None:
    """A classifier without probabilities contributes its scores."""
    X, y = load_wine(return_X_y=True)
    line = make_pipeline(StandardScaler(), LinearSVC())
    final = make_pipeline(StandardScaler(), LogisticRegression())
    model = StackingClassifier([*CLASSIFIERS, ("line", line)], final, cv=2)
    assert prove(model, X, np.minimum(y, classes - 1)).manifest.parity.tolerance == RELATIVE


def test_scores_of_pairs_may_be_stacked(prove: Prove) -> None:
    """Of five classes there are ten, and a column for each."""
    X, y = load_digits(return_X_y=True)
    pairs = StackingClassifier([("svc", SVC(decision_function_shape="ovo"))], cv=2)
    prove(pairs.set_params(final_estimator=DecisionTreeClassifier()), X[:300], y[:300] % 5)


def test_exponentials_below_the_final_estimator_cost_exactness(prove: Prove) -> None:
    """What is computed with probabilities that round differently rounds differently."""
    X, y = load_wine(return_X_y=True)
    boosting = GradientBoostingClassifier(n_estimators=3, random_state=0)
    final = make_pipeline(StandardScaler(), LogisticRegression())
    model = StackingClassifier([("boosting", boosting)], final, cv=2)
    assert prove(model, X, y).manifest.parity.tolerance == RELATIVE


def test_estimators_that_were_fitted_before_are_used(prove: Prove) -> None:
    """With `cv="prefit"`, the stack holds the very estimators it was given."""
    X, y = load_wine(return_X_y=True)
    fitted = [(name, estimator.fit(X, y)) for name, estimator in CLASSIFIERS]
    prove(StackingClassifier(fitted, FOREST, cv="prefit"), X, y)


@pytest.mark.parametrize("passthrough", [False, True])
@pytest.mark.parametrize(
    "final", [RandomForestRegressor(5, random_state=0), GradientBoostingRegressor(n_estimators=5)]
)
def test_a_stack_of_regressors_is_exact(final: Any, passthrough: bool, prove: Prove) -> None:
    """Values are given to the final regressor side by side."""
    X, y = load_diabetes(return_X_y=True)
    model = StackingRegressor(REGRESSORS, final, passthrough=passthrough, cv=2)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_a_stack_of_names_is_refused(prove: Prove) -> None:
    """Fitted before on names, an estimator answers names, which no stack can use."""
    X, y = load_wine(return_X_y=True)
    names = np.array(["1", "2", "3"])[y]
    fitted = [(name, estimator.fit(X, names)) for name, estimator in CLASSIFIERS]
    model = StackingClassifier(fitted, FOREST, stack_method="predict", cv="prefit")
    with pytest.raises(ConversionError) as error:
        prove(model, X, names)
    assert str(error.value).endswith("it answers names, where the stack needs numbers.")


def test_several_targets_are_refused(prove: Prove) -> None:
    """A stack of several targets mixes their probabilities."""
    X, y = load_wine(return_X_y=True)
    targets = np.column_stack([y == 0, y == 1]).astype(int)
    model = StackingClassifier(CLASSIFIERS[:1], FOREST, cv=2)
    with pytest.raises(ConversionError) as error:
        prove(model, X, targets)
    assert str(error.value) == (
        "StackingClassifier cannot be converted: it has several targets; "
        "use MultiOutputClassifier around it."
    )
