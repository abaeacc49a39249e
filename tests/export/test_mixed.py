"""Columns of every kind a data frame has reach the service as scikit-learn saw them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export import export
from export.convert import FOUR_ULP
from tests.export.converters.frames import mixed
from tests.export.deployed.service import served
from tests.export.deployed.tables import Table

FRAME, TARGET = mixed(240)
MANY = 60
"""Records to ask: missing ones, and such as were never seen, among them."""


def tree() -> DecisionTreeClassifier:
    """Return a last step that sees every bit."""
    return DecisionTreeClassifier(random_state=0)


def coded() -> OrdinalEncoder:
    """Return an encoder that tells whatever is missing from whatever was never seen."""
    return OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )


def _cities(missing: Any, dtype: Any) -> pd.DataFrame:
    """Return strings, some empty, some missing, and some that only look like it."""
    names = np.array(["Oslo", "", "nan", "None", "<NA>", missing], dtype=object)
    chosen = np.arange(240) * 7 % 13 % 6
    return pd.DataFrame({"city": pd.Series(names[chosen], dtype=dtype)})


def _numbers(dtype: Any) -> pd.DataFrame:
    """Return whole numbers over the range of a dtype, as far as doubles have them all."""
    bounds = np.iinfo(dtype)
    low, high = max(int(bounds.min), -(2**53)), min(int(bounds.max), 2**53)
    values = np.linspace(low, high, 240).astype(dtype)
    return pd.DataFrame({"n": np.random.default_rng(0).permutation(values)})


COLUMNS: dict[str, tuple[Any, pd.DataFrame]] = {
    "strings or None": (coded(), _cities(None, object)),
    "strings or NaN": (coded(), _cities(np.nan, object)),
    "strings of pandas": (coded(), _cities(np.nan, "str")),
    "strings or NA, imputed": (
        make_pipeline(
            SimpleImputer(strategy="constant", missing_values=pd.NA, fill_value="?"), coded()
        ),
        _cities(pd.NA, "string"),
    ),
    "categories": (coded(), _cities(np.nan, "category")),
    "categories of integers": (
        coded(),
        pd.DataFrame({"n": pd.Categorical(np.arange(240) * 7 % 5, categories=[4, 2, 0, 1, 3])}),
    ),
    "categories of booleans": (
        coded(),
        pd.DataFrame({"b": pd.Categorical(np.arange(240) % 3 == 0)}),
    ),
    "booleans or None": (
        SimpleImputer(strategy="most_frequent", missing_values=None),
        pd.DataFrame({"b": pd.Series([None, True, False, True] * 60, dtype=object)}),
    ),
    "numbers or None": (
        coded(),
        pd.DataFrame({"x": pd.Series([None, 0.5, 2.5, 3] * 60, dtype=object)}),
    ),
    "numbers or None, filled": (
        SimpleImputer(strategy="constant", fill_value=-1, missing_values=None),
        pd.DataFrame({"x": pd.Series([None, 0.5, 2.5, 3] * 60, dtype=object)}),
    ),
    "numbers or None, which no imputer takes for NaN": (
        make_pipeline(SimpleImputer(strategy="most_frequent"), coded()),
        pd.DataFrame({"x": pd.Series([None, 0.5, 2.5, 3] * 60, dtype=object)}),
    ),
    "numbers or None, averaged": (
        SimpleImputer(add_indicator=True),
        pd.DataFrame({"x": pd.Series([None, 0.5, 2.5, 3] * 60, dtype=object)}),
    ),
    "mostly None, which is then the most frequent value": (
        make_pipeline(SimpleImputer(strategy="most_frequent"), coded()),
        pd.DataFrame({"x": pd.Series([None, 0.5, None, 3] * 60, dtype=object), "y": 1.0}),
    ),
    "integers or None, which no imputer takes for NaN": (
        make_pipeline(SimpleImputer(strategy="most_frequent"), coded()),
        pd.DataFrame({"x": pd.Series([None, 5, 2, 3] * 60, dtype=object)}),
    ),
    "integers or NA": (
        SimpleImputer(strategy="median", add_indicator=True),
        pd.DataFrame({"n": pd.Series([None, 2**53, 7, -3] * 60, dtype="Int64")}),
    ),
    "integers of Arrow": (
        SimpleImputer(strategy="median"),
        pd.DataFrame({"n": pd.Series([None, 255, 7, 0] * 60, dtype="uint8[pyarrow]")}),
    ),
    "booleans of Arrow": (
        SimpleImputer(strategy="most_frequent"),
        pd.DataFrame({"b": pd.Series([None, True, False, True] * 60, dtype="bool[pyarrow]")}),
    ),
    "strings of Arrow": (
        make_pipeline(SimpleImputer(strategy="most_frequent", missing_values=pd.NA), coded()),
        _cities(pd.NA, pd.ArrowDtype(pa.string())),
    ),
    "doubles or NA": (
        SimpleImputer(),
        pd.DataFrame({"x": pd.Series([None, 0.1, 2.5, -1e30] * 60, dtype="Float64")}),
    ),
    **{
        f"{dtype} over its range": (StandardScaler(), _numbers(dtype))
        for dtype in ("int8", "uint8", "int16", "int32", "uint32", "int64", "uint64")
    },
}


@pytest.mark.parametrize(("step", "frame"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_of_any_kind_is_exact(step: Any, frame: pd.DataFrame, tmp_path: Path) -> None:
    """What is missing, empty or looks like it, and each integer to the last bit."""
    model = make_pipeline(step, tree())
    target = np.random.default_rng(0).random(len(frame)) < 0.5
    exported = served((model, lambda: Table(frame, target)), tmp_path, MANY)
    assert exported.manifest.parity.tolerance == 0


NUMBERS = make_pipeline(SimpleImputer(), StandardScaler())
ENCODER = OneHotEncoder(handle_unknown="ignore", sparse_output=False)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_all_kinds_side_by_side_are_exact(output: Any, tmp_path: Path) -> None:
    """Selected by type, nested, searched, passed from step to step as arrays or data frames."""
    inner = ColumnTransformer(
        [
            ("numbers", NUMBERS, make_column_selector(dtype_include=np.number)),
            ("missing", SimpleImputer(strategy="most_frequent"), ["flag"]),
        ],
        remainder="drop",
    )
    outer = ColumnTransformer(
        [
            ("inner", inner, [c for c in FRAME if c not in ("city", "grade", "member")]),
            ("grade", coded(), make_column_selector(dtype_include="category")),
            ("city", ENCODER, ["city"]),
        ],
        remainder="passthrough",
    )
    frame = FRAME.assign(city=FRAME["city"].replace("nan", "NaN"))
    model = make_pipeline(outer, tree()).set_output(transform=output)
    search = GridSearchCV(model, {"decisiontreeclassifier__max_depth": [3, 6]}, cv=2)
    exported = served((search, lambda: Table(frame, TARGET)), tmp_path, MANY)
    assert exported.manifest.parity.tolerance == 0


def test_integers_may_be_missing_where_training_had_all(tmp_path: Path) -> None:
    """Held-out rows say that a feature may be missing."""
    frame = FRAME[["age", "amount"]]
    model = make_pipeline(SimpleImputer(), tree()).fit(frame, TARGET)
    held_out = frame.assign(age=frame["age"].where(frame["age"] < 80))
    exported = export(model, frame, TARGET, name="model", X_test=held_out, out=tmp_path)
    assert [feature.nullable for feature in exported.manifest.features] == [True, False]


def test_tables_of_other_libraries_are_answered_as_they_were_fitted(tmp_path: Path) -> None:
    """What is missing in an Arrow table is a category of its own, called None."""
    table = pa.table({"city": _cities(None, object)["city"].tolist()})
    target = np.arange(len(table)) % 3 == 0
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = make_pipeline(encoder, tree()).fit(table, target)
    assert None in encoder.categories_[0].tolist()
    exported = export(model, table, target, name="model", out=tmp_path)
    assert exported.manifest.parity.tolerance == 0


def test_boosting_knows_the_categories_of_pandas(tmp_path: Path) -> None:
    """Beside integers that may be missing, and numbers."""
    columns = make_column_transformer(
        (SimpleImputer(strategy="most_frequent"), ["flag"]), remainder="passthrough"
    ).set_output(transform="pandas")
    frame = FRAME[["grade", "tier", "amount", "flag"]].astype({"tier": "float64"})
    boosting = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype")
    case = make_pipeline(columns, boosting), lambda: Table(frame, TARGET)
    assert served(case, tmp_path, MANY).manifest.parity.tolerance <= FOUR_ULP
