"""The served graph against scikit-learn, and proof that a disagreement is caught."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from export import export
from export.asking import ask
from export.crossings import crossings_of
from export.errors import ParityError
from export.group import Ground, Group, take
from export.parity import Compared, Comparer
from export.proof import held_out_group
from export.recipe import Trained
from export.reference import Answers, Reference
from export.rows import UNSEEN, groups
from export.signature import MOST_CATEGORIES, Signature, infer
from export.table import Columns, as_table
from export.thresholds import threshold_group
from runtime.manifest import Manifest
from runtime.model import Array, Model
from tests.export.conftest import Built

EXPECTED_GROUPS = {
    "iris": ["held-out", "training", "random", "in range", "boundaries", "midpoints", "extremes"],
    "penguins": [
        "held-out",
        "training",
        "random",
        "in range",
        "boundaries",
        "missing",
        "missing together",
        "unseen",
        "midpoints",
        "extremes",
        "thresholds",
    ],
}
BATCHES = [f"in batches of {size}" for size in (1, 2, 7, 1000)]


class Case:
    """A recipe's reference, its rows, and the model that its artifact holds."""

    def __init__(self, built: Built) -> None:
        trained, path = built.trained, built.exported.path
        self.model = Model.load(path / "model.onnx")
        self.manifest: Manifest = self.model.manifest
        self.signature: Signature = infer(trained)
        train, held_out = as_table(trained.X_train, ""), as_table(trained.X_test, "")
        self.reference = Reference.of(trained.estimator, held_out)
        exact = self.manifest.parity.tolerance == 0
        self.ground = Ground.of(self.reference, self.signature, train, held_out, exact=exact)
        every = [
            *groups(self.ground, held_out_group(self.signature.layout, held_out)),
            threshold_group(self.ground, crossings_of(self.ground))[0],
        ]
        self.groups: dict[str, Group] = {group.name: group for group in every if group.rows}

    def comparer(self, run: Callable[[dict[str, Array]], Answers] | None = None) -> Comparer:
        """Return what compares scikit-learn with the model, or with other answers."""
        return Comparer(self.reference, self.signature, run or self.model.run, self.manifest)

    def columns(self, group: str) -> Columns:
        """Return all rows of a group."""
        return self.groups[group].part(slice(None))


@pytest.fixture(scope="module")
def case(built: Built) -> Case:
    """Prepare the comparison of one recipe."""
    return Case(built)


def test_the_artifact_answers_as_scikit_learn(case: Case) -> None:
    """Every group of rows agrees, through the file on disk and the session that serves."""
    assert list(case.groups) == EXPECTED_GROUPS[case.manifest.name]
    parity = case.comparer().measure(case.groups.values())
    assert parity.label_mismatches == 0
    assert parity.max_relative <= parity.tolerance
    assert parity.groups == case.manifest.parity.groups
    assert [each.group for each in parity.groups] == [*case.groups, *BATCHES]


def test_no_row_is_within_rounding_of_a_decision(iris: Built) -> None:
    """Where steps round, nobody can say on which side it is: each pair has a third to spare."""
    case = Case(iris)
    rows = case.columns("boundaries")
    pairs = len(rows[0]) // 2
    here, there = take(rows, slice(pairs)), take(rows, slice(pairs, None))
    assert pairs > 100

    def labels(share: float) -> list[object]:
        way = [one + share * (other - one) for one, other in zip(here, there, strict=True)]
        return list(case.reference.predict(case.ground.table(way)))

    assert all(one != other for one, other in zip(labels(0), labels(1), strict=True))
    assert labels(0.32) == labels(0)
    assert labels(0.68) == labels(1)


def test_a_mismatch_in_one_row_of_any_group_is_caught(case: Case) -> None:
    """Of each group the last row alone is answered wrongly, and the group and row are named."""
    for name, group in case.groups.items():
        kept = ask(case.reference, case.signature, case.columns(name)).rows
        (last,) = case.signature.records(take(case.columns(name), kept[-1:]))
        comparer = case.comparer(planted_last(case.model))
        with pytest.raises(ParityError, match=f": of {len(kept):,} {name} rows 1 have") as caught:
            comparer.measure([group])
        assert str(last) in str(caught.value)


@pytest.mark.parametrize(("size", "rows"), [(1, 30), (2, 30), (7, 30), (1000, 3000)])
def test_a_mismatch_in_batches_of_one_size_is_caught(case: Case, size: int, rows: int) -> None:
    """A graph that answers wrongly only when given so many rows at once is found out."""

    def planted(tensors: dict[str, Array]) -> Answers:
        alike = {len(tensor) == size for tensor in tensors.values()} == {True}
        return planted_last(case.model)(tensors) if alike else case.model.run(tensors)

    with pytest.raises(ParityError, match=f": of {rows:,} in batches of {size} rows"):
        case.comparer(planted).measure([case.groups["random"]])


