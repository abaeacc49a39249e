"""The signature follows from the data and the estimator."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    StandardScaler,
)

from export.errors import RecipeError
from export.recipe import Trained
from export.signature import infer
from runtime.manifest import MISSING_STRING, Tensor
from tests.export.conftest import Built

FRAME = pd.DataFrame(
    {
        "city": ["Oslo", None, "Rome", "Oslo"],
        "size": [1.0, np.nan, 3.0, -2.0],
        "floors": [1, 2, 3, 4],
        "garden": [True, False, True, True],
    }
)


class _Answers:
    """An estimator that answers whatever it is fed."""

    def predict(self, table: pd.DataFrame) -> list[int]:
        return [0] * len(table)


def _trained(frame: pd.DataFrame) -> Trained:
    return Trained(estimator=_Answers(), X_train=frame, X_test=frame.iloc[:2])


def test_features_take_their_types_ranges_and_categories_from_the_data() -> None:
    """Each column becomes one feature, with its place in an input tensor."""
    features = {feature.name: feature for feature in infer(_trained(FRAME)).features}
    assert list(features) == ["city", "size", "floors", "garden"]
    assert [(f.input, f.column) for f in features.values()] == [
        ("string", 0),
        ("numeric", 0),
        ("numeric", 1),
        ("numeric", 2),
    ]
    assert [f.dtype for f in features.values()] == ["string", "float64", "int64", "bool"]
    assert [f.nullable for f in features.values()] == [True, True, False, False]
    assert features["city"].categories == ("Oslo", "Rome")
    assert (features["size"].minimum, features["size"].maximum) == (-2.0, 3.0)
    assert [f.example for f in features.values()] == ["Oslo", 1.0, 1, True]


def _half_open(table: pd.DataFrame) -> pd.DataFrame:
    """Refuse a missing size, but of Rome."""
    if (table["size"].isna() & (table["city"] != "Rome")).any():
        raise ValueError("the size is missing")
    return table[["floors"]].astype(float)


@pytest.mark.parametrize(
    ("columns", "transformer", "nullable"),
    [
        (["size", "floors"], StandardScaler(), []),
        (["city"], OneHotEncoder(), []),
        (["city", "size"], make_column_transformer((StandardScaler(), ["size"])), ["city"]),
        (["city", "size", "floors"], FunctionTransformer(_half_open), ["city", "size"]),
    ],
    ids=["number", "category", "unused", "in some rows"],
)
def test_a_feature_may_be_missing_only_where_scikit_learn_answers(
    columns: list[str], transformer: Any, nullable: list[str]
) -> None:
    """A held-out row that lacks it is no proof: what scikit-learn refuses, the service must."""
    frame = pd.DataFrame(
        {"city": ["Oslo", "Rome"] * 4, "size": np.arange(8.0), "floors": range(8)}
    )[columns]
    model = make_pipeline(transformer, LogisticRegression()).fit(frame, [0, 1] * 4)
    lacking = frame.copy()
    for name in set(columns) & {"city", "size"}:
        lacking.loc[lacking.index[3 if name == "size" else 2], name] = None
    signature = infer(Trained(estimator=model, X_train=frame, X_test=lacking))
    assert [each.name for each in signature.features if each.nullable] == nullable


def test_tensors_hold_numbers_in_double_and_mark_missing_strings() -> None:
    """However many columns, there are two tensors."""
    signature = infer(_trained(FRAME))
    assert signature.inputs == (
        Tensor(name="numeric", dtype="float64", columns=3),
        Tensor(name="string", dtype="string", columns=1),
    )
    tensors = signature.tensors(signature.layout.split(FRAME))
    assert tensors["string"].tolist() == [["Oslo"], [MISSING_STRING], ["Rome"], ["Oslo"]]
    np.testing.assert_array_equal(tensors["numeric"][1], [np.nan, 2.0, 0.0])


def test_records_are_what_a_client_would_send() -> None:
    """Integers, booleans and missing values have their JSON types."""
    signature = infer(_trained(FRAME))
    records = signature.records(signature.layout.split(FRAME))
    assert records[:2] == [
        {"city": "Oslo", "size": 1.0, "floors": 1, "garden": True},
        {"city": None, "size": None, "floors": 2, "garden": False},
    ]


def test_a_feature_with_very_many_values_lists_no_categories() -> None:
    """A free text is described without a list of all that was seen."""
    frame = pd.DataFrame({"text": [f"word {i}" for i in range(101)]})
    assert infer(_trained(frame)).features[0].categories is None


@pytest.mark.parametrize(("handle_unknown", "closed"), [("error", True), ("ignore", False)])
def test_a_feature_is_closed_where_scikit_learn_refuses_the_unseen(
    handle_unknown: str, closed: bool
) -> None:
    """Whether an unseen category is answered is asked of the estimator itself."""
    frame = FRAME[["city"]].fillna("none")
    encoder = make_column_transformer((OneHotEncoder(handle_unknown=handle_unknown), ["city"]))
    trained = Trained(estimator=encoder.fit(frame), X_train=frame, X_test=frame)
    assert infer(trained).features[0].closed is closed


def test_the_example_is_a_row_that_scikit_learn_answers() -> None:
    """A row that the service would refuse is not what a client should try first."""
    frame = FRAME[["city"]].fillna("none")
    held_out = pd.DataFrame({"city": ["never seen", "Rome"]})
    encoder = make_column_transformer((OneHotEncoder(), ["city"])).fit(frame)
    (feature,) = infer(Trained(estimator=encoder, X_train=frame, X_test=held_out)).features
    assert (feature.closed, feature.example) == (True, "Rome")


def test_iris_has_titles_and_the_example_of_the_tutorial(iris: Built) -> None:
    """A plain array's features are numbered, with the titles that the recipe gives."""
    features = iris.exported.manifest.features
    assert [f.name for f in features] == ["feature1", "feature2", "feature3", "feature4"]
    assert features[0].title == "sepal length (cm)"
    assert [f.example for f in features] == [5.1, 3.5, 1.4, 0.2]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"feature_titles": ["one"]}, "feature_titles has 1 titles; the data has 4 columns."),
        (
            {"example": {"city": "Oslo"}},
            "example has the fields ['city']; expected ['city', 'floors', 'garden', 'size'].",
        ),
        (
            {"example": {"city": "Oslo", "size": None, "floors": 2.5, "garden": True}},
            "example's 'floors' is 2.5, where X_train holds integers.",
        ),
    ],
)
def test_what_does_not_fit_the_data_is_refused(change: dict[str, object], problem: str) -> None:
    """The message says how many or which were expected."""
    trained = replace(_trained(FRAME), **change)  # type: ignore[arg-type]
    with pytest.raises(RecipeError) as caught:
        infer(trained)
    assert str(caught.value) == f"recipe: {problem}"


def test_a_column_is_not_closed_by_what_is_refused_of_one_row_alone() -> None:
    """Of a column of nothing, which an unseen name alone becomes, pandas takes no strings."""
    table = pd.DataFrame({"name": ["Doe, Mr. John", "Roe, Dr. Ann", "Poe, Mr. Ed"]})
    step = FunctionTransformer(
        lambda d: d["name"].str.split(",").str[1].str.strip().str.len().to_frame()
    ).fit(table)
    (name,) = infer(Trained(estimator=step, X_train=table, X_test=table)).features
    assert not name.closed
