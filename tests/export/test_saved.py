"""A saved estimator comes in without a recipe, and runs no code unless it may."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from export.__main__ import main
from export.recipe import load, resolve
from runtime.manifest import Manifest, decode


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Save the penguins' estimator in each form, and its held-out rows with the target."""
    trained = load(resolve("penguins"))
    skops.io.dump(trained.estimator, tmp_path / "penguins.skops")
    joblib.dump(trained.estimator, tmp_path / "penguins.joblib")
    rows = trained.X_test.assign(species=trained.y_test)
    rows.to_parquet(tmp_path / "rows.parquet")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def _export(folder: Path, estimator: str, data: str, *more: str) -> int:
    given = ["--estimator", str(folder / estimator), "--data", str(folder / data)]
    return main([*given, "--out", str(folder / "out"), "--quiet", *more])


@pytest.mark.parametrize("data", ["rows.parquet", "rows.csv"])
def test_a_skops_file_is_exported(files: Path, data: str) -> None:
    """The signature comes from the rows, the target's name from the option."""
    assert _export(files, "penguins.skops", data, "--target", "species") == 0
    path = files / "out" / "penguins" / "1" / "model.json"
    manifest = decode(path.read_bytes(), Manifest, path)
    assert manifest.targets[0].name == "species"
    assert manifest.features[0].name == "island"
    assert manifest.parity.tolerance == 0
    assert manifest.metrics["accuracy"] > 0.9


def test_the_doctor_takes_a_saved_estimator(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said of a recipe can be asked of a file."""
    given = ["--estimator", str(files / "penguins.skops"), "--data", str(files / "rows.csv")]
    assert main(["doctor", *given]) == 0
    assert capsys.readouterr().out.startswith("Pipeline: exact\n")


def test_a_pickle_is_not_loaded_unasked(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Loading a pickle runs code, so it takes a flag that says so."""
    assert _export(files, "penguins.joblib", "rows.csv", "--target", "species") == 1
    assert "a pickle runs whatever code it holds" in capsys.readouterr().err
    assert _export(files, "penguins.joblib", "rows.csv", "--execute-pickle") == 0


def test_a_type_that_is_not_scikit_learns_must_be_trusted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the types, as the flags that would trust them."""
    skops.io.dump(FunctionTransformer(pd.isna), tmp_path / "mine.skops")
    pd.DataFrame({"x": [1.0]}).to_csv(tmp_path / "rows.csv", index=False)
    assert _export(tmp_path, "mine.skops", "rows.csv") == 1
    error = capsys.readouterr().err
    assert "holds types that are not scikit-learn's own" in error
    assert "--trust pandas" in error


def test_a_trusted_type_that_is_not_installed_here_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trust alone does not bring its module along."""
    module = ModuleType("elsewhere")
    mine = type("Mine", (FunctionTransformer,), {"__module__": "elsewhere"})
    monkeypatch.setattr(module, "Mine", mine, raising=False)
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    skops.io.dump(mine(), tmp_path / "mine.skops")
    monkeypatch.delitem(sys.modules, "elsewhere")
    pd.DataFrame({"x": [1.0]}).to_csv(tmp_path / "rows.csv", index=False)
    assert _export(tmp_path, "mine.skops", "rows.csv", "--trust", "elsewhere.Mine") == 1
    assert "mine.skops: cannot be loaded: No module named 'elsewhere'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"estimator": "none.skops"}, "none.skops: there is no such file."),
        ({"estimator": "rows.csv"}, "has the suffix '.csv'; expected one of .skops, .joblib"),
        ({"data": "penguins.skops"}, "has the suffix '.skops'; expected .csv or .parquet."),
        ({"data": "none.csv"}, "none.csv: cannot be read:"),
        ({"target": "kind"}, "rows.csv: has no column 'kind'. Its columns: island, sex,"),
        ({"data": "empty.csv"}, "empty.csv: has no rows."),
        ({"data": "few.csv"}, "few.csv: lacks columns that the estimator needs: island, sex,"),
        ({"estimator": "broken.skops"}, "broken.skops: cannot be loaded:"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    files: Path, change: dict[str, Any], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every message names the file, what came and what was expected."""
    (files / "few.csv").write_text("species,year\nAdelie,2007\n")
    (files / "empty.csv").write_text("species,year\n")
    (files / "broken.skops").write_bytes(b"not a zip file")
    given = {"estimator": "penguins.skops", "data": "rows.csv", "target": "species"} | change
    target = given.pop("target")
    assert _export(files, given["estimator"], given["data"], "--target", target) == 1
    assert problem in capsys.readouterr().err


def test_a_target_that_is_left_among_the_features_is_pointed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An estimator that was fitted on an array knows how many columns it takes."""
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": [0, 0, 1, 1]})
    skops.io.dump(LogisticRegression().fit(rows[["x"]].to_numpy(), rows.y), tmp_path / "m.skops")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    assert _export(tmp_path, "m.skops", "rows.csv") == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'rows.csv'}: has 2 columns of features; the estimator takes 1. "
        "If one of them is the target, name it by --target.\n"
    )
    assert _export(tmp_path, "m.skops", "rows.csv", "--target", "y") == 0


