"""Functions of arrays of the user's own: what numpy's functions make of numbers not known yet."""

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer

from export.errors import ConversionError
from tests.export.conftest import Prove

R = np.random.default_rng(0)
ROWS = 200
LACKING = np.where(R.random((ROWS, 4)) < 0.1, np.nan, R.normal(0.0, 5.0, (ROWS, 4)))


def masked(X: Any) -> Any:
    """Put numbers where a condition holds, in place."""
    X = X.copy()
    X[np.isnan(X)] = 0
    X[X[:, 2] > 3, 1] = 7
    X[X < -4] *= 2
    X[:, 0] /= 2
    return X


def of_one(number: Any) -> Any:
    """Answer one number."""
    return 0.0 if np.isnan(number) else 1.0 if number > 0 else -1.0


def cut_off(X: Any) -> Any:
    """Answer some numbers as they are, in an array of doubles."""
    return np.vectorize(lambda number: 0.0 if number > 1 else number)(X)


def one_by_one(X: Any) -> Any:
    """Call a function of one number with each, and loop over the rows."""
    called = np.vectorize(of_one)(X[:, :2])
    return np.hstack(
        [called, np.array([[max(row[0], row[1]), row[2] + 1] for row in called_rows(X)])]
    )


def called_rows(X: Any) -> Any:
    """Return the rows, none of whose numbers is missing."""
    return list(np.nan_to_num(X))


def chosen(X: Any) -> Any:
    """Choose by many conditions, of which none asks the function to be called again."""
    bands = [X[:, 0] < edge for edge in range(-9, 9)]
    return np.column_stack(
        [
            np.select(bands, list(range(18)), default=99),
            np.digitize(X[:, 1], [-5, 0, 5]),
            np.searchsorted([1.0, 2.0, 5.0], X[:, 2]),
            np.where(np.isfinite(X[:, 3]), X[:, 3], -1),
            np.isin(np.round(X[:, 0]), [1, 2, 5]),
        ]
    )


def of_rows(X: Any) -> Any:
    """Sums, means and the greatest of the numbers of a row."""
    there = np.nan_to_num(X)
    return np.c_[
        there.sum(axis=1),
        np.nanmean(X, axis=1),
        np.nanmax(X, axis=1),
        np.isnan(X).sum(axis=1),
        (X > 0).any(axis=1),
        there.mean(axis=1, keepdims=True) - there,
        np.diff(there, axis=1),
        np.cumsum(there, axis=1),
    ]


def converted(X: Any) -> Any:
    """Numbers of other dtypes, as they are made and put together."""
    X = np.asarray(X, dtype=float)
    flags = np.zeros((len(X), 2))
    flags[:, 0] = X[:, 0] > 0
    flags[np.isnan(X[:, 1]), 1] = 1
    whole = np.nan_to_num(X * 1e3).astype(int)
    guarded = np.divide(X[:, :1], X[:, 1:2], out=np.zeros_like(X[:, :1]), where=X[:, 1:2] > 0)
    return np.hstack([flags, whole, guarded, X.astype(bool), np.clip(X, 0, None), np.fmax(X, 0)])


def kept(X: Any) -> Any:
    """Put numbers into arrays of other dtypes, which cut them off."""
    whole, flags = np.zeros(X.shape, dtype=int), np.ones(len(X), dtype=bool)
    whole[X > 0] = 1.7
    whole[:, 0] = np.nan_to_num(X[:, 0])
    flags[X[:, 1] > 0] = 0
    return np.column_stack([whole, flags])


@pytest.mark.parametrize("function", [masked, one_by_one, chosen, of_rows, converted, kept])
def test_functions_of_arrays_are_exact(function: Any, prove: Prove) -> None:
    """No bit differs, missing numbers and infinite ones included."""
    assert prove(FunctionTransformer(function), LACKING).manifest.parity.tolerance == 0


def test_angles_and_distances_agree_but_for_rounding(prove: Prove) -> None:
    """As of places on a map: in all quadrants, at zeros of either sign, and far away."""
    step = FunctionTransformer(
        lambda X: np.c_[np.arctan2(X[:, 0], X[:, 1]), np.hypot(X[:, 2], X[:, 3])]
    )
    assert prove(step, LACKING).manifest.parity.tolerance == 1e-12


def test_products_with_a_matrix_agree_but_for_rounding(prove: Prove) -> None:
    """Libraries add the terms in orders of their own."""
    weights = R.normal(0.0, 1.0, (4, 2))
    step = FunctionTransformer(lambda X: np.nan_to_num(X) @ weights)
    assert prove(step, LACKING).manifest.parity.tolerance == 1e-12


def test_zeros_keep_their_sign(prove: Prove) -> None:
    """A quotient with -0.0 is infinite on the other side."""
    step = FunctionTransformer(lambda X: 1 / np.where(X > 1, 2, np.where(X < -1, X * 2, X * 0)))
    assert prove(step, np.nan_to_num(LACKING)).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "function",
    [
        lambda X: np.maximum(X, -0.0),
        lambda X: np.where(X > 0, -0.0, np.where(X < -1, 0.0, -0.0)),
        lambda X: (abs(X) * -0.0).sum(axis=1, keepdims=True),
        lambda X: X * 0.0 + 0,
        lambda X: np.round(X.astype(int), -1),
    ],
    ids=["maximum", "where", "sum", "0 added", "round"],
)
def test_zeros_have_the_sign_that_numpy_gives_them(function: Any, prove: Prove) -> None:
    """Constants keep theirs; sums begin with 0; and whole numbers have none."""
    assert prove(FunctionTransformer(function), np.nan_to_num(LACKING)).manifest.parity.rows


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda X: X - np.nanmean(X, axis=0), "it takes the nanmean of all rows, and a graph answ"),
        (lambda X: X / X.max(), "it takes the maximum of all rows, and a graph answers each row"),
        (lambda X: np.sort(X, axis=1), "it calls numpy's sort, which puts numbers in order, or lo"),
        (lambda X: X[:, :1].astype("float16"), "it makes float16 of numbers; use float64, in line"),
        (
            lambda X: X.astype("int8"),
            "it makes int8 of numbers, which may not hold them; use int64",
        ),
        (
            cut_off,
            "it makes a number of Python, or of an array of them, of what is not known yet; use",
        ),
        (lambda X: X.astype(str), "it makes <U0 of numbers, with astype"),
        (lambda X: np.frexp(X)[0], "numpy's frexp answers several numbers at once, in line"),
        (lambda X: [[float(x) for x in row] for row in X], "it makes a number of Python, or of an"),
    ],
)
def test_what_cannot_be_followed_is_refused(function: Any, problem: str, prove: Prove) -> None:
    """The message says what the function does, and in which line of it."""
    with pytest.raises(ConversionError) as refused:
        prove(FunctionTransformer(function), np.nan_to_num(LACKING) + 1)
    assert f"has no ONNX form: {problem}" in str(refused.value)
