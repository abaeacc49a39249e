"""Functions of the user's own: what they compute is found by giving them numbers not known yet."""

import time
from threading import Event, Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

from export.converters.reaching import reaching
from export.errors import ConversionError
from tests.export.conftest import Prove

R = np.random.default_rng(0)
ROWS = 200
TRIPS = pd.DataFrame(
    {
        "seconds": R.integers(0, 10_000_000, ROWS),
        "far": np.where(R.random(ROWS) < 0.1, np.nan, R.exponential(3.0, ROWS)),
        "near": R.normal(0.0, 2.0, ROWS),
        "who": R.choice(np.array(["ann", "bob", None], dtype=object), ROWS),
    }
)
TARGET = R.normal(0.0, 1.0, ROWS)
NUMBERS = TRIPS[["seconds", "near"]].to_numpy()


def arithmetic(X: Any) -> Any:
    """Combine columns of an array, whole numbers and others."""
    near = X[:, [1]]
    return np.hstack([X[:, [0]] // 3600 % 24, near * near - 1, 2 / near, near % -0.7, near // 0.3])


def branching(X: Any) -> Any:
    """Compare, choose and cut off."""
    chosen = np.where(X[:, 0] > X[:, 1], X[:, 0], -X[:, 1])
    return np.column_stack([chosen, np.clip(X[:, 1], -1, 1), abs(X[:, 1]), X[:, 1] != 0.5])


@pytest.mark.parametrize(
    "function", [arithmetic, branching, lambda X: X[:, ::-1], lambda X: X**2 + np.sqrt(abs(X))]
)
def test_functions_of_arrays_are_exact(function: Any, prove: Prove) -> None:
    """Arithmetic, columns in another order, comparisons: no bit differs behind a tree."""
    model = make_pipeline(FunctionTransformer(function), DecisionTreeRegressor(random_state=0))
    assert prove(model, NUMBERS, TARGET).manifest.parity.tolerance == 0


def features(trips: Any) -> Any:
    """Make features of a data frame, as people do."""
    trips = trips.copy()
    trips["known"] = trips["who"].notna().astype(int)
    trips["who"] = trips["who"].fillna("nobody")
    trips["kind"] = np.where(trips["near"] > 1, "up", np.where(trips["near"] < -1, "down", "flat"))
    trips["lost"] = trips["far"].isna()
    trips["ratio"] = trips["far"].fillna(0.0) / trips["seconds"].clip(lower=60)
    trips["one"] = 1.0
    return trips.drop(columns="seconds")


def test_a_function_of_a_data_frame_is_exact(prove: Prove) -> None:
    """New columns, strings and missing values among them; others are passed on as they are."""
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["who", "kind"]),
        (SimpleImputer(), ["far"]),
        remainder="passthrough",
        sparse_threshold=0,
    )
    tree = DecisionTreeRegressor(random_state=0)
    exported = prove(make_pipeline(FunctionTransformer(features), columns, tree), TRIPS, TARGET)
    assert exported.manifest.parity.tolerance == 0


def test_rounded_functions_agree_but_for_rounding(prove: Prove) -> None:
    """Sines and powers are rounded otherwise by each library."""
    waves = FunctionTransformer(
        lambda X: np.c_[np.sin(X[:, 0] / 24 * 2 * np.pi), 2.0 ** X[:, 1], abs(X[:, 1]) ** 0.5]
    )
    assert prove(make_pipeline(waves, Ridge()), NUMBERS, TARGET).manifest.parity.tolerance == 1e-12


@pytest.mark.parametrize(
    "function",
    [lambda d: d["near"].apply(lambda x: x**2), lambda d: np.float_power(d["near"], 2)],
    ids=["one by one", "float_power"],
)
def test_squares_that_are_powers_are_rounded(function: Any, prove: Prove) -> None:
    """As Python and the C library have them; what numpy multiplies in arrays is exact."""
    step = FunctionTransformer(lambda d: pd.DataFrame({"square": function(d)}))
    assert prove(step, TRIPS[["near"]]).manifest.parity.tolerance == 1e-12


@pytest.mark.parametrize(
    "function",
    [
        lambda d: d["far"].mask(d["known"]),
        lambda d: d[["near"]].to_numpy().clip(0, 1)[:, 0],
    ],
    ids=["mask", "clip"],
)
def test_zeros_keep_their_sign_where_they_are_chosen(function: Any, prove: Prove) -> None:
    """No bit differs, though ONNX Runtime exchanges the sides of a choice behind a Not."""
    trips = TRIPS[["far", "near"]].assign(known=TRIPS["near"] > 0)
    step = FunctionTransformer(lambda d: pd.DataFrame({"chosen": function(d)}))
    assert prove(step, trips).manifest.parity.tolerance == 0