def planted_last(model: Model) -> Callable[[dict[str, Array]], Answers]:
    """Return the model with another label for the last row."""

    def planted(tensors: dict[str, Array]) -> Answers:
        answers = model.run(tensors)
        label = answers["label"].copy()
        classes = [each.label for each in model.manifest.classes]
        label[-1] = classes[classes.index(label[-1]) - 1]
        return answers | {"label": label}

    return planted


def test_a_difference_of_one_bit_is_caught_where_bits_are_promised(case: Case) -> None:
    """A probability one ulp off fails a model that is promised exact, and only such a one."""

    def planted(tensors: dict[str, Array]) -> Answers:
        answers = case.model.run(tensors)
        probabilities = answers["probabilities"].astype(np.float64)
        probabilities[0] = np.nextafter(probabilities[0], 2.0)
        return answers | {"probabilities": probabilities}

    comparer, random = case.comparer(planted), [case.groups["random"]]
    if case.manifest.parity.tolerance:
        assert comparer.measure(random).label_mismatches == 0
    else:
        with pytest.raises(ParityError, match="allowed: bit for bit"):
            comparer.measure(random)


@pytest.mark.parametrize("row", [0, 3])
@pytest.mark.parametrize("refused", [np.inf, np.nan])
def test_held_out_rows_may_be_such_as_scikit_learn_refuses(
    refused: float, row: int, tmp_path: Path
) -> None:
    """They are left out, the first one too, and where rows between two of them are looked for."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    held_out = X.copy()
    held_out.iloc[row, 1] = refused
    exported = export(model, X, y, name="model", X_test=held_out, y_test=y, out=tmp_path)
    first, *_ = exported.manifest.parity.groups
    assert (first.group, first.rows, first.left_out) == ("held-out", 149, 1)


def test_a_row_that_only_the_graph_refuses_is_shown(case: Case) -> None:
    """What ONNX Runtime says of it is part of the message, and no traceback."""
    rows = case.columns("held-out")
    (third,) = case.signature.records(take(rows, slice(2, 3)))
    numbers = case.signature.tensors(rows)["numeric"][2]

    def planted(tensors: dict[str, Array]) -> Answers:
        if (tensors["numeric"] == numbers).all(axis=1).any():
            raise RuntimeError("indices element out of data bounds.")
        return case.model.run(tensors)

    with pytest.raises(ParityError) as caught:
        case.comparer(planted).measure([case.groups["held-out"]])
    assert str(caught.value) == (
        "The graph does not answer as scikit-learn does: it refuses held-out rows that "
        "scikit-learn answers: indices element out of data bounds. No artifact was written. "
        f"The worst rows:\n  {third}"
    )


def test_an_answer_of_another_shape_is_caught(case: Case) -> None:
    """An output that lost a column is a mismatch of every row, never agreement."""

    def planted(tensors: dict[str, Array]) -> Answers:
        answers = case.model.run(tensors)
        return answers | {"probabilities": answers["probabilities"][:, :2]}

    rows = case.groups["held-out"].rows
    with pytest.raises(ParityError, match=f": of {rows} held-out rows {rows} have another label"):
        case.comparer(planted).measure([case.groups["held-out"]])


def test_random_rows_cover_three_times_the_range(case: Case) -> None:
    """The random rows go as far beyond the training range on either side as it is wide."""
    for feature, column in zip(case.signature.features, case.columns("random"), strict=True):
        if feature.dtype == "float64":
            assert feature.minimum is not None
            assert feature.maximum is not None
            width = feature.maximum - feature.minimum
            assert np.nanmin(column) < feature.minimum - 0.9 * width
            assert np.nanmax(column) > feature.maximum + 0.9 * width


def test_unseen_categories_and_missing_values_are_among_the_rows(case: Case) -> None:
    """An island never seen, an empty one, and a missing sex are compared."""
    if case.manifest.name == "iris":
        assert not any(feature.nullable for feature in case.signature.features)
        return
    assert set(case.columns("unseen")[0]) >= set(UNSEEN)
    assert None in set(case.columns("missing")[1])
    for feature, column in zip(
        case.signature.features, case.columns("missing together"), strict=True
    ):
        missing = column == None if column.dtype == object else np.isnan(column)  # noqa: E711
        assert missing.all() == feature.nullable


def test_strings_of_training_are_asked_though_none_is_held_out() -> None:
    """Each of many is looked up by itself, and the graph may be wrong about one alone."""
    words = [f"word {number}" for number in range(2 * MOST_CATEGORIES)]
    train = pd.DataFrame({"word": pd.Series(words, dtype=object)})
    model = OneHotEncoder(handle_unknown="ignore").fit(train)
    trained = Trained(estimator=model, X_train=train, X_test=train[:1])
    reference, signature = Reference.of(model, train), infer(trained)
    ground = Ground.of(reference, signature, train, train[:1], exact=True)
    held_out = held_out_group(signature.layout, train[:1])
    every = {group.name: group for group in groups(ground, held_out)}
    (asked,) = every["random"].part(slice(None))
    assert set(asked) >= set(words)


def test_rows_that_scikit_learn_refuses_are_left_out(case: Case) -> None:
    """Where scikit-learn refuses one row, the others are still compared, in their order."""
    refused = case.ground.held_out[-1][0]

    class Refuses:
        def __init__(self, reference: Reference) -> None:
            self.reference = reference
            self.estimator = reference.estimator

        def answer(self, table: object) -> Answers:
            if (case.signature.layout.split(table)[-1] == refused).any():
                message = "refused"
                raise ValueError(message)
            return self.reference.answer(table)

    kept, sure, answers = ask(
        Refuses(case.reference),  # type: ignore[arg-type]
        case.signature,
        case.ground.held_out,
    )
    assert sure.all()
    assert kept.tolist() == np.flatnonzero(case.ground.held_out[-1] != refused).tolist()
    expected = case.reference.answer(case.ground.table(take(case.ground.held_out, kept)))
    assert answers["label"].tolist() == expected["label"].tolist()


class Fickle:
    """A reference that has another label for some held-out rows when they stand beside many."""

    def __init__(self, case: Case) -> None:
        self.reference, self.estimator = case.reference, case.reference.estimator
        self.split = case.signature.layout.split
        self.classes = [each.label for each in case.manifest.classes]
        *values, last = case.columns("held-out")[-1]
        self.value = next(value for value in values if value != last)
        self.most = values.count(self.value) + 1

    def answer(self, table: Any) -> Answers:
        """Answer the rows of one value wrongly, if the table has more rows than those and one."""
        answers = self.reference.answer(table)
        for row in np.flatnonzero(self.split(table)[-1] == self.value):
            if len(table) > self.most:
                label = answers["label"][row]
                answers["label"][row] = self.classes[self.classes.index(label) - 1]
        return answers


def test_where_scikit_learn_disagrees_with_itself_rows_are_asked_apart(case: Case) -> None:
    """What counts, and becomes the golden rows' answer, is what it says of those rows alone."""
    fickle: Any = Fickle(case)
    held_out = case.ground.table(case.columns("held-out"))
    right = case.reference.answer(held_out)["label"].tolist()
    assert fickle.answer(held_out)["label"].tolist() != right
    seen: list[Compared] = []
    comparer = replace(case.comparer(), reference=fickle, watches=[seen.append])
    assert comparer.measure([case.groups["held-out"]]).label_mismatches == 0
    assert np.concatenate([part.expected["label"] for part in seen]).tolist() == right


