"""Encoders answer bit for bit, for every kind of column and of value."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort  # noqa: TID251 - to see that the graph itself refuses
import pandas as pd
import pytest
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from export.errors import ConversionError
from tests.export.conftest import Prove
from tests.export.converters.frames import mixed

FRAME, TARGET = mixed()
STRINGS = ["city", "grade"]
ALL_KINDS = ["city", "grade", "tier", "flag", "member"]

ONE_HOT = {
    "ignore": OneHotEncoder(handle_unknown="ignore"),
    "error": OneHotEncoder(),
    "infrequent": OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=60),
    "warn": OneHotEncoder(handle_unknown="warn", max_categories=2),
    "drop first": OneHotEncoder(drop="first", handle_unknown="ignore", max_categories=3),
    "drop binary": OneHotEncoder(drop="if_binary", sparse_output=False),
}
ORDINAL = {
    "error": OrdinalEncoder(),
    "encoded": OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    ),
    "infrequent": OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=3
    ),
}


@pytest.mark.parametrize("encoder", ONE_HOT.values(), ids=ONE_HOT)
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_one_hot_columns_are_exact(encoder: Any, prove: Prove) -> None:
    """Strings, missing ones, integers and booleans, whatever is done with rare ones."""
    parity = prove(make_pipeline(encoder, DecisionTreeClassifier()), FRAME[ALL_KINDS], TARGET)
    assert parity.manifest.parity.tolerance == 0


@pytest.mark.parametrize("encoder", ORDINAL.values(), ids=ORDINAL)
def test_ordinal_numbers_are_exact(encoder: Any, prove: Prove) -> None:
    """Unknown, missing and infrequent categories have the numbers that were asked for."""
    model = make_pipeline(encoder, DecisionTreeClassifier())
    assert prove(model, FRAME[[*STRINGS, "tier"]], TARGET).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (DecisionTreeClassifier(), TARGET),
        (DecisionTreeClassifier(), FRAME["age"].to_numpy() % 3),
        (DecisionTreeRegressor(), FRAME["amount"].to_numpy()),
    ],
    ids=["binary", "multiclass", "continuous"],
)
def test_target_means_are_exact(model: Any, target: Any, prove: Prove) -> None:
    """One column for each feature, or for each feature and class."""
    encoder = TargetEncoder(cv=KFold(3))
    exported = prove(make_pipeline(encoder, model), FRAME[[*STRINGS, "tier"]], target)
    assert exported.manifest.parity.tolerance == 0


def test_a_category_that_is_a_fraction_is_not_rounded(prove: Prove) -> None:
    """2.5 is not the category 2."""
    rows = np.random.default_rng(0).integers(0, 8, (200, 2)) / 2
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())
    assert prove(model, rows, rows[:, 0] > 2).manifest.parity.tolerance == 0


def test_numbers_have_thousands_of_categories(prove: Prove) -> None:
    """They are searched, not all compared with each row, for which there would be no memory."""
    rng = np.random.default_rng(0)
    codes = rng.permutation(20_000)[:5_000] - 10_000
    rows = np.column_stack([np.append(codes, codes), rng.integers(0, 3, 10_000)]).astype(float)
    rows[::50, 1] = np.nan
    model = make_pipeline(TargetEncoder(cv=KFold(3)), DecisionTreeRegressor(max_depth=3))
    assert prove(model, rows, rng.normal(size=10_000)).manifest.parity.tolerance == 0


def test_none_is_a_category(prove: Prove) -> None:
    """None in a column of objects is a missing string, distinct from the word and from ''."""
    cities = FRAME[["city"]].astype(object).where(FRAME[["city"]].notna(), None)
    cities.iloc[::7, 0] = "None"
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())
    (feature,) = prove(model, cities, TARGET).manifest.features
    assert feature.nullable
    assert feature.categories == ("", "None", "Oslo", "Rom", "nan", "Łódź")


def test_an_unseen_number_that_scikit_learn_refuses_is_refused_by_the_graph(prove: Prove) -> None:
    """A closed feature lists its only values, and the graph answers no others."""
    rows = np.random.default_rng(0).integers(0, 4, (100, 2)).astype(np.float64)
    exported = prove(make_pipeline(OneHotEncoder(), DecisionTreeClassifier()), rows, rows[:, 0] > 1)
    values = [feature.values for feature in exported.manifest.features]  # noqa: PD011
    assert values == [(0, 1, 2, 3)] * 2
    session = ort.InferenceSession(Path(exported.path) / "model.onnx")
    assert session.run(["label"], {"numeric": np.array([[1.0, 3.0]])})
    with pytest.raises(Exception, match="indices element out of data bounds"):
        session.run(["label"], {"numeric": np.array([[1.0, 1.5]])})


@pytest.mark.parametrize("values", [["a", None, np.nan, "b"], [0.5, None, np.nan, 2]])
def test_none_beside_nan_is_refused(values: list[Any], prove: Prove) -> None:
    """A client can send one kind of missing value only."""
    frame = pd.DataFrame({"x": pd.Series(values * 25, dtype=object)})
    with pytest.raises(ConversionError) as refused:
        prove(OneHotEncoder(handle_unknown="ignore"), frame)
    assert str(refused.value) == (
        "OneHotEncoder cannot be converted: it tells None from NaN in one column; use one of "
        "them for missing values."
    )
