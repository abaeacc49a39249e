"""How scikit-learn is asked about tables of which it refuses some rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.asking import ask
from export.finiteness import BEYOND_SINGLE, INFINITE, MISSING, finiteness
from export.recipe import Trained
from export.reference import Reference
from export.signature import infer

R = np.random.default_rng(0)
ROWS = 3_000
TABLE = pd.DataFrame({"far": R.exponential(3.0, 300), "long": R.exponential(1.0, 300)})


class Counted(DecisionTreeClassifier):  # type: ignore[misc]
    """A tree that counts how often it is asked."""

    asked = 0

    def predict(self, X: Any, check_input: bool = True) -> Any:
        """Return the classes."""
        Counted.asked += 1
        return super().predict(X, check_input)


def speed(d: Any) -> Any:
    """Divide by what may be 0."""
    return pd.DataFrame({"speed": d["far"] / d["long"], "root": np.sqrt(d["far"])})


@pytest.mark.parametrize("before", [[], [SimpleImputer(), StandardScaler()]])
def test_rows_without_a_finite_number_are_set_apart_at_once(before: list[Any]) -> None:
    """All other rows are answered, however many there are, and nearly no one is asked alone."""
    model = make_pipeline(FunctionTransformer(speed), *before, Counted(max_depth=3))
    model.fit(TABLE, R.integers(0, 2, 300))
    signature = infer(Trained(estimator=model, X_train=TABLE, X_test=TABLE))
    columns = [R.exponential(3.0, ROWS), R.exponential(1.0, ROWS)]
    columns[1][R.random(ROWS) < 0.4] = 0.0
    columns[0][R.random(ROWS) < 0.2] *= -1
    Counted.asked = 0
    asked = ask(Reference.of(model, TABLE[:1]), signature, columns)
    assert set(asked.rows) == set(np.flatnonzero(columns[1] > 0))
    assert Counted.asked < 20


def test_a_row_is_as_finite_as_its_numbers() -> None:
    """Behind the steps that answer, where one may be missing, and too great for single ones."""
    table = pd.DataFrame({"far": [1.0, -1.0, 1.0, 1e300], "long": [1.0, 1.0, 0.0, 1e-300]})
    model = make_pipeline(FunctionTransformer(speed), "passthrough", DecisionTreeClassifier())
    assert finiteness(model, table).tolist() == [0, MISSING, INFINITE, INFINITE]
    assert finiteness(DecisionTreeClassifier(), np.array([[1e38], [1e39]]))[1] == BEYOND_SINGLE
    assert finiteness(DecisionTreeClassifier(), np.array([["a"], ["b"]])).tolist() == [0, 0]
