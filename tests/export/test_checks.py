"""What cannot be exported is refused first, with what to do instead."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.decomposition import MiniBatchSparsePCA, SparsePCA
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import MissingIndicator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.answered import refuses
from export.checks import check_estimator, check_table, check_target, check_truth
from export.errors import ConversionError, RecipeError
from export.reference import Reference
from export.table import layout_of
from runtime.manifest import Task
from tests.export.conftest import Prove

FRAME = pd.DataFrame({"age": [1, 2, 3], "size": [0.5, 1.5, 2.5]})
TARGET = [0, 1, 0]
SEARCH = GridSearchCV(LogisticRegression(), {"C": [1.0]}, refit=False)
SELECTED = make_pipeline(make_column_transformer((StandardScaler(), ["age"])), LogisticRegression())


@pytest.mark.parametrize(
    ("estimator", "table", "problem"),
    [
        (
            LogisticRegression,
            FRAME,
            "the estimator is the class LogisticRegression; expected a fitted object of it.",
        ),
        (
            "model.skops",
            FRAME,
            "the estimator is a str; expected a fitted one, with predict or transform.",
        ),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            FRAME,
            "the Pipeline is not fitted; call its fit first.",
        ),
        (
            SEARCH,
            FRAME,
            (
                "the GridSearchCV has refit=False, so it kept no estimator; set refit=True, or fit "
                "the best one yourself."
            ),
        ),
        (
            LogisticRegression().fit(FRAME.to_numpy(), TARGET),
            FRAME.to_numpy()[:, :1],
            (
                "the LogisticRegression does not answer the first row of X_train: X has 1 "
                "features, but LogisticRegression is expecting 2 features as input."
            ),
        ),
        (
            SELECTED.fit(FRAME, TARGET),
            FRAME.to_numpy(),
            (
                "the Pipeline does not answer the first row of X_train: Specifying the columns "
                "using strings is only supported for dataframes."
            ),
        ),
    ],
    ids=["class", "name", "unfitted", "no refit", "columns", "names"],
)
def test_an_estimator_that_answers_nothing_is_refused(
    estimator: Any, table: Any, problem: str
) -> None:
    """The message says what it is, or what scikit-learn says of it."""
    with pytest.raises(RecipeError) as caught:
        check_estimator(estimator, layout_of(table, "X_train"), table)
    assert str(caught.value) == f"recipe: {problem}"


def test_columns_in_another_order_than_they_were_fitted_in_are_refused() -> None:
    """Some libraries take them as they come. What comes after them is ignored, as of a vote."""
    more, turned = FRAME.assign(more=0), FRAME[FRAME.columns[::-1]]
    model = VotingClassifier([("a", SELECTED)]).fit(FRAME, TARGET)
    check_estimator(model, layout_of(more, "X_train"), more)
    with pytest.raises(RecipeError) as caught:
        check_estimator(model, layout_of(turned, "X_train"), turned)
    assert str(caught.value) == (
        f"recipe: X_train has {FRAME.columns[-1]!r} where the VotingClassifier was fitted on "
        f"{FRAME.columns[0]!r}; give the columns of its feature_names_in_, in their order."
    )


def test_half_a_character_in_a_label_is_refused() -> None:
    """Whatever the labels are kept in."""
    for target in (
        ["Oslo", "\ud83d"],
        np.array(["\ud83d", "Oslo"]),
        pd.Series(["\ud83d", "x"], dtype=object),
    ):
        with pytest.raises(RecipeError, match=r"^recipe: y_train holds '\\ud83d', half of a "):
            check_target(target, 2, "y_train")
    check_target(pd.Series(["Oslo", "é"], dtype="category"), 2, "y_train")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "\ud83d",
            "'\\ud83d', half of a character, which UTF-8 has no bytes for; mend the text",
        ),
        (
            "\ufdd0",
            "the text '\\ufdd0', by which models know a missing string; replace it",
        ),
    ],
)
def test_a_text_that_nobody_can_send_is_refused(text: str, problem: str) -> None:
    """JSON and ONNX have no bytes for it, or it means something else in a model."""
    frame = pd.DataFrame({"city": pd.Series(["Oslo", text], dtype=object)})
    with pytest.raises(RecipeError) as caught:
        check_table(layout_of(frame, "X_train"), frame, "X_train")
    assert str(caught.value) == f"recipe: column 'city' of X_train holds {problem} in the recipe."


@pytest.mark.parametrize(
    ("targets", "names", "problem"),
    [
        (1, {"class_names": ["a"]}, "class_names has 1 names; the estimator has 2 classes."),
        (1, {"class_names": ["a", "a"]}, "class_names has a name twice: a, a."),
        (
            2,
            {"class_names": ["a", "b"]},
            "class_names are of one target; the estimator has 2 that are classes.",
        ),
        (2, {"target_names": ["a"]}, "target_names has 1 names; the estimator answers 2 targets."),
        (2, {"target_names": ["a", "a"]}, "target_names has a name twice: a, a."),
    ],
)
def test_names_that_do_not_fit_the_answers_are_refused(
    targets: int, names: dict[str, list[str]], problem: str
) -> None:
    """They are the fields of an answer, each of which is there once."""
    model = DecisionTreeClassifier().fit(FRAME, np.column_stack([TARGET] * targets))
    with pytest.raises(RecipeError) as caught:
        Reference.of(model, FRAME, **names)
    assert str(caught.value) == f"recipe: {problem}"


def test_what_does_not_say_what_it_answers_is_refused() -> None:
    """Such as what a library's own training returns, in place of its estimator."""

    class Booster:
        def predict(self, table: Any) -> Any:
            return np.zeros(len(table))

    with pytest.raises(ConversionError) as refused:
        Reference.of(Booster(), FRAME)
    assert str(refused.value) == (
        "Booster cannot be converted: it does not say what kind of estimator it is; inherit from "
        "scikit-learn's BaseEstimator, or take the estimator of the Booster's library, such as "
        "LGBMClassifier."
    )