def test_rows_asked_apart_must_agree(case: Case) -> None:
    """Asking again is no second chance for a graph that answers otherwise."""
    fickle: Any = Fickle(case)
    comparer = replace(case.comparer(planted_last(case.model)), reference=fickle)
    with pytest.raises(ParityError, match="held-out rows 1 have another label"):
        comparer.measure([case.groups["held-out"]])


@pytest.mark.parametrize(("ulp", "left_out"), [(0, 0), (-2, 1), (-1, None)])
def test_a_row_that_agrees_in_another_order_of_adding_is_left_out(
    ulp: int, left_out: int | None, tmp_path: Path
) -> None:
    """KNNImputer's mean of 0.1, 0.2 and 0.3 may be one of two numbers, and no other."""
    known = np.column_stack([[1.0, 2.0, 3.0, 40.0], [0.1, 0.2, 0.3, 9.0]])
    imputer = KNNImputer(n_neighbors=3).fit(known)
    model = Model.load(export(imputer, known, name="m", out=tmp_path).path / "model.onnx")

    def run(tensors: dict[str, Array]) -> Answers:
        answers = model.run(tensors)
        answers["transformed"][np.isnan(tensors["numeric"])] += ulp * np.spacing(0.2)
        return answers

    rows = np.array([[0.0, np.nan], [1.0, 0.1]])
    trained = Trained(estimator=imputer, X_train=known, X_test=rows, y_train=None, y_test=None)
    signature, reference = infer(trained), Reference.of(imputer, rows)
    parity = msgspec.structs.replace(model.manifest.parity, tolerance=0.0)
    manifest = msgspec.structs.replace(model.manifest, parity=parity)
    comparer = Comparer(reference, signature, run, manifest)
    group = held_out_group(signature.layout, as_table(rows, "X_test"))
    if left_out is None:
        with pytest.raises(ParityError, match="of 2 held-out rows 0 have another label"):
            comparer.measure([group])
    else:
        assert comparer.measure([group]).groups[0].left_out == left_out
