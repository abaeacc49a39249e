"""`python -m export`, as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import export.proof
from export.__main__ import main
from export.parity import Comparer
from export.reference import Answers
from export.refusals import Run

ROOT = Path(__file__).parents[2]
BROKEN = """
from sklearn.base import BaseEstimator, ClassifierMixin
import numpy as np
from export import Trained

class MyClassifier(ClassifierMixin, BaseEstimator):
    classes_ = np.array([0, 1])
    def predict(self, X):
        return np.zeros(len(X), dtype=int)

def train():
    X = np.zeros((4, 1))
    return Trained(estimator=MyClassifier(), X_train=X, X_test=X, y_test=np.zeros(4))
"""


def _run(*arguments: str, **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "export", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """In a fresh process, with any hash seed, from any working directory."""
    files = []
    for seed, folder in (("0", ROOT), ("4242", tmp_path)):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        out = tmp_path / seed
        done = _run("penguins", "--quiet", "--out", str(out), cwd=folder, env=environment)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        files.append({f.name: f.read_bytes() for f in (out / "penguins" / "1").iterdir()})
    assert files[0] == files[1]


def test_it_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Accuracy, parity, opset, size and path; the next export is version 2."""
    assert main(["--out", str(tmp_path)]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["model"] == "iris, version 1: Iris species"
    assert lines["held"] == "out  accuracy 0.9333 (30 rows)"
    assert "rows compared, 0 label mismatches, greatest relative difference" in lines["parity"]
    assert lines["parity"].endswith("(demanded: within 1e-12)")
    assert lines["opset"] == "ai.onnx 21"
    assert lines["path"] == str(tmp_path / "iris" / "1")
    assert main(["--out", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "iris" / "2" / "model.onnx").is_file()


def test_json_is_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one object, with the name and the version that were asked for."""
    arguments = ["iris", "--json", "--name", "flowers", "--version", "7", "--out", str(tmp_path)]
    assert main(arguments) == 0
    summary = json.loads(capsys.readouterr().out)
    path = tmp_path / "flowers" / "7"
    assert (summary["name"], summary["version"], summary["path"]) == ("flowers", 7, str(path))
    assert summary["parity"]["label_mismatches"] == 0
    assert summary["bytes"] == (path / "model.onnx").stat().st_size


def test_a_step_without_a_converter_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user's own estimator is refused by its name, and nothing is written."""
    recipe = tmp_path / "mine.py"
    recipe.write_text(BROKEN)
    assert main([str(recipe), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == (
        "error: MyClassifier cannot be converted: there is no converter for it; "
        "docs/converters.md shows how to add one.\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_failed_parity_check_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph that disagrees is refused with its worst rows, and the exit code says so."""

    class Planted(Comparer):
        def __init__(
            self, reference: Any, signature: Any, run: Run, *more: Any, **named: Any
        ) -> None:
            def wrong(tensors: dict[str, Any]) -> Answers:
                answers = run(tensors)
                return answers | {"label": answers["label"] + 1}

            super().__init__(reference, signature, wrong, *more, **named)

    monkeypatch.setattr(export.proof, "Comparer", Planted)
    assert main(["--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "of 30 held-out rows 30 have another label" in error
    assert "No artifact was written. The worst rows:\n  {'feature1': " in error
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("version", ["0", "-1", "one", "1.5", "²"])
def test_a_version_is_a_positive_integer(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is refused with what came and what was expected."""
    with pytest.raises(SystemExit) as caught:
        main([f"--version={version}"])
    assert caught.value.code == 2
    assert f"{version!r} is no version; expected a positive integer" in capsys.readouterr().err


def test_an_empty_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As from a variable that is not set: it is no wish for the default."""
    assert main(["--name", "", "--out", str(tmp_path)]) == 1
    assert "The name '' cannot be used" in capsys.readouterr().err
