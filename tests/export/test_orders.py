"""Means whose last bit hangs on the order of adding are told from those that are wrong."""

from typing import Any

import numpy as np
import pytest
from sklearn.impute import KNNImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from export.orders import ORDERS, adding_in, orders_in

KNOWN = np.column_stack([[1.0, 2.0, 3.0, 40.0], [0.1, 0.2, 0.3, 9.0]])
ROW = np.array([[0.0, np.nan]])


def means(imputer: Any) -> list[float]:
    """Return what is put in place of a missing number, in each order."""
    found = []
    for order in ORDERS:
        with adding_in(order, imputer):
            found.append(float(imputer.transform(ROW)[0, -1]))
    return found


def test_donors_are_added_in_each_order() -> None:
    """Nearest first, ties backwards, from the least and from the greatest."""
    upwards, downwards = (0.1 + 0.2 + 0.3) / 3, (0.3 + 0.2 + 0.1) / 3
    assert upwards != downwards
    imputer = KNNImputer(n_neighbors=3).fit(KNOWN)
    assert means(imputer) == [upwards, upwards, upwards, downwards]


def test_of_donors_that_are_equally_far_the_last_may_come_first() -> None:
    """Rounding decides between them."""
    known = KNOWN.copy()
    known[:3, 0] = 1.0
    assert means(KNNImputer(n_neighbors=3).fit(known))[1] == (0.3 + 0.2 + 0.1) / 3


def test_a_donor_at_no_defined_distance_adds_nothing() -> None:
    """As scikit-learn gives it no weight."""
    known = KNOWN.copy()
    known[1:, 0] = np.nan
    assert means(KNNImputer(n_neighbors=3).fit(known)) == [0.1] * 4


def test_the_imputer_is_left_as_it_was() -> None:
    """Only inside the block donors are added otherwise, wherever the imputer is."""
    model = make_pipeline(FunctionTransformer(), KNNImputer(n_neighbors=3)).fit(KNOWN)
    before = model.transform(ROW)
    with adding_in(ORDERS[3], model):
        assert not np.array_equal(model.transform(ROW), before)
    assert np.array_equal(model.transform(ROW), before)
    assert "_calc_impute" not in vars(model[1])


@pytest.mark.parametrize(
    ("estimator", "count"),
    [
        (StandardScaler(), 0),
        (KNNImputer(weights=np.reciprocal), 0),
        (KNNImputer(weights="distance"), len(ORDERS)),
        (KNNImputer(), len(ORDERS)),
    ],
    ids=["no imputer", "another function", "weights", "means"],
)
def test_orders_are_tried_where_donors_are_added(estimator: Any, count: int) -> None:
    """Whether or not they weigh; what a function of the user's own does is not known."""
    assert len(orders_in(estimator)) == count


def test_weights_are_those_of_distances_that_are_rounded_otherwise() -> None:
    """Means on both sides of scikit-learn's own, and no farther from it than rounding is."""
    known = np.column_stack([[1000.0, 1000.1, 1003.0, 4000.0], [0.1, 7.0, 0.3, 9.0]])
    imputer = KNNImputer(n_neighbors=3, weights="distance").fit(known)
    row = np.array([[1000.04, np.nan]])
    own = imputer.transform(row)[0, 1]
    found = []
    for order in ORDERS:
        with adding_in(order, imputer):
            found.append(imputer.transform(row)[0, 1])
    assert min(found) < own < max(found)
    assert max(found) - min(found) < 1e-3 * own


def test_a_donor_at_no_distance_takes_all_the_weight() -> None:
    """However distances are rounded."""
    imputer = KNNImputer(n_neighbors=3, weights="distance").fit(KNOWN)
    with adding_in(ORDERS[0], imputer):
        found = imputer.transform(np.array([[2.0, np.nan]]))[0, 1]
    assert found == pytest.approx(0.2, rel=1e-14)
