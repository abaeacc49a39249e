"""The served graph against scikit-learn, and proof that a disagreement is caught."""

import numpy as np
import pytest

from export.errors import ParityError
from export.parity import Comparer, answered
from export.reference import Answers, Reference
from export.rows import UNSEEN, Group, groups
from export.signature import Signature, infer
from export.table import Columns, as_table
from runtime.manifest import Manifest
from runtime.model import Array, Model
from tests.export.conftest import Built

EXPECTED_GROUPS = {
    "iris": ["held-out", "random", "in range", "boundaries", "midpoints", "extremes"],
    "penguins": [
        "held-out",
        "random",
        "in range",
        "boundaries",
        "thresholds",
        "missing",
        "unseen",
        "midpoints",
        "extremes",
    ],
}


class Case:
    """A recipe's reference, its rows, and the model that its artifact holds."""

    def __init__(self, built: Built) -> None:
        trained, path = built.trained, built.exported.path
        self.signature: Signature = infer(trained)
        self.held_out: Columns = self.signature.layout.split(as_table(trained.X_test, "X_test"))
        table = self.signature.layout.build(self.held_out)
        self.reference = Reference.of(trained.estimator, table)
        self.model = Model.load(path / "model.onnx")
        self.manifest: Manifest = self.model.manifest
        exact = self.manifest.parity.tolerance == 0
        every = groups(self.reference, self.signature, self.held_out, exact)
        self.groups: list[Group] = [group for group in every if len(group.columns[0])]


@pytest.fixture(scope="module")
def case(built: Built) -> Case:
    """Prepare the comparison of one recipe."""
    return Case(built)


def test_the_artifact_answers_as_scikit_learn(case: Case) -> None:
    """Every group of rows agrees, through the file on disk and the session that serves."""
    rows = case.groups
    assert [group.name for group in rows] == EXPECTED_GROUPS[case.manifest.name]
    comparer = Comparer(case.reference, case.signature, case.model.run, case.manifest)
    parity = comparer.measure(rows)
    assert parity.label_mismatches == 0
    assert parity.max_relative <= parity.tolerance
    assert parity == case.manifest.parity
    assert {f"in batches of {size}" for size in (1, 2, 7, 1000)} <= {
        group.group for group in parity.groups
    }


def test_a_wrong_label_is_caught(case: Case) -> None:
    """One label planted among 10,000 rows fails parity, and the row is named."""

    def planted(tensors: dict[str, Array]) -> Answers:
        answers = case.model.run(tensors)
        label = answers["label"].copy()
        label[-1] = next(value for value in reversed(label) if value != label[-1])
        return answers | {"label": label}

    comparer = Comparer(case.reference, case.signature, planted, case.manifest)
    random = next(group for group in case.groups if group.name == "random")
    record = str(case.signature.records([column[-1:] for column in random.columns])[0])
    with pytest.raises(ParityError, match="of 10,000 random rows 1 have another label") as caught:
        comparer.measure([random])
    assert record in str(caught.value)


def test_a_difference_of_one_bit_is_caught_where_bits_are_promised(case: Case) -> None:
    """A probability one ulp off fails a model that is promised exact, and only such a one."""

    def planted(tensors: dict[str, Array]) -> Answers:
        answers = case.model.run(tensors)
        probabilities = answers["probabilities"].astype(np.float64)
        probabilities[0] = np.nextafter(probabilities[0], 2.0)
        return answers | {"probabilities": probabilities}

    comparer = Comparer(case.reference, case.signature, planted, case.manifest)
    random = [group for group in case.groups if group.name == "random"]
    if case.manifest.parity.tolerance:
        assert comparer.measure(random).label_mismatches == 0
    else:
        with pytest.raises(ParityError, match="allowed: bit for bit"):
            comparer.measure(random)


def test_an_answer_of_another_shape_is_caught(case: Case) -> None:
    """An output that lost a column is a mismatch of every row, never agreement."""

    def planted(tensors: dict[str, Array]) -> Answers:
        answers = case.model.run(tensors)
        return answers | {"probabilities": answers["probabilities"][:, :2]}

    comparer = Comparer(case.reference, case.signature, planted, case.manifest)
    with pytest.raises(ParityError, match=r"have another label"):
        comparer.measure(case.groups[:1])


def test_random_rows_cover_three_times_the_range(case: Case) -> None:
    """The random rows go as far beyond the training range on either side as it is wide."""
    random = next(group for group in case.groups if group.name == "random")
    for feature, column in zip(case.signature.features, random.columns, strict=True):
        if feature.dtype == "float64":
            assert feature.minimum is not None
            assert feature.maximum is not None
            width = feature.maximum - feature.minimum
            assert np.nanmin(column) < feature.minimum - 0.9 * width
            assert np.nanmax(column) > feature.maximum + 0.9 * width


def test_threshold_rows_stand_on_both_sides_to_the_last_bit(case: Case) -> None:
    """Of the four rows at a threshold, the middle two are neighbours in double precision."""
    if case.manifest.name == "iris":
        assert "thresholds" not in {group.name for group in case.groups}
        return
    rows = next(group for group in case.groups if group.name == "thresholds")
    index = case.signature.layout.names.index("bill_length_mm")
    values = rows.columns[index]
    sorted_values = np.unique(values[~np.isnan(values)])
    adjacent = np.nextafter(sorted_values[:-1], np.inf) == sorted_values[1:]
    assert adjacent.sum() > 100


def test_unseen_categories_and_missing_values_are_among_the_rows(case: Case) -> None:
    """An island never seen, an empty one, and a missing sex are compared."""
    if case.manifest.name == "iris":
        assert not any(feature.nullable for feature in case.signature.features)
        return
    by_name = {group.name: group.columns for group in case.groups}
    assert set(by_name["unseen"][0]) >= set(UNSEEN)
    assert None in set(by_name["missing"][1])


def test_rows_that_scikit_learn_refuses_are_left_out(case: Case) -> None:
    """Where scikit-learn refuses one row, the others are still compared."""

    class Refuses:
        def __init__(self, reference: Reference) -> None:
            self.reference = reference

        def answer(self, table: object) -> Answers:
            rows = case.signature.layout.split(table)
            if (rows[-1] == case.held_out[-1][0]).any():
                message = "refused"
                raise ValueError(message)
            return self.reference.answer(table)

    kept, answers = answered(
        Refuses(case.reference),  # type: ignore[arg-type]
        case.signature,
        case.held_out,
    )
    expected = int((case.held_out[-1] != case.held_out[-1][0]).sum())
    assert len(kept[0]) == len(answers["label"]) == expected
