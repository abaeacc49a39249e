"""Languages are replayed, and what goes wrong with one of them is named."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from examples.languages import EXAMPLES, Language, languages
from examples.replay import ReplayError, main, replay, replay_all, require
from examples.verdicts import Replayed

LINE = "iris/1: 24 rows, 0 label mismatches, 1 ulp, 8.7e-19 relative: agrees"
GOOD = Replayed("iris/1", 24, 0, 1.0, 8.7e-19)


def _language(program: str, **changes: object) -> Language:
    """Return a language whose replay is a Python program."""
    command = (sys.executable, "-c", program)
    plain = Language(
        name="Toy", folder=Path(), programs=(sys.executable,), build=(), replay=command
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("program", "problem"),
    [("pass", "fails: it says nothing"), ("raise SystemExit('no\\nlibrary')", "fails: library")],
)
def test_a_language_that_says_nothing_of_an_artifact_fails(
    program: str, problem: str, tmp_path: Path
) -> None:
    """It is no agreement to say nothing; the last line of the errors says why."""
    found = replay(_language(program), [tmp_path / "iris" / "1"])
    assert found == [Replayed("iris/1", problem=problem)]


def test_what_goes_wrong_with_one_language_does_not_hide_the_others(tmp_path: Path) -> None:
    """One cannot be built, one fails its tests, one disagrees, and one is as it should be."""
    good = _language(f"print({LINE!r})")
    fails = (sys.executable, "-c", "raise SystemExit(3)")
    wanted = [
        dataclasses.replace(good, name="Service"),
        dataclasses.replace(good, name="Unbuilt", build=(fails,)),
        dataclasses.replace(good, name="Untested", test=fails),
        _language(f"print({LINE.replace('agrees', 'DISAGREES')!r})", name="Wrong"),
        dataclasses.replace(good, name="Good"),
    ]
    results, failures = replay_all(wanted, [tmp_path / "iris" / "1"], test=True)
    assert [language.name for language, _ in results] == ["Service", "Wrong", "Good"]
    command = " ".join(fails)
    assert failures == [
        f"Unbuilt: {command}\n",
        f"Untested: {command}\n",
        "Wrong does not answer as scikit-learn did: iris/1",
    ]


def test_two_artifacts_of_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a language said of one would be taken for the other."""
    folders = [str(tmp_path / name / "iris" / "1") for name in ("mine", "yours")]
    assert main(["--languages", "Python", *folders]) == 1
    assert capsys.readouterr().err == "error: two folders are called iris/1: replay one\n"


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


def test_without_its_toolchain_a_language_fails() -> None:
    """Nothing is skipped, and what to install is said."""
    command = [sys.executable, "-m", "examples.replay", "--languages", "Java,Rust"]
    environment = {**os.environ, "PATH": "nowhere"}
    done = subprocess.run(
        command, cwd=EXAMPLES.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: Rust needs cargo\n"
        "Java needs mvn, java, javac (Debian: apt install default-jdk-headless maven)\n"
        "Install it, or choose others by --languages.\n"
    )


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
