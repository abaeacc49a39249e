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
    [(StandardScaler(), 0), (KNNImputer(weights="distance"), 0), (KNNImputer(), len(ORDERS))],
    ids=["no imputer", "weights", "means"],
)
def test_orders_are_tried_where_donors_are_added(estimator: Any, count: int) -> None:
    """Weights are as far from those of scikit-learn as distances are."""
    assert len(orders_in(estimator)) == count
