"""The table's own checks: each must be able to fail."""

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from examples.languages import Language, languages
from examples.replay import Replayed, ReplayError, failure, main, read, replay, require, table

LINE = "iris/1: 24 rows, 0 label mismatches, 1 ulp, 8.7e-19 relative: agrees"
GOOD = Replayed("iris/1", 24, 0, 1.0, 8.7e-19)


def _language(program: str, **changes: object) -> Language:
    """Return a language whose replay is a Python program."""
    command = (sys.executable, "-c", program)
    plain = Language(
        name="Toy", folder=Path(), programs=(sys.executable,), build=(), replay=command
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def test_verdicts_are_read_from_the_lines_around_them() -> None:
    """Also those of engines that lack something."""
    text = f"> npm\n{LINE}\nmine/12: lacks TreeEnsemble\nnoise: 3\n"
    assert read(text) == [GOOD, Replayed("mine/12", lacks="TreeEnsemble")]


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
        ({"lacks": "strings"}, True, None),
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
    other = Replayed("mine/12", lacks="TreeEnsemble")
    assert table([(_language(""), [other, GOOD])]).splitlines() == [
        "language  artifact  rows  label mismatches  ulp  relative",
        "Toy       iris/1    24    0                 1    8.7e-19",
        "Toy       mine/12   lacks TreeEnsemble",
    ]


def test_a_language_that_says_nothing_of_an_artifact_fails(tmp_path: Path) -> None:
    """It is no agreement to say nothing."""
    with pytest.raises(ReplayError, match=r"^Toy: .* -c pass "):
        replay(_language("pass"), [tmp_path / "iris" / "1"])


def test_a_language_that_writes_to_the_home_folder_fails(tmp_path: Path) -> None:
    """As telemetry does."""
    program = f"open(__import__('os').path.expanduser('~/id'), 'w').close(); print({LINE!r})"
    folders = [tmp_path / "iris" / "1"]
    with pytest.raises(ReplayError, match=r"^Toy wrote .*: telemetry, by the look of it$"):
        replay(_language(program), folders)
    assert replay(_language(program, private=False), folders) == [GOOD]


def test_a_missing_toolchain_is_named() -> None:
    """With what to do."""
    language = _language("", programs=("no-such-compiler",))
    expected = "Toy needs no-such-compiler\nInstall it, or choose others by --languages."
    with pytest.raises(ReplayError) as caught:
        require([language])
    assert str(caught.value) == expected


def test_an_unknown_language_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    assert main(["--languages", "Fortran"]) == 1
    known = ", ".join(sorted(language.name.lower() for language in languages()))
    assert capsys.readouterr().err == f"error: unknown: fortran; there are {known}\n"


def test_the_home_folder_is_restored(tmp_path: Path) -> None:
    """A replay's own environment leaves ours alone."""
    home = os.environ.get("HOME")
    replay(_language(f"print({LINE!r})"), [tmp_path / "iris" / "1"])
    assert os.environ.get("HOME") == home
