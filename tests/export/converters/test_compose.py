"""Columns are selected, passed on, joined and nested as scikit-learn does it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from export.errors import ConversionError
from export.pipeline import export
from tests.export.conftest import Prove
from tests.export.converters.frames import mixed

FRAME, TARGET = mixed()
FEW = FRAME[["city", "age", "member", "code"]].assign(city=FRAME["city"].fillna("?"))


def tree() -> DecisionTreeClassifier:
    """Return a last step."""
    return DecisionTreeClassifier(random_state=0)


def one_hot() -> OneHotEncoder:
    """Return an encoder whose answer is a dense array, as data frames need."""
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def test_columns_selected_by_type_are_exact(prove: Prove) -> None:
    """Numbers, integers beyond 2^24, nullable ones, booleans, strings and categories at once."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (one_hot(), make_column_selector(dtype_exclude="number")),
    )
    exported = prove(make_pipeline(columns, tree()), FRAME, TARGET)
    assert exported.manifest.parity.tolerance == 0
    dtypes = {feature.name: feature.dtype for feature in exported.manifest.features}
    assert dtypes == {
        "amount": "float64",
        "age": "int64",
        "code": "int64",
        "member": "bool",
        "ratio": "float64",
        "city": "string",
        "grade": "string",
        "tier": "int64",
        "flag": "bool",
    }


SELECTORS: dict[str, Any] = {
    "slice of names": slice("age", "member"),
    "slice": slice(1, 3),
    "negative": [-1, -2],
    "mask": [False, True, True, False],
    "callable": lambda table: [c for c in table.columns if c != "city"],
    "name": ["age"],
}


@pytest.mark.parametrize("columns", SELECTORS.values(), ids=SELECTORS)
def test_every_way_to_select_columns_is_exact(columns: Any, prove: Prove) -> None:
    """However the columns are named, the others being passed on or dropped."""
    step = ColumnTransformer(
        [("numbers", StandardScaler(), columns), ("city", one_hot(), ["city"])],
        transformer_weights={"numbers": 0.3},
    )
    assert prove(make_pipeline(step, tree()), FEW, TARGET).manifest.parity.tolerance == 0


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_strings_are_passed_on_to_the_next_step(output: Any, prove: Prove) -> None:
    """What the first transformer leaves, the second selects, by position or by name."""
    first = ColumnTransformer([("age", StandardScaler(), ["age"])], remainder="passthrough")
    city: Any = ["remainder__city"] if output == "pandas" else [1]
    second = ColumnTransformer([("city", one_hot(), city)], remainder="passthrough")
    model = make_pipeline(first, second, tree()).set_output(transform=output)
    assert prove(model, FEW, TARGET).manifest.parity.tolerance == 0


def test_unions_and_pipelines_nest(prove: Prove) -> None:
    """Steps that are dropped, passed through, weighted, or pipelines of their own."""
    union = FeatureUnion(
        [
            ("scaled", StandardScaler()),
            ("products", make_pipeline(MinMaxScaler(), PolynomialFeatures(2))),
            ("as they are", "passthrough"),
            ("not at all", "drop"),
        ],
        transformer_weights={"scaled": 0.3},
    )
    model = Pipeline([("union", union), ("nothing", "passthrough"), ("none", None), ("m", tree())])
    assert prove(model, FRAME[["amount", "age"]], TARGET).manifest.parity.tolerance == 0


def test_strings_beside_numbers_are_no_answer(prove: Prove) -> None:
    """A pipeline cannot end in a table of both."""
    step = ColumnTransformer([("age", StandardScaler(), ["age"])], remainder="passthrough")
    with pytest.raises(ConversionError) as refused:
        prove(step, FEW)
    assert str(refused.value) == (
        "ColumnTransformer cannot be converted: it answers strings and numbers side by side; "
        "encode the strings too."
    )


def test_a_wide_table_stays_small(prove: Prove) -> None:
    """A few nodes for all columns, not some for each."""
    rng = np.random.default_rng(0)
    numbers = {f"n{i}": rng.normal(size=200) for i in range(60)}
    strings = {f"s{i}": rng.choice(["a", "b", "c"], 200) for i in range(60)}
    frame = pd.DataFrame(numbers | strings)
    columns = make_column_transformer(
        (StandardScaler(), list(numbers)),
        (OneHotEncoder(handle_unknown="ignore"), list(strings)[:30]),
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), list(strings)[30:]),
    )
    exported = prove(make_pipeline(columns, tree()), frame, frame["n0"] > 0)
    assert exported.operators < 30


@pytest.mark.parametrize(
    "columns", [["city", "age"], ["code", "city", "age"], ["city", "code", "member", "age"]]
)
def test_columns_of_a_data_frame_are_found_by_name(columns: list[str], tmp_path: Path) -> None:
    """As scikit-learn finds them: in any order, and without those that no transformer takes."""
    columns_of_two = make_column_transformer((one_hot(), ["city"]), (StandardScaler(), ["age"]))
    model = make_pipeline(columns_of_two, tree()).fit(
        FEW[["member", "age", "code", "city"]], TARGET
    )
    exported = export(model, FEW[columns], TARGET, name="model", out=tmp_path)
    assert [feature.name for feature in exported.manifest.features] == columns
    assert exported.manifest.parity.tolerance == 0


def test_a_column_of_strings_among_numbers_is_named(tmp_path: Path) -> None:
    """Such as numbers that a file has with their unit, or with a word in one row."""
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "size": ["1", "2", "?"]})
    model = make_pipeline(StandardScaler(), tree()).fit(frame.replace("?", "3"), [0, 1, 0])
    with pytest.raises(ConversionError) as refused:
        export(model, frame, name="model", out=tmp_path)
    assert str(refused.value) == (
        "step `standardscaler`: StandardScaler cannot be converted: its column 'size' holds "
        "strings; encode it first."
    )
