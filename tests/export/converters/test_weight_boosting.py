"""AdaBoost: weighted votes and weighted medians."""

from typing import Any

import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier

from export.convert import FOUR_ULP
from export.errors import ConversionError
from tests.export.conftest import Prove


@pytest.mark.parametrize(
    "inner",
    [None, DecisionTreeClassifier(max_depth=3), RandomForestClassifier(3, max_depth=2)],
    ids=["stumps", "trees", "forests"],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_agrees_to_the_label_and_to_4_ulp(
    classes: int, inner: Any, prove: Prove
) -> None:
    """Votes are added in order; probabilities are their softmax."""
    X, y = load_wine(return_X_y=True)
    y = y if classes == 3 else y > 0
    model = AdaBoostClassifier(inner, n_estimators=8, learning_rate=0.5, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == FOUR_ULP


@pytest.mark.parametrize("loss", ["linear", "square", "exponential"])
def test_a_regressor_is_exact(loss: str, prove: Prove) -> None:
    """The answer is one of the estimators' own values: their weighted median."""
    X, y = load_diabetes(return_X_y=True)
    model = AdaBoostRegressor(n_estimators=12, loss=loss, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_a_median_of_forests_is_exact(prove: Prove) -> None:
    """Estimators other than trees are converted one by one."""
    X, y = load_diabetes(return_X_y=True)
    model = AdaBoostRegressor(RandomForestRegressor(3), n_estimators=5, random_state=0)
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_one_class_alone_is_refused(prove: Prove) -> None:
    """There is no vote to take."""
    X, y = load_wine(return_X_y=True)
    with pytest.raises(ConversionError) as error:
        prove(AdaBoostClassifier(n_estimators=2), X, y * 0)
    assert str(error.value) == (
        "AdaBoostClassifier cannot be converted: it was trained on one class, "
        "so there is nothing to decide."
    )
