"""Tests of runtime.bootstrap."""

import subprocess
import sys
from pathlib import Path

import pytest

from runtime import bootstrap
from runtime.bootstrap import can_export, ensure_model
from runtime.errors import NoModelError


class Export:
    """Stands in for running the export: notes the command, and ends with an exit code."""

    def __init__(self, code: int = 0) -> None:
        self.commands: list[list[str]] = []
        self._code = code

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        """Take the place of `subprocess.run`."""
        self.commands.append(command)
        return subprocess.CompletedProcess(command, self._code)


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> Export:
    """An export that is installed and works."""
    made = Export()
    monkeypatch.setattr(subprocess, "run", made)
    monkeypatch.setattr(bootstrap, "can_export", lambda: True)
    return made


def test_a_model_is_exported_where_there_is_none(
    tmp_path: Path, export: Export, caplog: pytest.LogCaptureFixture
) -> None:
    """And the log says so."""
    ensure_model(tmp_path)
    assert export.commands == [[sys.executable, "-m", "export", "--out", str(tmp_path)]]
    assert caplog.messages == [f"No model in {tmp_path}: exporting one first."]


def test_nothing_is_exported_where_there_is_a_model(
    tmp_path: Path, export: Export, artifacts: Path
) -> None:
    """Not even where it is in the fallback alone."""
    ensure_model(artifacts)
    ensure_model(tmp_path, fallback=artifacts)
    assert export.commands == []


def test_an_export_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own output says why."""
    monkeypatch.setattr(subprocess, "run", Export(code=7))
    monkeypatch.setattr(bootstrap, "can_export", lambda: True)
    with pytest.raises(NoModelError, match=r"and the export ended with exit code 7\. To make one"):
        ensure_model(tmp_path, fallback=tmp_path)


def test_without_the_export_the_error_says_how_to_make_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slim environment cannot help itself."""
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == "sklearn" else name)
    with pytest.raises(NoModelError, match=r"and the export is not installed here\. To make one"):
        ensure_model(tmp_path)


def test_what_the_export_needs_is_looked_for_and_not_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every module is needed."""
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: name)
    assert can_export()
