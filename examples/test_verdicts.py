"""What languages say is read, judged and shown; each judgement must be able to fail."""

import dataclasses
from pathlib import Path

import pytest

from examples.languages import Language
from examples.verdicts import Replayed, failure, read, table

LINE = "iris/1: 24 rows, 0 label mismatches, 1 ulp, 8.7e-19 relative: agrees"
GOOD = Replayed("iris/1", 24, 0, 1.0, 8.7e-19)


def test_verdicts_are_read_from_the_lines_around_them() -> None:
    """Also those of engines that lack something, and of artifacts that fail."""
    text = f"> npm\n{LINE}\nmine/12: lacks TreeEnsemble\nnoise: 3\nmy own/1: fails: no: such file\n"
    assert read(text) == [
        GOOD,
        Replayed("mine/12", problem="lacks TreeEnsemble"),
        Replayed("my own/1", problem="fails: no: such file"),
    ]


@pytest.mark.parametrize(
    ("changes", "native", "reason"),
    [
        ({}, True, None),
        ({"ulp": 5.0}, True, None),
        ({"ulp": 6.0}, True, "is 6 ulp off; the service is 1 off"),
        ({"ulp": 600.0}, False, None),
        ({"relative": 1.1e-14}, False, "is 1.1e-14 off; the service is 8.7e-19 off"),
        ({"label_mismatches": 1}, True, "does not answer as scikit-learn did"),
        ({"agrees": False}, True, "does not answer as scikit-learn did"),
        ({"rows": 23}, True, "replayed 23 rows of 24"),
        ({"problem": "lacks strings"}, True, None),
        ({"problem": "fails: no such file"}, True, "fails: no such file"),
    ],
)
def test_an_answer_that_is_not_good_enough_is_found(
    changes: dict[str, object], native: bool, reason: str | None
) -> None:
    """By its labels, its distance, its verdict or its number of rows."""
    found = dataclasses.replace(GOOD, **changes)  # type: ignore[arg-type]
    assert failure(found, GOOD, native=native) == reason


def test_the_table_has_a_line_for_each_language_and_artifact() -> None:
    """In columns."""
    toy = Language(name="Toy", folder=Path(), programs=(), build=(), replay=())
    other = Replayed("mine/12", problem="lacks TreeEnsemble")
    assert table([(toy, [other, GOOD])]).splitlines() == [
        "language  artifact  rows  label mismatches  ulp  relative",
        "Toy       iris/1    24    0                 1    8.7e-19",
        "Toy       mine/12   lacks TreeEnsemble",
    ]