@pytest.mark.parametrize("command", [[], ["doctor"]], ids=["export", "doctor"])
def test_what_does_not_fit_is_told_of_the_files(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no recipe to look into; and the column is named whose value cannot be taken."""
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": [0, 0, 1, 1]})
    model = LogisticRegression().fit(rows[["x"]], rows.y)
    skops.io.dump(model, tmp_path / "m.skops")
    rows.assign(x=["0 cm", "1 cm", "2 cm", "3 cm"]).to_csv(tmp_path / "rows.csv", index=False)
    given = ["--estimator", str(tmp_path / "m.skops"), "--data", str(tmp_path / "rows.csv")]
    assert main([*command, *given, "--target", "y"]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'm.skops'} with {tmp_path / 'rows.csv'}: the LogisticRegression does "
        "not answer the first row of X_train: could not convert string to float: '0 cm' "
        "(column 'x')\n"
    )


def test_a_column_that_no_step_takes_need_not_be_there(tmp_path: Path) -> None:
    """Such as a date, which nobody could send."""
    days = pd.date_range("2026-01-01", periods=4)
    rows = pd.DataFrame({"day": days, "x": [0.0, 1.0, 2.0, 3.0], "y": [0, 0, 1, 1]})
    columns = make_column_transformer((StandardScaler(), ["x"]))
    model = make_pipeline(columns, LogisticRegression()).fit(rows[["day", "x"]], rows.y)
    skops.io.dump(model, tmp_path / "m.skops")
    rows.drop(columns="day").to_csv(tmp_path / "rows.csv", index=False)
    assert _export(tmp_path, "m.skops", "rows.csv", "--target", "y") == 0


def test_a_column_of_texts_is_what_a_vectorizer_takes(tmp_path: Path) -> None:
    """A model of texts needs no recipe."""
    rows = pd.DataFrame({"review": ["good film", "bad film", "good", "so bad"], "y": [1, 0, 1, 0]})
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(rows.review, rows.y)
    skops.io.dump(model, tmp_path / "texts.skops")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    assert _export(tmp_path, "texts.skops", "rows.csv", "--target", "y") == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--data", "x.csv"], "--data: goes with --estimator."),
        (["--estimator", "x.skops"], "--estimator: needs --data: the rows to compare on."),
        (["iris", "--estimator", "x.skops"], "iris: is a recipe; --estimator takes its place."),
    ],
)
def test_options_that_contradict_are_refused(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recipe or a saved estimator with rows: one of the two."""
    assert main(arguments) == 1
    assert problem in capsys.readouterr().err


def test_a_pickle_that_cannot_be_loaded_is_refused(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no pickle is named."""
    (files / "broken.pkl").write_bytes(b"nothing")
    assert _export(files, "broken.pkl", "rows.csv", "--execute-pickle") == 1
    assert "broken.pkl: cannot be loaded:" in capsys.readouterr().err