def test_an_answer_without_columns_is_refused() -> None:
    """Where training had no missing number, MissingIndicator has nothing to indicate."""
    layout = layout_of(FRAME, "X_train")
    with pytest.raises(ConversionError) as caught:
        check_estimator(MissingIndicator().fit(FRAME), layout, FRAME)
    problem = "MissingIndicator cannot be converted: its answer has no columns, so nothing is to"
    assert str(caught.value) == f"{problem} serve."


def test_an_answer_of_a_million_columns_is_refused() -> None:
    """The message says how many they are, and how to have fewer."""
    texts = np.array(["a word", "two words"], dtype=object)
    with pytest.raises(ConversionError) as caught:
        check_estimator(HashingVectorizer(), layout_of(texts, "X_train"), texts)
    assert str(caught.value) == (
        "HashingVectorizer cannot be converted: it answers 1,048,576 numbers a row; 65,536 are "
        "served at most. Let a model follow it, or set fewer columns, such as n_features or "
        "max_features."
    )


def test_an_estimator_that_looks_at_its_own_rows_alone_is_refused() -> None:
    """Some clusterers have no answer to new rows."""
    with pytest.raises(ConversionError) as caught:
        check_estimator(DBSCAN().fit(FRAME), layout_of(FRAME, "X_train"), FRAME)
    assert str(caught.value) == (
        "DBSCAN cannot be converted: it can neither predict nor transform new rows."
    )


def test_the_step_that_has_no_answer_is_named() -> None:
    """A pipeline answers what its last step does; one that could be told to answer is told of."""
    model = make_pipeline(StandardScaler(), LocalOutlierFactor(n_neighbors=1)).fit(FRAME)
    with pytest.raises(ConversionError) as caught:
        check_estimator(model, layout_of(FRAME, "X_train"), FRAME)
    assert str(caught.value) == (
        "LocalOutlierFactor cannot be converted: it can neither predict nor transform new rows; "
        "set novelty=True before its fit."
    )


class _Constant:
    """A step of one's own that learns nothing, and is not of BaseEstimator."""

    def fit(self, X: Any, y: Any = None) -> "_Constant":  # noqa: ARG002 - scikit-learn's signature
        return self

    def transform(self, X: Any) -> Any:
        return np.zeros((len(X), 2))


@pytest.mark.parametrize(
    "step",
    [_Constant(), MiniBatchSparsePCA(2), SparsePCA(2)],
    ids=["learns nothing", "MiniBatchSparsePCA", "SparsePCA"],
)
def test_steps_are_asked_one_by_one(step: Any) -> None:
    """So a step that never says it is fitted answers, and one that drops a row's axis."""
    model = make_pipeline(step, LogisticRegression()).fit(FRAME, TARGET)
    layout = layout_of(FRAME, "X_train")
    check_estimator(model, layout, FRAME)
    assert not refuses(model, layout, layout.split(FRAME[:1]))
    reference = Reference.of(model, FRAME[:1])
    assert reference.answer(FRAME[:1])["label"] == model.predict(FRAME)[:1]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (FRAME.to_numpy(), "X_test is an array; X_train is a data frame. Give both alike."),
        (FRAME[:0], "X_test has no rows."),
        (FRAME[["size"]], "X_test lacks columns that X_train has: age."),
    ],
    ids=["form", "rows", "columns"],
)
def test_a_table_of_another_form_is_refused(table: Any, problem: str) -> None:
    """Training and held-out rows have the same columns, in the same form."""
    with pytest.raises(RecipeError) as caught:
        check_table(layout_of(FRAME, "X_train"), table, "X_test")
    assert str(caught.value) == f"recipe: {problem}"


def test_an_array_of_another_width_is_refused() -> None:
    """The message says both widths."""
    with pytest.raises(RecipeError) as caught:
        check_table(layout_of(np.zeros((2, 3)), "X_train"), np.zeros((2, 4)), "X_test")
    assert str(caught.value) == "recipe: X_test has 4 columns; X_train has 3."


