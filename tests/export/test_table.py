"""Tables are split into columns and built again as scikit-learn saw them."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from export.errors import RecipeError
from export.table import as_table, layout_of


@pytest.mark.parametrize(
    ("series", "dtype"),
    [
        (pd.Series([1.5, np.nan]), "float64"),
        (pd.Series([1, 2]), "int64"),
        (pd.Series([1, None], dtype="Int64"), "int64"),
        (pd.Series([1, 2], dtype="uint8"), "int64"),
        (pd.Series([True, False]), "bool"),
        (pd.Series([True, None], dtype="boolean"), "bool"),
        (pd.Series([True, None], dtype=object), "bool"),
        (pd.Series(["a", None], dtype=object), "string"),
        (pd.Series(["a", np.nan], dtype=object), "string"),
        (pd.Series(["a", None], dtype="string"), "string"),
        (pd.Series(["a", None], dtype="str"), "string"),
        (pd.Series(["a", "b"], dtype="category"), "string"),
        (pd.Series([3, 4], dtype="category"), "int64"),
        (pd.Series([1, 2.5], dtype=object), "float64"),
        (pd.Series([1, 2], dtype=object), "int64"),
    ],
)
def test_a_frame_survives_splitting_and_building(series: "pd.Series[Any]", dtype: str) -> None:
    """Every dtype that a client can send comes back with the values and the dtype it had."""
    frame = pd.DataFrame({"column": series})
    layout = layout_of(frame, "X")
    assert layout.dtypes == (dtype,)
    built = layout.build(layout.split(frame))
    pd.testing.assert_frame_equal(built, frame)


def test_single_precision_is_fed_back_as_double() -> None:
    """What a client sends is double, so the reference is fed doubles."""
    frame = pd.DataFrame({"x": np.array([0.1], dtype=np.float32)})
    layout = layout_of(frame, "X")
    assert layout.build(layout.split(frame))["x"].dtype == np.float64


def test_an_array_of_numbers_comes_back_as_it_was() -> None:
    """Columns of a plain array are called feature1 to featureN."""
    array = np.array([[1.0, 2.0], [3.0, np.nan]])
    layout = layout_of(array, "X")
    assert layout.names == ("feature1", "feature2")
    np.testing.assert_array_equal(layout.build(layout.split(array)), array)


def test_an_array_of_objects_keeps_its_types() -> None:
    """Strings, numbers and missing values of an object array come back as they were."""
    array = np.array([["a", 1.5, True], [None, 2.0, False]], dtype=object)
    layout = layout_of(array, "X")
    assert layout.dtypes == ("string", "float64", "bool")
    assert layout.build(layout.split(array)).tolist() == array.tolist()


def test_a_vector_of_strings_is_a_text() -> None:
    """What a text vectorizer takes is one feature, called text."""
    vector = as_table(["some words", "more words"], "X")
    layout = layout_of(vector, "X")
    assert (layout.form, layout.names, layout.dtypes) == ("vector", ("text",), ("string",))
    assert layout.build(layout.split(vector)).tolist() == vector.tolist()


def test_an_unseen_category_is_fed_as_itself() -> None:
    """A categorical column is built with the category that training never had."""
    frame = pd.DataFrame({"c": pd.Series(["a", "b"], dtype="category")})
    built = layout_of(frame, "X").build([np.array(["b", "new"], dtype=object)])
    assert built["c"].tolist() == ["b", "new"]
    assert list(built["c"].cat.categories) == ["a", "b", "new"]


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (pd.DataFrame({"x": [1, "a"]}), "column 'x' of X_train holds int, str (dtype object)"),
        (
            pd.DataFrame({"x": pd.to_datetime(["2020-01-01"])}),
            "column 'x' of X_train holds Timestamp (dtype datetime64[",
        ),
    ],
)
def test_a_column_that_no_client_can_send_is_refused(frame: Any, found: str) -> None:
    """The message names the column, what it holds, and what to do."""
    with pytest.raises(RecipeError) as caught:
        layout_of(frame, "X_train")
    assert found in str(caught.value)
    assert str(caught.value).endswith(
        "Convert it in the recipe, before the estimator, or leave it out if no step takes it."
    )


def test_columns_of_one_name_are_refused() -> None:
    """Two columns of one name cannot be told apart in a record."""
    frame = pd.DataFrame([[1, 2]], columns=["x", "x"])
    with pytest.raises(RecipeError, match="X_train has columns of the same name"):
        layout_of(frame, "X_train")


def test_an_array_of_three_dimensions_is_refused() -> None:
    """The message says the shape that came and the one expected."""
    with pytest.raises(RecipeError) as caught:
        as_table(np.zeros((2, 2, 2)), "X_train")
    assert str(caught.value) == (
        "recipe: X_train has the shape (2, 2, 2); expected a table, [rows, features]."
    )


TABLE = "expected a table, [rows, features]. Make one with pandas.DataFrame."


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            [["a", "word"], ["words"]],
            "X_train has rows of different lengths; expected a table, [rows, features].",
        ),
        ({"age": [1, 2]}, "X_train is a dict; " + TABLE),
        (None, "X_train is a NoneType; " + TABLE),
    ],
    ids=["lists", "dictionary", "nothing"],
)
def test_what_is_no_table_is_refused(data: Any, problem: str) -> None:
    """The message says what came and what is expected."""
    with pytest.raises(RecipeError) as caught:
        as_table(data, "X_train")
    assert str(caught.value) == f"recipe: {problem}"


def test_numbers_in_a_row_are_one_column() -> None:
    """As IsotonicRegression, which takes both forms, has them."""
    assert as_table(pd.Series([1.5, 2.5]), "X_train").tolist() == [[1.5], [2.5]]


def test_dictionaries_are_refused() -> None:
    """What a DictVectorizer takes has no columns; the message says how to make some."""
    with pytest.raises(RecipeError) as caught:
        as_table([{"city": "Oslo"}, {"city": "Rom", "size": 3}], "X_train")
    assert str(caught.value) == (
        "recipe: X_train holds dictionaries; expected columns. Make them with pandas.DataFrame, "
        "and put a OneHotEncoder in the place of a DictVectorizer or FeatureHasher."
    )


@pytest.mark.parametrize("data", [pd.Series(["a", "b"], index=[7, 8]), pa.array(["a", "b"])])
def test_a_series_of_strings_is_a_text_too(data: Any) -> None:
    """Of pandas, or of another library that can make one, whatever its rows are called."""
    table = as_table(data, "X")
    layout = layout_of(table, "X")
    assert layout.form == "vector"
    assert layout.take(table, [1]).tolist() == ["b"]


def test_missing_strings_of_other_libraries_are_none() -> None:
    """Of strings and of categories scikit-learn sees None there, where pandas has NaN."""
    table = pa.table(
        {
            "word": ["a", None, "b"],
            "grade": pa.array(["x", None, "y"]).dictionary_encode(),
            "count": [1, None, 2],
        }
    )
    frame = as_table(table, "X")
    assert frame["word"].tolist() == ["a", None, "b"]
    assert frame["grade"].tolist() == ["x", None, "y"]
    layout = layout_of(frame, "X")
    assert layout.dtypes == ("string", "string", "float64")
    pd.testing.assert_frame_equal(layout.build(layout.split(frame)), frame)
