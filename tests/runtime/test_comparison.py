"""Tests of runtime.comparison."""

from typing import Any

import numpy as np
import pytest

from runtime.comparison import compare, disagreeing, ulp_distance

INF, NAN = np.inf, np.nan
MOST = np.iinfo(np.uint64).max


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        (1.0, 1.0, 0),
        (1.0, np.nextafter(1.0, 2.0), 1),
        (0.0, -0.0, 1),
        (-5e-324, 5e-324, 3),
        (NAN, NAN, 0),
        (NAN, 1.0, MOST),
        (1.0, NAN, MOST),
        (np.finfo(float).max, INF, 1),
        (-INF, INF, 2 * 0x7FF0000000000000 + 1),
    ],
)
def test_ulp_distance_counts_doubles(left: float, right: float, distance: int) -> None:
    """The distance is that of the ordered doubles; NaN is equal to NaN and far from numbers."""
    assert ulp_distance(np.array([left]), np.array([right])).tolist() == [distance]
    assert ulp_distance(np.array([right]), np.array([left])).tolist() == [distance]


def outputs(labels: list[Any], numbers: list[Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return a classifier's outputs."""
    return {"label": np.array(labels), "probabilities": np.array(numbers, dtype=np.float64)}


EXPECTED = outputs([0, 1, 2], [[1.0, 0.0], [0.5, 0.5], [0.0, NAN]])


def test_equal_answers_are_within_any_tolerance() -> None:
    """NaN in the same place is agreement."""
    difference = compare(EXPECTED, EXPECTED, {})
    assert difference.within(0.0)
    assert (difference.rows, difference.worst) == (3, ())


def test_one_label_that_differs_is_found_in_any_row() -> None:
    """No tolerance allows a label to differ."""
    for row in range(3):
        labels = [0, 1, 2]
        labels[row] = 9
        difference = compare(EXPECTED, {**EXPECTED, "label": np.array(labels)}, {})
        assert difference.label_mismatches == 1
        assert difference.worst == (row,)
        assert not difference.within(1.0)


def test_numbers_differ_relative_to_the_expected_or_to_the_magnitude() -> None:
    """A number that should be zero is measured against what is usual."""
    actual = outputs([0, 1, 2], [[1.0, 1e-13], [0.5, 0.5], [0.0, NAN]])
    assert compare(EXPECTED, actual, {}).max_relative == INF
    difference = compare(EXPECTED, actual, {"probabilities": 1.0})
    assert difference.max_relative == difference.max_absolute == 1e-13
    assert difference.worst == (0,)
    assert difference.within(1e-12)
    assert not difference.within(1e-14)
    assert not difference.within(0.0)


def test_bit_for_bit_means_that_not_even_the_sign_of_zero_differs() -> None:
    """A tolerance of zero counts doubles, not differences."""
    actual = outputs([0, 1, 2], [[1.0, -0.0], [0.5, 0.5], [0.0, NAN]])
    difference = compare(EXPECTED, actual, {})
    assert (difference.max_relative, difference.max_ulp) == (0.0, 1)
    assert not difference.within(0.0)


@pytest.mark.parametrize("value", [INF, 1.0])
def test_a_number_where_none_is_expected_is_a_difference(value: float) -> None:
    """NaN is no number, and infinity is far from every number."""
    actual = outputs([0, 1, 2], [[1.0, 0.0], [0.5, 0.5], [0.0, value]])
    assert compare(EXPECTED, actual, {}).max_relative == INF


def test_worst_rows_come_worst_first() -> None:
    """Labels count more than numbers, and only as many rows are named as are asked for."""
    actual = outputs([0, 1, 9], [[0.9, 0.0], [0.6, 0.5], [0.0, NAN]])
    assert compare(EXPECTED, actual, {}).worst == (2, 1, 0)
    assert compare(EXPECTED, actual, {}, worst=1).worst == (2,)


@pytest.mark.parametrize(
    "actual",
    [
        {"label": EXPECTED["label"]},
        {**EXPECTED, "probabilities": EXPECTED["probabilities"][:, :1]},
        {**EXPECTED, "label": np.array(["0", "1", "2"])},
        {**EXPECTED, "probabilities": EXPECTED["probabilities"].astype(str)},
    ],
    ids=["absent", "other shape", "other kind of label", "text for numbers"],
)
def test_what_cannot_be_compared_counts_against_every_row(
    actual: dict[str, np.ndarray[Any, Any]],
) -> None:
    """It never counts as agreement."""
    assert compare(EXPECTED, actual, {}).label_mismatches == 3


def test_no_rows_agree() -> None:
    """There is nothing to differ."""
    assert compare(outputs([], []), outputs([], []), {}).within(0.0)


@pytest.mark.parametrize(("tolerance", "rows"), [(0.0, [0, 1, 2]), (0.2, [0, 1]), (0.6, [0])])
def test_rows_that_disagree_are_told_apart(tolerance: float, rows: list[int]) -> None:
    """By their label, whatever the tolerance, or by a number beyond it."""
    actual = outputs([9, 1, 2], [[1.0, 0.0], [0.5, 0.75], [1e-3, NAN]])
    found = disagreeing(EXPECTED, actual, {"probabilities": 1.0}, tolerance)
    assert np.flatnonzero(found).tolist() == rows