def test_a_target_of_another_length_is_refused() -> None:
    """The message says both lengths."""
    with pytest.raises(RecipeError) as caught:
        check_target([1, 2], 3, "y_test")
    assert str(caught.value) == "recipe: y_test has 2 values; X_test has 3 rows."


@pytest.mark.parametrize(
    ("truth", "problem"),
    [
        ([0, None], "lacks 1 of 2 values; leave those rows out of X_test and y_test."),
        (
            ["0", "1"],
            "holds 0 (str_), where the estimator answers a number, such as 1; give both alike.",
        ),
        ([[0, 1], [1, 1]], "has 2 columns; the estimator answers 1."),
    ],
    ids=["missing", "kind", "columns"],
)
def test_a_truth_of_another_kind_is_refused(truth: Any, problem: str) -> None:
    """Metrics compare like with like, or not at all."""
    with pytest.raises(RecipeError) as caught:
        check_truth(truth, {"label": np.array([1, 0])}, "classification")
    assert str(caught.value) == f"recipe: y_test {problem}"


@pytest.mark.parametrize("task", ["clustering", "transformation", "outlier_detection"])
def test_a_truth_that_nothing_is_measured_by_is_ignored(task: Task) -> None:
    """Whatever stands in y_test, there is no metric of such tasks."""
    check_truth(["a", None], {"label": np.array([1, 0])}, task)


def test_a_target_in_a_frame_of_one_column_is_measured_as_a_vector(prove: Prove) -> None:
    """`frame[["species"]]` is a common way to take a target."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    whole, parts = (
        prove(DecisionTreeClassifier(random_state=0), X, target).manifest.metrics
        for target in (y, y.to_frame())
    )
    assert parts == whole


@pytest.mark.parametrize(
    ("trained_on", "values", "found"),
    [
        ([1, 2], [3.0, 4.5], "4.5, where X_train holds integers alone"),
        ([1, 2], ["a", "b"], "'a', where X_train holds integers alone"),
        ([1.5, 2.0], [1.0, "a"], "'a', where X_train holds numbers alone"),
        ([1.5, 2.0], ["1.5", "2"], "'1.5', where X_train holds numbers alone"),
        ([True, False], [2, 0], "2, where X_train holds booleans alone"),
        (["a", "b"], [None, "c", 2], "2, where X_train holds strings alone"),
        (["a", "b"], pd.Series([2, 3], dtype="category"), "2, where X_train holds strings alone"),
    ],
)
def test_a_column_of_another_type_is_refused(trained_on: Any, values: Any, found: str) -> None:
    """The message shows a value that does not fit, and where it is."""
    layout = layout_of(pd.DataFrame({"x": trained_on}), "X_train")
    with pytest.raises(RecipeError) as caught:
        check_table(layout, pd.DataFrame({"x": values}), "X_test")
    assert str(caught.value) == (
        f"recipe: column 'x' of X_test holds {found}; make both alike in the recipe, before the "
        "estimator."
    )


@pytest.mark.parametrize(
    ("trained_on", "values"),
    [
        ([1, 2], [3.0, np.nan]),
        ([1, 2], [2**53, -(2**53)]),
        ([1, 2], [True, False]),
        ([1.5, 2.0], [1, None]),
        ([1.5, 2.0], pd.Series([1, None], dtype="Int64")),
        ([True, False], pd.Series([1.0, np.nan])),
        (["a", "b"], [None, "c"]),
        (["a", "b"], pd.Series(["c", None], dtype="category")),
        (["a", "b"], [None, None]),
    ],
)
def test_a_column_that_a_client_could_send_is_taken(trained_on: Any, values: Any) -> None:
    """Held-out rows may lack values, or have them in another dtype."""
    layout = layout_of(pd.DataFrame({"x": trained_on}), "X_train")
    check_table(layout, pd.DataFrame({"x": values}), "X_test")


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64", "object"])
def test_integers_that_doubles_round_are_refused(dtype: Any) -> None:
    """Up to 2^53 every integer is a double; the next one is not."""
    frame = pd.DataFrame({"id": pd.Series([2**53 + 1, 5], dtype=dtype)})
    with pytest.raises(RecipeError) as caught:
        check_table(layout_of(frame, "X_train"), frame, "X_train")
    assert str(caught.value) == (
        "recipe: column 'id' of X_train holds integers beyond 2^53, such as 9007199254740993, "
        "which doubles, and with them most JSON clients, round. Leave it out, or make strings of "
        "them, in the recipe, before the estimator."
    )


def test_classes_beyond_the_integers_of_graphs_are_refused() -> None:
    """They would be answered as others, below 0."""
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier().fit(X, y.astype(np.uint64) + np.uint64(2**63))
    with pytest.raises(RecipeError) as caught:
        Reference.of(model, X)
    assert str(caught.value) == (
        "recipe: the class 9223372036854775808 is beyond 2^63, where the integers of a graph end; "
        "make strings of y_train and y_test before the fit."
    )
