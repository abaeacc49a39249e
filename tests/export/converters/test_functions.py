"""Functions of columns that are no doubles, or that are made a vector of texts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.errors import ConversionError
from tests.export.conftest import Prove
from tests.export.converters.corpus import SPAM, TEXTS

AGES = np.random.default_rng(0).integers(1, 90, 200)


@pytest.mark.parametrize(
    ("function", "dtype", "problem"),
    [
        (np.log1p, "int8", "log1p of int8, which one of its columns is, is of less than double"),
        (np.sqrt, "bool", "sqrt of bool, which one of its columns is, is of less than double"),
        (np.square, "int16", "square of int16, which one of its columns is, is of less than"),
        (np.square, "int32", "square of int32, which one of its columns is, is an integer of as"),
        (np.reciprocal, "int64", "reciprocal of int64, which one of its columns is, is an integer"),
        (np.negative, "UInt32", "negative of uint32, which one of its columns is, is the number"),
    ],
)
def test_numpy_makes_something_else_of_some_integers(
    function: Any, dtype: Any, problem: str, prove: Prove
) -> None:
    """Half precision, integers and what wraps around are refused; the message says what to do."""
    frame = pd.DataFrame({"age": AGES}).astype(dtype)
    model = make_pipeline(FunctionTransformer(function), DecisionTreeClassifier())
    with pytest.raises(ConversionError) as refused:
        prove(model, frame, AGES > 40)
    assert f"FunctionTransformer cannot be converted: numpy's {problem}" in str(refused.value)
    assert str(refused.value).endswith(
        "; make float64 of the column, with astype(float), before the fit."
    )


@pytest.mark.parametrize("dtype", ["int32", "uint64", "Int64", "float32"])
def test_wide_integers_are_computed_in_double(dtype: Any, prove: Prove) -> None:
    """As numpy does, of four bytes and more; single precision is fed as double."""
    frame = pd.DataFrame({"age": AGES}).astype(dtype)
    model = make_pipeline(FunctionTransformer(np.sqrt), DecisionTreeClassifier())
    assert prove(model, frame, AGES > 40).manifest.parity.tolerance == 0


@pytest.mark.parametrize("dtype", ["int64", "Int64"])
def test_squares_of_integers_wrap_around(dtype: Any, prove: Prove) -> None:
    """Beyond 2^63, as numpy's do; those of doubles beside them do not."""
    frame = pd.DataFrame({"age": AGES * 10**8, "size": AGES * 1e8})
    parity = prove(FunctionTransformer(np.square), frame.astype({"age": dtype})).manifest.parity
    assert parity.tolerance == 0


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(np.negative),
        FunctionTransformer(np.round, kw_args={"decimals": -1}),
    ],
    ids=["negative", "round"],
)
def test_zeros_of_integers_have_no_sign(step: Any, prove: Prove) -> None:
    """Those of doubles do, to the bit."""
    frame = pd.DataFrame({"age": AGES - 40, "size": (AGES - 40) / 8})
    assert prove(step, frame).manifest.parity.tolerance == 0


def test_narrow_integers_beside_doubles_are_doubles(prove: Prove) -> None:
    """An array has one dtype for all its columns, so what is passed on beside numbers is one."""
    frame = pd.DataFrame({"age": AGES.astype(np.int8), "size": AGES / 7})
    columns = make_column_transformer((StandardScaler(), ["size"]), remainder="passthrough")
    model = make_pipeline(columns, FunctionTransformer(np.square), DecisionTreeClassifier())
    assert prove(model, frame, AGES > 40).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "flatten",
    [
        FunctionTransformer(np.ravel),
        FunctionTransformer(np.reshape, kw_args={"shape": -1}),
    ],
    ids=["ravel", "reshape"],
)
def test_missing_texts_are_imputed_before_they_are_cut(flatten: Any, prove: Prove) -> None:
    """An imputer answers a column, of which a vectorizer needs the vector."""
    frame = pd.DataFrame({"text": pd.Series(TEXTS, dtype=object)})
    frame.loc[::5, "text"] = None
    words = make_pipeline(
        SimpleImputer(strategy="constant", missing_values=None, fill_value=""),
        flatten,
        TfidfVectorizer(),
    )
    model = make_pipeline(make_column_transformer((words, ["text"])), LogisticRegression())
    assert prove(model, frame, SPAM).manifest.features[0].nullable