def test_settings_are_given_to_the_function(prove: Prove) -> None:
    """As keyword arguments, whatever they are."""
    step = FunctionTransformer(lambda X, by: X * by, kw_args={"by": 3})
    assert prove(step, NUMBERS).manifest.parity.tolerance == 0


def test_each_of_many_columns_may_be_missing(prove: Prove) -> None:
    """What a column lacks decides about those alone that are made of it."""
    table = pd.DataFrame({f"c{i}": np.where(R.random(ROWS) < 0.1, np.nan, i) for i in range(20)})
    fill = FunctionTransformer(lambda d: d.fillna(-1).assign(both=d.c0.fillna(d.c1)))
    model = make_pipeline(fill, SimpleImputer(), DecisionTreeRegressor(random_state=0))
    assert prove(model, table, TARGET).manifest.parity.tolerance == 0


def endless(X: Any) -> Any:
    """Compute one after the other more than Python can follow back."""
    for _ in range(1000):
        X = X + 1
    return X


def asking(X: Any) -> Any:
    """Ask of each of nine numbers whether it is positive."""
    return np.array([[1 if number > 0 else 2 for number in row] for row in X])


class Fickle:
    """A function that looks at its numbers the first time only."""

    called = 0

    def __call__(self, X: Any) -> Any:
        """Return the numbers, or their opposites."""
        self.called += X.dtype == object
        return -X if self.called == 1 and X[0, 0] > 0 else X


def doubled_often(X: Any) -> Any:
    """Use what was computed twice, again and again: all of it written out would be endless."""
    for _ in range(60):
        X = X / 2 + X / 4
    return X


def test_what_is_used_often_is_computed_once(prove: Prove) -> None:
    """Nodes are as many as what the function computes, not as all its uses."""
    assert prove(FunctionTransformer(doubled_often), NUMBERS).operators < 500


@pytest.mark.parametrize(
    ("function", "table", "problem"),
    [
        (lambda X: X - X.mean(axis=0), NUMBERS, "it takes the sum or mean of all rows, and a g"),
        (lambda X: X - X[:1], NUMBERS, "it computes with several rows at once, and a graph"),
        (endless, NUMBERS, "it computes too much, one after the other"),
        (Fickle(), NUMBERS, "it asks otherwise when it is called again"),
        (lambda X: X[::-1], NUMBERS, "it answers rows by others than themselves"),
        (lambda X: {True: X}[X.dtype == float], NUMBERS, "it raises KeyError (False), in line "),
        (lambda X: X[:, :1] // X[:, 1:], NUMBERS, "it divides by what may be 0, with // or %"),
        (asking, np.c_[[TARGET] * 9].T, "it goes more than 256 ways, by what it compares; choose "),
        (lambda d: d[["who"]] * 2, TRIPS[["who"]], "it computes numpy's multiply with strings"),
        (lambda d: d[["who"]] < "b", TRIPS[["who"]].fillna(""), "it compares strings otherwise"),
        (lambda d: d * 2, TRIPS[["seconds"]].astype("int32"), "it computes with int32, not as"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    function: Any, table: Any, problem: str, prove: Prove
) -> None:
    """The message says what the function does that no graph can."""
    with pytest.raises(ConversionError) as refused:
        prove(FunctionTransformer(function), table)
    assert f"has no ONNX form: {problem}" in str(refused.value)
    assert str(refused.value).endswith("docs/converters.md shows how.")


def test_libraries_are_as_they_were_after_a_refusal(prove: Prove) -> None:
    """What is put aside while a function is followed comes back, whatever it does."""
    before = np.asarray, np.zeros, pd.DataFrame, pd.cut
    with pytest.raises(ConversionError):
        prove(FunctionTransformer(lambda X: np.asarray(X) - np.sort(X, axis=1)), NUMBERS)
    assert (np.asarray, np.zeros, pd.DataFrame, pd.cut) == before


def test_libraries_are_as_they_were_after_two_threads() -> None:
    """One waits for the other: it would put back what that one had put there."""
    before = np.asarray
    coming, gone = Event(), Event()

    def second() -> None:
        coming.set()
        with reaching():
            gone.wait(5)

    thread = Thread(target=second)
    with reaching():
        thread.start()
        coming.wait(5)
        time.sleep(0.05)
    gone.set()
    thread.join()
    assert np.asarray is before
